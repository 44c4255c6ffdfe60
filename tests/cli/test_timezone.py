"""What the commands show in an institution's time zone: days, times, and until when a seat lasts."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.databases import opened

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  timezone: America/Chicago
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 10}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {tags: [student]}, until: 2027-06-30}
  - {library: books, kind: temporary, to: {tags: [guest]}, until: 2028-06-30}
  - {library: books, kind: permanent, to: {tags: [owner]}}
limits: {max_revokes: 100%}
"""
MEMBERS = """\
email,given_name,family_name,tags
ann@grace.example,Ann,Lee,student
ben@grace.example,Ben,Ode,owner
cy@grace.example,Cy,Roy,guest
"""
APPLIED = "2026-09-02T03:30:00Z"
"""22:30 on 1 September in Chicago."""
LAST = "2027-07-01T04:59:59Z"
"""The last second of 30 June in Chicago."""
OVER = "2027-07-01T05:00:00Z"


def ran(folder: Path, *args: str, now: str = LAST) -> Outcome:
    outcome = seatsync(*args, "--now", now, folder=folder)
    assert outcome.code == 0, f"seatsync {' '.join(args)} exited with {outcome.code}\n{outcome.out}\n{outcome.err}"
    return outcome


def told(folder: Path, *args: str, now: str = LAST) -> Any:
    return json.loads(ran(folder, *args, "--format", "json", now=now).out)


def rows(folder: Path, *args: str, now: str = LAST) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran(folder, *args, now=now).out)))


@pytest.fixture
def school(tmp_path: Path, database: str) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    ran(tmp_path, "apply", "--yes", now=APPLIED)
    return tmp_path


def test_lists_say_until_when_a_seat_lasts_and_that_it_has_ended(school: Path) -> None:
    ends = {"ann@grace.example": "2027-06-30", "ben@grace.example": "", "cy@grace.example": "2028-06-30"}
    for now in (LAST, OVER):
        assert {row["email"]: row["until"] for row in told(school, "licenses", now=now)} == ends
        assert {row["email"]: row["until"] for row in rows(school, "licenses", "--format", "csv", now=now)} == ends
        assert {row["email"]: row["until"] for row in told(school, "members", "--library", "books", now=now)} == ends
    for command in (["licenses"], ["members", "--library", "books"]):
        assert "2027-06-30" in ran(school, *command).out
        assert "ended" not in ran(school, *command).out
        assert "2027-06-30 (ended)" in ran(school, *command, now=OVER).out
        assert "2028-06-30 (ended)" not in ran(school, *command, now=OVER).out
        assert "2027-06-30 (ended)" in ran(school, *command, "--as-of", "2027-07-01").out
    assert [row["until"] for row in told(school, "licenses", "--sort", "-until")] == sorted(ends.values(), reverse=True)
    assert "until" not in told(school, "members")[0]


def test_an_export_has_the_end_dates_and_can_be_imported(school: Path, tmp_path: Path) -> None:
    exported = rows(school, "export")
    assert [row["books License End Date"] for row in exported] == ["2027-06-30", "", "2028-06-30"]
    (tmp_path / "export.csv").write_text(ran(school, "export").out, encoding="utf-8")
    outcome = ran(school, "import", str(tmp_path / "export.csv"), "--yes", now=APPLIED)
    assert "The ledger already had everything." in outcome.err
    assert "The plan is empty" in outcome.err


def test_a_seat_that_was_taken_back_has_no_end_date(school: Path) -> None:
    ran(school, "apply", "--yes", now=OVER)
    (ann,) = [row for row in told(school, "licenses", "--all", now=OVER) if row["email"] == "ann@grace.example"]
    assert (ann["status"], ann["until"]) == ("revoked", "")


def test_why_says_until_when_and_when_in_local_time(school: Path) -> None:
    said = ran(school, "why", "ann@grace.example").out
    assert "books: temporary, unclaimed, until 2027-06-30" in said
    assert "    2026-09-01T22:30:00-05:00  granted  " in said
    (ann,) = told(school, "why", "ann@grace.example")
    assert ann["libraries"]["books"]["until"] == "2027-06-30"
    assert ann["libraries"]["books"]["events"][0]["at"] == APPLIED


def test_people_read_local_times_and_programs_utc(school: Path) -> None:
    assert "  2026-09-01 22:30  by " in ran(school, "log").out
    assert {row["at"] for row in rows(school, "log", "--format", "csv")} == {"2026-09-01T22:30:00-05:00"}
    assert {row["at"] for row in told(school, "log")} == {APPLIED}
    assert "2026-09-01T22:30:00-05:00" in ran(school, "outbox", "list").out
    assert {row["created_at"] for row in told(school, "outbox", "list")} == {APPLIED}


def test_days_of_the_journal_are_those_of_the_institution(school: Path) -> None:
    assert told(school, "log", "--since", "2026-09-01", "--until", "2026-09-01")
    assert told(school, "log", "--since", "2026-09-02") == []
    assert told(school, "log", "--until", "2026-08-31") == []
    assert told(school, "log", "--since", APPLIED)
    assert told(school, "status", "--as-of", "2026-09-01")["libraries"]["books"]["used"] == 3
    assert told(school, "status", "--as-of", "2026-08-31")["libraries"] == {}


def test_old_letters_are_deleted_by_the_days_of_the_institution(school: Path) -> None:
    ran(school, "ledger", "claim", "books", "ann@grace.example", now="2026-09-02T04:00:00Z")
    assert "Deleted: 0 letters." in ran(school, "ledger", "prune", "--letters-before", "2026-09-01", "--yes").err
    assert "Deleted: 1 letter." in ran(school, "ledger", "prune", "--letters-before", "2026-09-02", "--yes").err
    ran(school, "verify")


def test_a_saved_plan_is_for_the_institution_s_day_and_its_time_is_utc(school: Path, tmp_path: Path) -> None:
    plan = told(school, "plan", now="2027-06-30")
    assert (plan["now"], plan["created_at"]) == ("2027-06-30", "2027-06-30T05:00:00Z")
    assert plan["settings"]["timezone"] == "America/Chicago"
    plan = told(school, "plan", now=LAST)
    assert (plan["now"], plan["created_at"]) == ("2027-06-30", LAST)
    ran(school, "plan", "--out", str(tmp_path / "plan.json"), now=LAST)
    saved = seatsync("apply", str(tmp_path / "plan.json"), "--now", LAST, folder=school)
    assert saved.code == 0, saved.err


def test_the_ledger_keeps_the_time_zone_through_verify_rebuild_and_dump(school: Path, tmp_path: Path) -> None:
    ran(school, "verify")
    before = told(school, "licenses")
    ran(school, "ledger", "rebuild")
    assert "-05:00" in ran(school, "log", "--format", "csv").out
    ran(school, "ledger", "dump", "--out", str(tmp_path / "dump.jsonl"))
    moved = str(tmp_path / "moved.db")
    ran(school, "ledger", "load", str(tmp_path / "dump.jsonl"), "--ledger", moved)
    assert "-05:00" in ran(school, "log", "--format", "csv", "--ledger", moved).out
    assert told(school, "licenses", "--ledger", moved) == before


def test_a_ledger_with_a_time_zone_that_is_not_known_here_is_said_so(school: Path) -> None:
    with opened(school) as ledger:
        ledger.exec_driver_sql("UPDATE institution SET timezone = 'Mars/Olympus'")
    outcome = seatsync("log", folder=school)
    assert outcome.code == 1
    assert 'The time zone "Mars/Olympus" is not known here.' in outcome.err
    assert "To fix: Update the list of time zones" in outcome.err
    assert seatsync("verify", folder=school).code == 1
