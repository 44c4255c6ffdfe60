"""Long text goes through the pager of who sits at a terminal, and through none elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import seatsync
from tests.support.terminals import on_terminal

NAMED = [f"member{n:03}@grace.example" for n in range(60)]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("school")
    (folder / "seatsync.yaml").write_text(
        "version: 1\ninstitution:\n  id: grace\n  name: Grace Seminary\n"
        "  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]\n"
        "libraries: {}\nrosters:\n  - {path: members.csv}\n"
    )
    rows = [f"{email},Given,Family" for email in NAMED]
    (folder / "members.csv").write_text("\n".join(["email,given_name,family_name", *rows, ""]))
    assert seatsync("apply", "--yes", "--now", "2026-09-01", "--ledger", "one.db", folder=folder).code == 0
    pager = folder / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {folder}/paged\necho THE PAGER\n")
    pager.chmod(0o755)
    return folder


def listed(school: Path, *args: str, **environment: str) -> tuple[str, str]:
    """What the terminal and the pager show."""
    paged = school / "paged"
    paged.unlink(missing_ok=True)
    surroundings = {"LINES": "24", "PAGER": str(school / "pager"), "SEATSYNC_LEDGER": "one.db"} | environment
    seen = on_terminal(school, *args, **surroundings)
    return seen, paged.read_text() if paged.exists() else ""


def test_a_list_that_is_longer_than_the_terminal_is_shown_in_the_pager(school: Path) -> None:
    seen, paged = listed(school, "members")
    assert [email for email in NAMED if email not in paged] == []
    assert "THE PAGER" in seen
    assert NAMED[0] not in seen


def test_a_list_that_fits_is_not(school: Path) -> None:
    seen, paged = listed(school, "members", "--search", "member001")
    assert NAMED[1] in seen
    assert paged == ""


@pytest.mark.parametrize(
    ("args", "environment"),
    [
        (["--no-pager"], {}),
        ([], {"SEATSYNC_NO_PAGER": "1"}),
        ([], {"CI": "true", "SEATSYNC_REDACT": "0"}),
        ([], {"LINES": "400"}),
    ],
    ids=["option", "variable", "CI", "tall"],
)
def test_nothing_is_paged_where_nobody_wants_it(args: list[str], environment: dict[str, str], school: Path) -> None:
    seen, paged = listed(school, "members", *args, **environment)
    assert [email for email in NAMED if email not in seen] == []
    assert paged == ""


@pytest.mark.parametrize("format", ["csv", "json"])
def test_data_is_not_paged(format: str, school: Path) -> None:
    assert listed(school, "members", "--format", format)[1] == ""


def test_a_pipe_has_no_pager(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", str(school / "pager"))
    (school / "paged").unlink(missing_ok=True)
    assert NAMED[59] in seatsync("members", "--ledger", "one.db", folder=school).out
    assert not (school / "paged").exists()


def test_the_pager_shows_no_name_that_is_left_out(school: Path) -> None:
    paged = listed(school, "members", "--redact")[1]
    assert "person-" in paged
    assert "grace.example" not in paged


def test_a_failure_stands_at_the_terminal(school: Path) -> None:
    seen, paged = listed(school, "members", "--library", "unknown")
    assert 'no library "unknown"' in seen
    assert paged == ""
