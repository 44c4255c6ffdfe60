"""A command that asks does nothing if the answer is no, and that is no failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import seatsync
from tests.support.databases import contents

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 9, delivered_by: vendor}
  maps: {title: Maps, system: logos-subscription, slots: 9}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}, {library: maps, to: {everyone: true}}]
"""
MEMBERS = "email,given_name,family_name\nann@grace.example,Ann,Lee\n"
EXPORT = "Given Name,Family Name,Institution Email Address\nBen,Ode,ben@grace.example\nAnn,Lee,ann@grace.example\n"
QUESTIONS = {
    "apply": "Apply this?",
    "import users.csv": "Import this?",
    "resend": "Send 1 invitation again?",
    "worklist done": "Mark as done: 1 person in 3-import, 1 person in 5-grant-temporary-books?",
    "outbox cancel --library maps": "Cancel 1 letter?",
    "ledger prune --letters-before 2026-09-01": "Delete all letters",
    "ledger erase ann@grace.example": "Erase ann@grace.example? This can't be undone.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "grace"
    folder.mkdir()
    (folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "members.csv").write_text(MEMBERS, encoding="utf-8")
    (folder / "users.csv").write_text(EXPORT, encoding="utf-8")
    assert seatsync("apply", "--yes", "--now", "2026-09-01", folder=folder).code == 0
    (folder / "members.csv").write_text(MEMBERS + "cy@grace.example,Cy,Roe\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", QUESTIONS)
def test_no_means_that_nothing_is_done_and_nothing_failed(folder: Path, command: str) -> None:
    before = contents(folder)
    outcome = seatsync(*command.split(), "--now", "2026-09-02", folder=folder, typed="n\n")
    assert QUESTIONS[command] in outcome.err
    assert outcome.err.endswith("Nothing was done.\n")
    assert outcome.code == 0
    assert contents(folder) == before


def invited(folder: Path) -> int:
    return seatsync("outbox", "list", "--format", "json", folder=folder).out.count('"created_at": "2026-09-03')


@pytest.mark.parametrize(
    ("choice", "typed", "letters"),
    [("", "y\n", 0), ("", "yes\n", 2), ("--library maps", "y\n", 0), ("--search example", "y\n", 2), ("--yes", "", 2)],
)
def test_letters_to_everybody_want_the_whole_word(folder: Path, choice: str, typed: str, letters: int) -> None:
    assert seatsync("apply", "--yes", "--now", "2026-09-01", folder=folder).code == 0
    outcome = seatsync("resend", *choice.split(), "--now", "2026-09-03", folder=folder, typed=typed)
    assert invited(folder) == letters
    if typed:
        assert "Send 2 invitations again, to 2 people" in outcome.err
        assert ("everybody who has not claimed. Type yes to send" in outcome.err) == (choice != "--search example")


# ── What cannot be undone ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("typed", "is_done"), [("yes", True), ("Yes", True), ("y", False), ("", False), ("no", False)])
def test_what_cannot_be_undone_is_applied_only_after_the_whole_word(folder: Path, typed: str, is_done: bool) -> None:
    config = CONFIG.replace("{library: maps", "{library: books, kind: permanent, to: {everyone: true}}, {library: maps")
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    before = contents(folder)
    outcome = seatsync("apply", "--now", "2026-09-02", folder=folder, typed=f"{typed}\n")
    assert "2 of 4 changes cannot be undone. Type yes to apply: " in outcome.err
    assert (outcome.code, "Nothing was done" in outcome.err) == (0, not is_done)
    assert ('only the whole word "yes"' in outcome.err) == (typed == "y")
    assert (contents(folder) != before) is is_done


def test_yes_on_the_command_line_asks_nothing_of_what_cannot_be_undone(folder: Path) -> None:
    config = CONFIG.replace("{library: maps", "{library: books, kind: permanent, to: {everyone: true}}, {library: maps")
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    outcome = seatsync("apply", "--yes", "--now", "2026-09-02", folder=folder)
    assert (outcome.code, "Type yes" in outcome.err) == (0, False)
