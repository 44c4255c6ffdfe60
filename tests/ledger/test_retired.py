"""The end of an institution by the nightly run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import seatsync
from tests.support.databases import removed, rows

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


def nightly(folder: Path, day: str) -> dict[str, int]:
    outcome = seatsync("apply", "--yes", "--same-files", "--now", day, "--format", "json", folder=folder)
    assert outcome.code == 0
    summary: dict[str, int] = json.loads(outcome.out)["summary"]
    return summary


def test_the_nightly_run_revokes_on_the_day_after_the_last_one(folder: Path) -> None:
    assert nightly(folder, "2026-10-01T04:59:59Z") == {}
    assert nightly(folder, "2026-10-01T05:00:00Z") == {"revoke": 1}
    assert nightly(folder, "2026-10-02") == {}
    assert [row["retire"] for row in rows(folder, "institution")] == ["2026-09-30"]


def test_the_last_day_comes_through_a_dump_and_a_rebuild(folder: Path, tmp_path: Path) -> None:
    dump = seatsync("ledger", "dump", folder=folder).out
    (tmp_path / "dump.jsonl").write_text(dump, encoding="utf-8")
    removed(folder)
    assert seatsync("ledger", "load", str(tmp_path / "dump.jsonl"), folder=folder).code == 0
    assert seatsync("ledger", "rebuild", folder=folder).code == 0
    assert [row["retire"] for row in rows(folder, "institution")] == ["2026-09-30"]
