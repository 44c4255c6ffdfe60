"""A plan with nothing to do is answered before the command line is parsed, as it would be answered afterwards."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from seatsync.cli.at_once import answer
from tests.support.command_line import Outcome, seatsync
from tests.support.sealed import by_age

pytestmark = pytest.mark.slow

NOW = datetime(2026, 9, 2, tzinfo=UTC)
CONFIG = """version: 1
institution: {id: g, name: "Grace {more}", opt_out: true, {settings} admins: [{given_name: R, family_name: A, email: r@g.example}]}
libraries:
  jam: {title: Jam, system: jamworks, slots: 9}
rosters: [{path: members.csv}]
{rules}
grants: [{library: jam, kind: temporary, to: {tags: [a]}, until: 2027-06-30}]
"""
ROSTER = "email,given_name,family_name,tags\nann@g.example,Ann,Lee,a\nben@g.example,Ben,Ode,b\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder whose files were applied on the first of September."""
    folder = tmp_path / "g"
    folder.mkdir()
    (folder / "members.csv").write_text(ROSTER, encoding="utf-8")
    configured(folder)
    applied(folder)
    return folder


def configured(folder: Path, **texts: str) -> None:
    text = CONFIG
    for name in ("more", "settings", "rules"):
        text = text.replace(f"{{{name}}}", texts.get(name, ""))
    (folder / "seatsync.yaml").write_text(text, encoding="utf-8")


def applied(folder: Path) -> None:
    done = seatsync("apply", "--yes", "--now", "2026-09-01", folder=folder)
    assert done.code == 0, done


def planned(folder: Path, *options: str, now: datetime = NOW) -> Outcome:
    """What the usual way says."""
    return seatsync("plan", str(folder), *options, "--now", now.isoformat(), folder=folder)


def changed_by_sql(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "seatsync.db", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


# ── What is answered ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "options",
    [[], ["--quiet"], ["-q", "--strict"], ["--detailed-exitcode"], ["--no-color", "--no-pager"]],
    ids=" ".join,
)
def test_the_answer_is_that_of_the_usual_way(place: Path, options: list[str]) -> None:
    said = answer(["plan", str(place), *options], NOW)
    assert planned(place, *options) == (0, said, "")
    assert said == answer(["plan", *options, str(place / "seatsync.yaml")], NOW)


@pytest.mark.parametrize(
    "texts",
    [
        {"settings": "timezone: Pacific/Auckland,"},
        {"more": "“Zoë” ü"},
        {"rules": "invites: {remind_after: [30d]}"},
        {"rules": "limits: {max_revokes: 5}"},
    ],
    ids=str,
)
def test_so_it_is_for_other_files(place: Path, texts: dict[str, str]) -> None:
    configured(place, **texts)
    applied(place)
    for now in (NOW, NOW + timedelta(hours=13)):
        said = answer(["plan", str(place)], now)
        assert said is not None
        assert planned(place, now=now) == (0, said, "")


def test_a_claim_changes_no_answer(place: Path) -> None:
    assert seatsync("ledger", "claim", "jam", "ann@g.example", "--now", "2026-09-01", folder=place).code == 0
    said = answer(["plan", str(place)], NOW)
    assert said is not None
    assert planned(place) == (0, said, "")


# ── What goes the usual way ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["apply"],
        ["--quiet", "plan"],
        ["plan", "--format", "json"],
        ["plan", "--verbose"],
        ["plan", "--now", "2027-06-30"],
        ["plan", "--ledger", "other.db"],
        ["plan", "--redact"],
        ["plan", "--out", "plan.json"],
        ["plan", "--help"],
        ["plan", "-C", "."],
        ["plan", ".", "."],
        ["plan", ""],
        ["plan", "sqlite:///seatsync.db"],
    ],
    ids=" ".join,
)
def test_what_asks_for_more_is_not_answered(place: Path, monkeypatch: pytest.MonkeyPatch, args: list[str]) -> None:
    monkeypatch.chdir(place)
    assert answer(["plan"], NOW) is not None
    assert answer(args, NOW) is None


def _planted(place: Path) -> None:
    (place / "objects").mkdir()
    (place / "HEAD").write_text("ref: refs/heads/main")


def _linked(place: Path) -> None:
    (place / "seatsync.db").rename(place / "elsewhere.db")
    (place / "seatsync.db").symlink_to(place / "elsewhere.db")


def _of_a_link(place: Path) -> None:
    (place / "members.csv").rename(place.parent / "members.csv")
    (place / "members.csv").symlink_to(place.parent / "members.csv")


def _encrypted(place: Path) -> None:
    text = (place / "seatsync.yaml").read_text(encoding="utf-8")
    (place / "seatsync.yaml").write_bytes(by_age(text))


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda place: (place / "members.csv").write_text(ROSTER[:-20]), id="another roster"),
        pytest.param(lambda place: (place / "members.csv").unlink(), id="no roster"),
        pytest.param(lambda place: configured(place, more="Hall"), id="other settings"),
        pytest.param(lambda place: (place / "seatsync.yaml").unlink(), id="no settings"),
        pytest.param(lambda place: (place / ".seatsync-edit.json").write_text("{}"), id="an unfinished edit"),
        pytest.param(_planted, id="a planted repository"),
        pytest.param(_of_a_link, id="a file from elsewhere"),
        pytest.param(_encrypted, id="settings that not everybody may read"),
        pytest.param(_linked, id="a ledger elsewhere"),
        pytest.param(lambda place: (place / "seatsync.db").unlink(), id="no ledger"),
        pytest.param(lambda place: (place / "seatsync.db").write_bytes(b""), id="an empty ledger"),
        pytest.param(lambda place: (place / "seatsync.db").write_bytes(b"SQLite" * 999), id="no database"),
        pytest.param(
            lambda place: changed_by_sql(place, "UPDATE alembic_version SET version_num = '0001'"), id="an older ledger"
        ),
        pytest.param(
            lambda place: changed_by_sql(place, "CREATE VIEW seen AS SELECT * FROM member"), id="a planted view"
        ),
        pytest.param(
            lambda place: changed_by_sql(place, "UPDATE institution SET settled = '[]'"), id="a damaged ledger"
        ),
        pytest.param(
            lambda place: changed_by_sql(place, "UPDATE institution SET settled = json_set(settled, '$.rules', 1)"),
            id="other rules",
        ),
        pytest.param(lambda place: changed_by_sql(place, "DROP TABLE event"), id="a table is missing"),
        pytest.param(
            lambda place: seatsync("ledger", "opt-out", "jam", "ann@g.example", "--now", "2026-09-01", folder=place),
            id="something has happened",
        ),
    ],
)
def test_where_something_is_different_the_usual_way_says_it(place: Path, spoilt: Callable[[Path], Any]) -> None:
    assert answer(["plan", str(place)], NOW) is not None
    spoilt(place)
    assert answer(["plan", str(place)], NOW) is None


_SENT = "UPDATE outbox SET state = 'sent', sent_at = '2026-09-01T12:00:00Z'"


@pytest.mark.parametrize("days", [0, 30])
def test_as_long_as_no_invitation_was_sent_nothing_is_due(place: Path, days: int) -> None:
    configured(place, rules="invites: {remind_after: [5d], reclaim_after: 20d}")
    applied(place)
    now = NOW + timedelta(days=days)
    assert answer(["plan", str(place)], now) == planned(place, now=now).out


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        ({}, 303),  # the grant ends
        ({}, -10),  # the day is before the apply
        ({"rules": "invites: {remind_after: [5d]}"}, 4),  # a reminder is due
        ({"rules": "invites: {reclaim_after: 20d}"}, 19),  # a seat lapses
    ],
    ids=["an end", "the past", "a reminder", "seats that lapse"],
)
def test_what_a_day_brings_is_planned_in_the_usual_way(place: Path, texts: dict[str, str], days: int) -> None:
    configured(place, **texts)
    applied(place)
    changed_by_sql(place, _SENT)
    assert answer(["plan", str(place)], NOW + timedelta(days=days - 1 if 0 < days < 30 else 0)) is not None
    assert answer(["plan", str(place)], NOW + timedelta(days=days)) is None


# ── As a program ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _program(place: Path, *words: str, code: str = "", **surroundings: str) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.argv[1:] = {[*words]!r}; {code}from seatsync.__main__ import main; main()"
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("SEATSYNC_", "CI"))}
    ran = [sys.executable, "-c", program]
    return subprocess.run(ran, cwd=place, env=kept | surroundings, capture_output=True, text=True, check=False)


_TELL_IMPORTS = (
    "import os; end = os._exit; os._exit = lambda code: (print(*sys.modules, file=sys.stderr, flush=True), end(code)); "
)


@pytest.fixture
def of_today(place: Path) -> Path:
    assert seatsync("apply", "--yes", folder=place).code == 0
    return place


def test_the_program_imports_next_to_nothing_for_it(of_today: Path) -> None:
    heavy = {
        "click",
        "sqlalchemy",
        "pydantic",
        "yaml",
        "jinja2",
        "rich",
        "dataclasses",
        "inspect",
        "asyncio",
        "subprocess",
    }
    ran = _program(of_today, "plan", code=_TELL_IMPORTS)
    imported = {*ran.stderr.split()}
    assert ran.stdout.endswith("Nothing to do: the ledger matches the files.\n")
    assert heavy & imported == set()
    assert len([name for name in imported if name.startswith("seatsync")]) < 50


@pytest.mark.parametrize(
    "surroundings", [{"SEATSYNC_QUIET": "1"}, {"GITHUB_ACTIONS": "true"}, {"COLUMNS": "40"}], ids=str
)
def test_settings_a_ci_and_a_terminal_get_the_usual_way(of_today: Path, surroundings: dict[str, str]) -> None:
    ran = _program(of_today, "plan", code=_TELL_IMPORTS, **surroundings)
    assert ran.returncode == 0
    assert "click" in ran.stderr.split()
