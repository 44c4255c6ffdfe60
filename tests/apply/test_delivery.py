"""Seats delivered to accounts: from the plan to the journal, and what happens to them later."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from seatsync.ledger.database import Ledger
from seatsync.ledger.queries.accounts.holdings import licenses_of
from seatsync.plans.since import since_apply
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.accounts import signed_up
from tests.support.command_line import seatsync
from tests.support.databases import contents, location, opened, rows
from tests.support.letters import CY, applied, crowd, ran

school = letters.school

DEE = ["dee@grace.example", "Dee", "Fox", "jam"]


@pytest.fixture
def planned(school: Path) -> Path:
    """A saved plan that gives Cy, who has an account, a seat at once, and asks Dee to set a password."""
    ran(school, "ledger", "migrate")
    signed_up(school, CY[0])
    write_csv(school / "members.csv", letters.HEADER, CY, DEE)
    ran(school, "plan", "--out", "plan.json")
    return school


def statuses(folder: Path) -> dict[int, str]:
    return {row["member"]: row["status"] for row in rows(folder, "license")}


def held_by(folder: Path, account: str) -> list[str]:
    with Ledger(location(folder)).reading() as connection:
        assert connection is not None
        return [f"{seat.library} {seat.status}" for seat in licenses_of(connection, account)]


def test_the_journal_says_that_a_member_has_an_account_before_it_delivers_to_it(planned: Path) -> None:
    ran(planned, "apply", "plan.json")
    events = [(row["action"], row["member"], row["person"]) for row in rows(planned, "event") if row["member"]]
    assert [(action, member) for action, member, _ in events] == [
        ("member-add", 1),
        ("member-add", 2),
        ("account", 1),
        ("grant", 1),
        ("grant", 2),
    ]
    assert events[2][2] == '{"account":"cy@grace.example"}'
    assert statuses(planned) == {1: "delivered", 2: "unclaimed"}
    ran(planned, "verify")
    ran(planned, "ledger", "rebuild")
    log = json.loads(ran(planned, "log", "--member", CY[0], "--format", "json").out)
    assert [line["what"] for line in log] == ["grant", "account", "member-add"]
    assert log[1]["detail"] == "account cy@grace.example"
    with Ledger(location(planned)).reading() as connection:
        since = since_apply(connection, "grace", datetime(2026, 9, 2, tzinfo=UTC)) if connection is not None else None
    assert since is not None
    assert since.actions == {}  # nothing needs another check


def test_an_account_stays_when_the_seat_is_taken_back_and_when_its_member_is_erased(planned: Path) -> None:
    ran(planned, "apply", "plan.json")
    assert held_by(planned, "cy") == ["jamworks delivered"]
    applied(planned, [*CY[:3], ""], DEE)
    assert held_by(planned, "cy") == ["jamworks revoked"]
    applied(planned, CY, DEE)
    assert statuses(planned) == {1: "delivered", 2: "unclaimed"}
    applied(planned, DEE)
    ran(planned, "ledger", "erase", CY[0], "--yes")
    assert held_by(planned, "cy") == []
    assert [row["email"] for row in rows(planned, "account")] == [CY[0]]
    ran(planned, "verify")
    ran(planned, "ledger", "rebuild")
    ran(planned, "verify")


def test_a_plan_that_delivers_to_an_account_that_is_gone_is_stale(planned: Path) -> None:
    with opened(planned) as connection:
        connection.exec_driver_sql("DELETE FROM account")
    before = contents(planned)
    outcome = ran(planned, "apply", "plan.json", code=5)
    assert "cy@grace.example would get a seat at once, but no longer has an account" in outcome.err
    assert "Plan again" in outcome.err
    assert contents(planned) == before
    ran(planned, "apply", "--yes")
    assert statuses(planned) == {1: "unclaimed", 2: "unclaimed"}


def test_an_account_that_is_made_after_the_plan_changes_nothing_of_what_was_reviewed(planned: Path) -> None:
    signed_up(planned, DEE[0])
    fingerprint = json.loads((planned / "plan.json").read_text())["fingerprint"]
    ran(planned, "apply", "--expect", fingerprint, code=5)
    ran(planned, "apply", "plan.json")
    assert statuses(planned) == {1: "delivered", 2: "unclaimed"}


def test_only_those_are_looked_up_who_could_be_delivered_a_seat(school: Path) -> None:
    applied(school, *crowd(20))
    signed_up(school, CY[0])

    def asked(*members: list[str]) -> list[int]:
        """The number of e-mails in each query."""
        found: list[int] = []

        def note(connection: Any, cursor: Any, statement: str, given: Any, *more: Any) -> None:
            if "known_accounts" in statement:
                found.append(len(given["hashes"]))
            elif "FROM account" in statement:
                found.append(len(given))

        event.listen(Engine, "before_cursor_execute", note)
        try:
            applied(school, *members)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return found

    assert asked(CY, *crowd(20)) == [1, 1]  # in the plan, and in the apply
    assert asked(CY, *crowd(20)) == []
    assert asked(CY, *crowd(25)) == []
    assert asked(CY, DEE, *crowd(25)) == [1]
    with (school / "seatsync.yaml").open("a") as config:
        config.write("# All is looked at once more.\n")
    assert asked(CY, DEE, *crowd(25)) == []
    assert asked(*crowd(3)) == []
    assert asked(CY, *crowd(3)) == []


def test_a_plan_as_a_page_and_as_markdown_says_how_each_seat_is_delivered(planned: Path) -> None:
    for format in ("text", "markdown", "html"):
        told = seatsync("show", "plan.json", "--format", format, folder=planned).out
        assert "temporary, in the account at once" in told
        assert "temporary, asked to set a password" in told
    plan = json.loads((planned / "plan.json").read_text())
    grants = {change["member"]: change for change in plan["changes"] if change["action"] == "grant"}
    assert [(grants[who[0]]["status"], grants[who[0]]["after"]) for who in (CY, DEE)] == [
        ("delivered", {"delivery": "account"}),
        ("unclaimed", {"delivery": "account"}),
    ]
