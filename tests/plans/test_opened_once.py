"""Making a plan opens seatsync.yaml once, on every path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatsync.sources import opening, yaml_tree
from seatsync.sources.files import NAME
from tests.support.command_line import seatsync

SETTINGS = """\
version: 1
institution: {id: g, name: G, admins: [{email: ada@g.example, given_name: Ada, family_name: Lee}]}
rosters: [{path: members.csv}]
libraries: {books: {title: Books, system: logos-library, slots: 10}}
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
ROSTER = "email,given_name,family_name\nann@g.example,Ann,Lee\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_text(SETTINGS)
    (tmp_path / "members.csv").write_text(ROSTER)
    return tmp_path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files opened, and the files parsed."""
    seen: list[str] = []
    pieces, parse = opening.pieces, yaml_tree.parse

    def opened(path: Path, *rest: Any) -> Any:
        seen.append(f"open {path.name}")
        return pieces(path, *rest)

    def parsed(text: str, name: str, *rest: Any) -> Any:
        seen.append(f"parse {name}")
        return parse(text, name, *rest)

    monkeypatch.setattr(opening, "pieces", opened)
    monkeypatch.setattr(yaml_tree, "parse", parsed)
    return seen


def settings(reads: list[str]) -> list[str]:
    return [read for read in reads if read.endswith(NAME)]


@pytest.mark.parametrize(
    "since", ["no apply", "an apply", "a new member", "a mistake in a roster", "another day's settings"]
)
def test_a_plan_opens_and_parses_the_settings_once(place: Path, reads: list[str], since: str) -> None:
    if since != "no apply":
        assert seatsync("apply", "--yes", folder=place).code == 0
    if since == "a new member":
        (place / "members.csv").write_text(ROSTER + "ben@g.example,Ben,Ode\n")
    elif since == "a mistake in a roster":
        (place / "members.csv").write_text(ROSTER + "ben,Ben,Ode\n")
    elif since == "another day's settings":
        (place / NAME).write_text(SETTINGS.replace("slots: 10", "slots: 9"))
    reads.clear()
    code = seatsync("plan", folder=place).code
    assert code == (3 if since == "a mistake in a roster" else 0)
    assert settings(reads) == [f"open {NAME}", f"parse {NAME}"]


def test_a_folder_whose_settings_are_broken_is_read_once_too(place: Path, reads: list[str]) -> None:
    (place / NAME).write_text("institution: [\n")
    assert seatsync("plan", folder=place).code == 3
    assert settings(reads) == [f"open {NAME}", f"parse {NAME}"]


def test_an_apply_opens_and_parses_the_settings_once_and_once_more_for_the_year_ahead(
    place: Path, reads: list[str]
) -> None:
    assert seatsync("apply", "--yes", folder=place).code == 0
    assert settings(reads) == [f"open {NAME}", f"parse {NAME}"] * 2
    reads.clear()
    assert seatsync("apply", "--yes", folder=place).code == 0
    assert settings(reads) == [f"open {NAME}", f"parse {NAME}"], "the year that is kept is still ahead"
