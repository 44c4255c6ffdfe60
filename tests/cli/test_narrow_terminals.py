"""Every list, every help and every message at 60, 80, 100 and 120 columns: whole words, all of them, within the terminal."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seatsync.cli.main import cli
from seatsync.cli.options.help import example
from tests.support.command_line import seatsync
from tests.support.databases import copied

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

COLUMNS = [60, 80, 100, 120]
MARK = "\N{LEFT-TO-RIGHT MARK}"
HEADINGS = {"e-mail", "to", "member", "library"}
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
    return outcome.out.replace(MARK, "").splitlines()


@pytest.mark.parametrize("columns", COLUMNS)
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


def test_a_terminal_that_shows_a_name_from_right_to_left_leaves_the_next_column_in_its_place(
    school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    (layla,) = (line for line in seatsync("members", folder=school).out.splitlines() if "ليلى" in line)
    assert layla.split("بن عبد العزيز")[1].strip(" ").startswith(f"{MARK}  004")
    assert MARK not in seatsync("members", "--format", "csv", folder=school).out
    monkeypatch.delenv("COLUMNS")
    assert MARK not in seatsync("members", folder=school).out, "a pipe is searched"


MESSAGES = (
    "nosuch",
    "plan --detailed-exitcode --strict",
    "apply --yes",
    "validate mistaken",
    "validate --verbose",
    "explain permanent-downgrade",
    "explain duplicate-emial",
    "verify",
    "verify --head 1234567890ab",
    "edit tag nosuch amos.cohen@grace.example",
    "edit add zoe@grace.example --tag x",
    "edit add zoe@grace.example --given-name Zoe --family-name Ng --tag student",
    "members --library jamwork",
    "members --kind sometimes",
    "members --tag nosuch",
    "licenses --tag nosuch",
    "drift export.csv",
    "import export.csv --dry-run",
    "import export.csv --yes",
    "worklist bundle to-do",
    "worklist done --all --yes",
    "resend --yes",
    "ledger info",
    "ledger claim books nobody@grace.example",
    "ledger unlock",
    "outbox release --yes",
    "outbox hold --since 2026-08-01",
    "outbox send",
    "why nobody@grace.example",
    "status",
)
"""Commands and mistakes, each on a school of its own."""


@pytest.mark.parametrize("command", MESSAGES)
def test_no_message_is_wider_than_the_terminal(
    command: str, school: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns in COLUMNS:
        folder = copied(school, tmp_path / str(columns))
        (folder / "mistaken").mkdir()
        (folder / "mistaken" / "seatsync.yaml").write_text(CONFIG.replace("system: jamworks", "system: jamwork"))
        monkeypatch.setenv("COLUMNS", str(columns))
        outcome = seatsync(*command.split(), "--now", "2026-09-02", folder=folder)
        assert "This is a bug" not in outcome.err
        said = outcome.out + outcome.err
        assert said
        for line in said.splitlines():
            assert cell_len(line) <= columns or len(line.split()) == 1, line
            assert line == line.rstrip(), "a space at the end"


def commands() -> Iterator[tuple[str, ...]]:
    """Every command of the program, and the program itself."""
    todo: list[tuple[tuple[str, ...], click.Command]] = [((), cli)]
    while todo:
        path, command = todo.pop()
        yield path
        if isinstance(command, click.Group):
            below = click.Context(command)
            named = ((name, command.get_command(below, name)) for name in command.list_commands(below))
            todo += [((*path, name), one) for name, one in named if one is not None]


@pytest.mark.parametrize("columns", COLUMNS)
def test_no_help_is_wider_than_the_terminal(columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for path in commands():
        lines = seatsync(*path, "--help", folder=tmp_path).out.splitlines()
        assert lines
        assert [line for line in lines if len(line) > columns and len(shlex.split(line.rstrip(" \\"))) > 1] == []


@pytest.mark.parametrize("group", ["edit", "edit roster", "ledger", "outbox", "worklist", "fetch"])
def test_a_group_says_in_whole_what_each_of_its_commands_does(
    group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    listed = " ".join(seatsync(*group.split(), "--help", folder=tmp_path).out.partition("Commands:")[2].split())
    assert listed
    assert "..." not in listed


WORDS = st.lists(
    st.sampled_from(["--tag", "a", "'b c  d'", '--title="E f"', "x" * 25, f"X='{'y z' * 12}'"]), max_size=12
).map(" ".join)


@given(WORDS, st.integers(40, 100))
def test_an_example_over_several_lines_is_the_same_command_to_a_shell(words: str, width: int) -> None:
    line = f"seatsync edit {words}".rstrip()
    folded = "\n".join(example(line, width))
    assert shlex.split(folded.replace("\\\n", "")) == shlex.split(line)  # as a shell reads a line that goes on


@given(WORDS, st.lists(st.sampled_from(["some", "words", "about", "it"]), min_size=1), st.integers(40, 100))
def test_what_an_example_does_stands_beside_it_or_below(command: str, about: list[str], width: int) -> None:
    lines = [*example(f"seatsync {command or 'plan'}   {' '.join(about)}", width)]
    assert all(len(line) <= width or "X=" in line for line in lines)  # a word of a shell is whole
    assert " ".join(" ".join(lines).split()).endswith(" ".join(about))
