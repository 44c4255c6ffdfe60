"""At a terminal a finding shows its place in the file, with a caret under the mistake, and nothing that may be secret."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.command_line import seatsync

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books: {title: "聖書 Biblical Studies", system: logos-library, slots: 10}
rosters:
  - {path: members.csv}
grants:
"""
MEMBERS = "email,given_name,family_name,room\nann@grace.example,Ann,Lee,hunter2\n"


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as at a terminal
    (tmp_path / "seatsync.yaml").write_text(CONFIG + "  - {library: books, kind: permanent, to: {everyone: true}}\n")
    (tmp_path / "members.csv").write_text(MEMBERS)
    return tmp_path


def told(school: Path, monkeypatch: pytest.MonkeyPatch, *args: str, columns: int = 80) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    return seatsync("validate", "--no-color", *args, folder=school).out.replace("\x1b[0m", "").splitlines()


def underlined(lines: list[str]) -> list[str]:
    """What stands above each row of carets."""
    found = []
    for above, line in pairwise(lines):
        if set(line.strip()) == {"^"}:
            start = len(line) - len(line.lstrip())
            at = [n for n in range(len(above)) if start <= cell_len(above[:n]) < cell_len(line)]
            found.append("".join(above[n] for n in at))
    return found


def bare(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("  - {library: books, kidn: permanent, to: {everyone: true}}", "kidn"),
        ("  - {library: books, kind: permanent, to: {tags: [student]}, until: soon}", "soon"),
        ("  - {library: bokos, kind: permanent, to: {everyone: true}}", "bokos"),
        ('  - {library: books, kind: "forever and a day", to: {everyone: true}}', '"forever and a day"'),
        ("  - {to: {tags: [聖書, 聖書, 聖書, 聖書, 聖書, 聖書]}, kind: permanent, library: bokos}", "bokos"),
    ],
)
def test_the_caret_stands_under_the_mistake(
    line: str, fault: str, columns: int, school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (school / "seatsync.yaml").write_text(CONFIG + line + "\n")
    lines = [bare(one) for one in told(school, monkeypatch, columns=columns)]
    assert fault in underlined(lines)
    assert all(cell_len(one) <= columns for one in lines)


def test_of_a_roster_only_the_value_at_fault_is_shown(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (school / "members.csv").write_text(MEMBERS + "benjamin@members,Ben,Secretive,swordfish\n")
    lines = [bare(one) for one in told(school, monkeypatch)]
    assert "benjamin@members" in underlined(lines)
    assert "    3 | …benjamin@members…" in lines
    assert not [one for one in lines if "swordfish" in one or "Secretive" in one or "hunter2" in one]


@pytest.mark.parametrize("secret", ["password: hunter2", "token: hunter2", "url: 'https://ann:hunter2@grace.example'"])
def test_a_line_that_may_hold_a_secret_is_not_shown(secret: str, school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (school / "seatsync.yaml").write_text(CONFIG + f"  - {{library: bokos, kind: permanent, to: {{{secret}}}}}\n")
    assert "hunter2" not in "\n".join(told(school, monkeypatch))


def test_of_a_roster_with_passwords_not_even_the_value_is_shown(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (school / "members.csv").write_text(MEMBERS.replace("room", "password") + "swordfish,Ben,Ode,benjamin@members\n")
    lines = [bare(one) for one in told(school, monkeypatch)]
    assert any("invalid-email" in line for line in lines)
    assert "swordfish" not in "".join(lines)


def test_findings_stand_apart_and_the_fix_is_brightest(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (school / "seatsync.yaml").write_text(CONFIG + "  - {library: a, to: {everyone: true}}\n  - {librari: b}\n")
    monkeypatch.setenv("COLUMNS", "80")
    lines = seatsync("validate", folder=school).out.splitlines()
    places = [n for n, line in enumerate(lines) if "seatsync.yaml:1" in line and "error" in bare(line)]
    assert len(places) == 2
    assert all(lines[place - 1] == "" for place in places[1:])
    assert all("\x1b[1m" in line for line in lines if "To fix:" in line)


def test_where_names_are_left_out_no_line_is_shown(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (school / "members.csv").write_text(MEMBERS + "benjamin@members,Ben,Ode,x\n")
    assert not underlined([bare(one) for one in told(school, monkeypatch, "--redact")])


def test_a_pipe_has_no_excerpt(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (school / "members.csv").write_text(MEMBERS + "benjamin@members,Ben,Ode,x\n")
    monkeypatch.delenv("FORCE_COLOR")
    assert "^" not in seatsync("validate", folder=school).out
