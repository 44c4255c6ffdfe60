"""The end of an institution by the nightly run, and when its folder may go."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from seatsync.ledger.database import Ledger
from seatsync.ledger.queries.institutions.retired import End, end_of_institution
from tests.support.command_line import seatsync
from tests.support.databases import location

pytestmark = pytest.mark.usefixtures("database")

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  retire: 2026-09-30
  timezone: America/Chicago
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: r.csv}]
grants:
  - {library: books, kind: temporary, to: {everyone: true}}
  - {library: books, kind: permanent, to: {tags: [owner]}}
limits: {max_revokes: 0}
"""
ROSTER = "email,given_name,family_name,tags\nann@grace.example,Ann,Lee,owner\nben@grace.example,Ben,Ode,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "r.csv").write_text(ROSTER, encoding="utf-8")
    assert seatsync("apply", "--yes", "--now", "2026-09-01", folder=tmp_path).code == 0
    return tmp_path


def end(folder: Path, now: str, institution: str = "grace") -> End | None:
    with Ledger(location(folder)).reading() as connection:
        assert connection is not None
        return end_of_institution(connection, institution, datetime.fromisoformat(now))


def test_the_nightly_run_revokes_and_then_the_folder_may_go(folder: Path) -> None:
    assert end(folder, "2026-10-01T04:59:59Z") == End("2026-09-30", has_passed=False, seats=1)
    assert end(folder, "2026-10-01T05:00:00Z") == End("2026-09-30", has_passed=True, seats=1)
    nightly = seatsync("apply", "--yes", "--same-files", "--now", "2026-10-01", "--format", "json", folder=folder)
    assert json.loads(nightly.out)["summary"] == {"revoke": 1}
    found = end(folder, "2026-10-01T05:00:00Z")
    assert found == End("2026-09-30", has_passed=True, seats=0)
    assert found.may_go
    again = seatsync("apply", "--yes", "--same-files", "--now", "2026-10-02", "--format", "json", folder=folder)
    assert json.loads(again.out)["summary"] == {}


def test_an_unknown_institution_has_no_end(folder: Path) -> None:
    assert end(folder, "2026-10-01", "hope") is None


def test_a_folder_without_a_last_day_may_not_go(folder: Path) -> None:
    (folder / "seatsync.yaml").write_text(CONFIG.replace("  retire: 2026-09-30\n", ""), encoding="utf-8")
    assert seatsync("apply", "--yes", "--now", "2026-09-02", folder=folder).code == 0
    found = end(folder, "2030-01-01")
    assert found == End("", has_passed=False, seats=1)
    assert not found.may_go
