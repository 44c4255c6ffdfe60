"""Rows that were deleted from a roster in one block are pointed out in the panel of the plan."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.command_line import seatsync

CONFIG = """\
version: 1
institution: {id: grace, name: Grace Seminary, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}], timezone: UTC}
libraries: {books: {title: Books, system: logos-library, slots: 90}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
limits: {max_revokes: 100%}
MORE
"""


def rows(*lines: range) -> str:
    """The roster with one person for each of these lines."""
    people = (f"m{line}@grace.example,Given{line},Test\n" for some in lines for line in some)
    return "".join(["email,given_name,family_name\n", *people])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG.replace("MORE", ""), encoding="utf-8")
    (tmp_path / "members.csv").write_text(rows(range(2, 42)), encoding="utf-8")
    assert seatsync("apply", "--yes", "--now", "2026-09-01", folder=tmp_path).code == 0
    return tmp_path


def told(folder: Path, *left: range) -> str:
    (folder / "members.csv").write_text(rows(*left), encoding="utf-8")
    out = seatsync("plan", "--now", "2026-09-02", folder=folder).out
    found = re.search(r"^  Rows removed +(.*)$", out, re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ([range(2, 12), range(25, 42)], "members.csv lines 12–24"),
        ([range(5, 42)], "members.csv lines 2–4"),
        ([range(4, 42)], ""),
        ([range(2, 12), range(20, 25), range(30, 42)], "members.csv lines 12–19, 25–29"),
        ([range(2, 12), range(20, 25), range(26, 42)], "members.csv lines 12–19"),
        (
            [range(2, 5), range(8, 10), range(14, 16), range(20, 22), range(26, 42)],
            "members.csv lines 10–13, 16–19, 22–25 and 1 more block",
        ),
    ],
)
def test_the_panel_says_which_blocks_of_rows_are_gone(left: list[range], words: str, folder: Path) -> None:
    assert told(folder, *left) == words


def test_who_keeps_seats_for_a_grace_period_is_gone_from_the_roster_now_and_not_again_when_it_ends(
    folder: Path,
) -> None:
    (folder / "seatsync.yaml").write_text(CONFIG.replace("MORE", "leavers: {grace: 5d}"), encoding="utf-8")
    assert told(folder, range(2, 30)) == "members.csv lines 30–41"
    assert seatsync("apply", "--yes", "--now", "2026-09-02", folder=folder).code == 0
    after = seatsync("plan", "--now", "2026-09-20", folder=folder).out
    assert "12 people leave" in after
    assert "Rows removed" not in after


def test_rows_of_a_roster_that_is_no_longer_read_are_not_told(folder: Path) -> None:
    (folder / "others.csv").write_text(rows(range(2, 4)), encoding="utf-8")
    (folder / "seatsync.yaml").write_text(
        CONFIG.replace("MORE", "").replace("path: members", "path: others"), encoding="utf-8"
    )
    assert "Rows removed" not in seatsync("plan", "--now", "2026-09-02", folder=folder).out
