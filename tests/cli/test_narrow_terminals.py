"""Every list at 60, 80, 100 and 120 columns: whole words, all of them, within the terminal."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.command_line import seatsync

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  timezone: America/Chicago
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
  opt_out: true
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 10}
  jamworks: {title: Jamworks, system: jamworks, slots: 5, delivered_by: vendor}
  logos-subscription-for-all-members: {title: Logos Subscription, system: logos-subscription, slots: 20}
rosters:
  - {path: rosters/of-the-whole-seminary/students-and-faculty.csv}
grants:
  - {library: logos-subscription-for-all-members, to: {tags: [student]}, until: 2027-06-30}
  - {library: books, kind: permanent, to: {any_tags: [mdiv, faculty]}}
  - {library: jamworks, to: {tags: [faculty]}}
"""
LONG = "wolfeschlegelsteinhausenbergerdorff@students.grace-seminary.example"
MEMBERS = [
    ["email", "given_name", "family_name", "student_id", "role", "tags"],
    ["ann@grace.example", "Ann", "Lee", "001", "Student", "student;mdiv"],
    [LONG, "Hubert Blaine Maximilian", "Wolfeschlegelsteinhausenbergerdorff", "002", "Student", "student"],
    ["wang@grace.example", "欣怡", "歐陽 " * 8 + "歐陽", "003", "Professor of Old Testament and Hebrew", "faculty"],
    ["layla@grace.example", "ليلى", "بن عبد العزيز", "004", "Student", "student"],
]
LISTS = (
    "status",
    "members",
    "members --library jamworks",
    "licenses",
    "log",
    "outbox list",
    "worklist list",
    "drift export.csv",
    "log --member layla@grace.example",
    f"why {LONG}",
    "ledger info",
    "plan",
    "explain",
)

HEADINGS = {"email", "to", "member"}
"""The columns whose values head a block, where they need no label."""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("school")
    rosters = folder / "rosters" / "of-the-whole-seminary"
    rosters.mkdir(parents=True)
    (folder / "seatsync.yaml").write_text(CONFIG)
    with (rosters / "students-and-faculty.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(MEMBERS)
    applied = seatsync("apply", "--yes", "--now", "2026-09-01", folder=folder)
    assert applied.code == 0, applied.err
    with (folder / "export.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                ["First Name", "Last Name", "Email", "Tags", "Biblical Studies"],
                ["Ann", "Leigh", "ann@grace.example", "", "Permanent (Delivered)"],
                ["Nobody", "Here", "x" * 50 + "@grace.example", "", ""],
            ]
        )
    with (rosters / "students-and-faculty.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["new@grace.example", "مريم", "欣怡", "9", "", "student;faculty"])
    return folder


def shown(command: str, school: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    outcome = seatsync(*command.split(), "--now", "2026-09-02", folder=school)
    assert outcome.code in (0, 2), outcome.err
    assert outcome.out
    return outcome.out.splitlines()


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
@pytest.mark.parametrize("command", LISTS)
def test_every_word_of_a_list_is_whole_and_within_the_terminal(
    command: str, columns: int, school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide, narrow = (shown(command, school, width, monkeypatch) for width in (1000, columns))
    words = {word for line in narrow for word in line.split()} | HEADINGS
    assert [word for line in wide for word in line.split() if word not in words] == []
    for line in narrow:
        longest = max(map(cell_len, line.split()), default=0)
        assert cell_len(line) <= columns or longest > columns - 25, line
