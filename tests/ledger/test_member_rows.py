"""Rows of members: an apply writes only what changed, and members can take over each other's e-mails and ids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event

from tests.cli.test_lists import write_csv
from tests.support.command_line import seatsync
from tests.support.databases import location, plain, rows

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries: {logos: {title: Logos, system: logos-subscription, slots: 900}}
rosters: [{path: members.csv}]
grants: [{library: logos, to: {everyone: true}}]
"""
HEADER = ["email", "given_name", "family_name", "student_id", "role"]
ANN = ["ann@grace.example", "Ann", "Lee", "1", ""]
BEN = ["ben@grace.example", "Ben", "Ode", "2", ""]
CY = ["cy@grace.example", "Cy", "Roe", "3", ""]


@pytest.fixture
def grace(tmp_path: Path, database: str) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG)
    apply(tmp_path, "2026-09-01", ANN, BEN, CY)
    return tmp_path


def apply(folder: Path, day: str, *members: list[str]) -> None:
    write_csv(folder / "members.csv", HEADER, *members)
    for command in (["apply", "--yes"], ["verify"]):
        outcome = seatsync(*command, "--now", day, folder=folder)
        assert outcome.code == 0, outcome.err


@pytest.fixture
def updates() -> Iterator[list[str]]:
    """The statements that change members."""
    found: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE member"):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def test_only_what_changed_is_written(grace: Path, updates: list[str]) -> None:
    apply(grace, "2026-09-02", [*ANN[:4], "Fellow"], [*BEN[:4], "Fellow"], ["cyril@grace.example", *CY[1:]])
    of_role, of_email = sorted(updates, key=len)
    assert of_role.startswith("UPDATE member SET role = ")
    assert "," not in of_role.partition(" FROM ")[0]
    assert [name in of_email for name in ("email = ", "found_by = ", "role = ")] == [True, True, False]


def named(email: str, member: list[str]) -> list[str]:
    """The same member with another e-mail."""
    return [f"{email}@grace.example", *member[1:]]


NEO = ["neo@grace.example", "Neo", "New", "9", ""]


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([named("ben", ANN), named("ann", BEN), CY], id="swapped"),
        pytest.param([named("ben", ANN), named("cy", BEN), named("ann", CY)], id="in a circle"),
        pytest.param([named("ben", ANN), CY], id="from a leaver"),
        pytest.param([named("new", ANN), named("ann", NEO), BEN, CY], id="by somebody new"),
        pytest.param([[*ANN[:3], "7", ""], NEO, BEN, CY], id="a new id"),
    ],
)
def test_members_take_over_e_mails(grace: Path, after: list[list[str]]) -> None:
    apply(grace, "2026-09-02", *after)
    stored = {(row["key"], row["student_id"]) for row in rows(grace, "member") if row["on_roster"]}
    assert stored == {(email, student_id) for email, _, _, student_id, _ in after}
    apply(grace, "2026-09-03", ANN, BEN, CY)


def test_updates_stay_on_their_page(tmp_path: Path, database: str) -> None:
    if database == "sqlite":
        return  # SQLite changes rows in place
    (tmp_path / "seatsync.yaml").write_text(CONFIG)
    crowd = [[f"member{i}@grace.example", "Ann", "Lee", f"S{i}", ""] for i in range(400)]
    apply(tmp_path, "2026-09-01", *crowd)
    before = pages_of_members(tmp_path)
    apply(tmp_path, "2026-09-02", *([*row[:4], "Fellow" if i % 20 == 0 else ""] for i, row in enumerate(crowd)))
    assert pages_of_members(tmp_path) == before


def pages_of_members(folder: Path) -> list[tuple[int, int]]:
    """The number of each member, and the page that their row is on."""
    with psycopg.connect(plain(location(folder))) as connection:
        pages = "SELECT number, (ctid::text::point)[0]::int FROM member ORDER BY number"
        return connection.execute(pages).fetchall()
