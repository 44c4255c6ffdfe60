"""docs/rollback.md says what a revert does for each action: every action has a row, and each row is true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from seatsync.domain.action import ACTIONS, Action
from tests.support.command_line import seatsync
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "rollback.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z-]+)` \| (`[a-z-]+`|nothing) \|", PAGE, re.MULTILINE))

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries:
  books: {title: Books, system: logos-library, slots: 20}
  notes: {title: Notes, system: logos-library, slots: 20}
  hall: {title: Hall, system: logos-subscription, slots: 0, when_full: wait}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {everyone: true}, until: 2027-06-30}
"""
MEMBERS = "email,given_name,family_name,student_id\nann@grace.example,Ann,Lee,1\nben@grace.example,Ben,Lee,2\n"
SEEN = """\
Email,Given Name,Family Name,User ID,License Kind,License Status
ann@grace.example,Ann,Lee,1,Temporary,Delivered
ben@grace.example,Ben,Lee,2,Temporary,Unclaimed
"""
CHLOE = "chloe@grace.example,Chloe,Lee,3\n"


class Edit(NamedTuple):
    """What turns the files into those of the change: an edit of seatsync.yaml or of the roster; or the other way round."""

    old: str
    new: str
    is_backwards: bool = False
    blocked: str = ""


EDITS = {
    Action.INSTITUTION_UPDATE: Edit("name: Grace", "name: Grace College"),
    Action.LIBRARY_ADD: Edit("rosters:", "  maps: {title: Maps, system: logos-library, slots: 5}\nrosters:"),
    Action.LIBRARY_UPDATE: Edit(
        "title: Books, system: logos-library, slots: 20", "title: Books, system: logos-library, slots: 30"
    ),
    Action.LIBRARY_REMOVE: Edit("  notes: {title: Notes, system: logos-library, slots: 20}\n", ""),
    Action.ADMIN_ADD: Edit(
        "r@grace.example}]", "r@grace.example}, {given_name: S, family_name: B, email: s@grace.example}]"
    ),
    Action.ADMIN_UPDATE: Edit("given_name: R,", "given_name: Ruth,"),
    Action.ADMIN_REMOVE: Edit(
        "r@grace.example}]",
        "r@grace.example}, {given_name: S, family_name: B, email: s@grace.example}]",
        is_backwards=True,
    ),
    Action.MEMBER_ADD: Edit("Ben,Lee,2\n", f"Ben,Lee,2\n{CHLOE}"),
    Action.MEMBER_UPDATE: Edit("Ben,Lee", "Benjamin,Lee"),
    Action.MEMBER_REMOVE: Edit("Ben,Lee,2\n", f"Ben,Lee,2\n{CHLOE}", is_backwards=True),
    Action.OBSERVE: Edit("rosters:", "exports: [{path: portal.csv, library: books, taken: 2026-09-01}]\nrosters:"),
    Action.GRANT: Edit("2027-06-30}\n", "2027-06-30}\n  - {library: notes, to: {everyone: true}, kind: temporary}\n"),
    Action.WAIT: Edit("2027-06-30}\n", "2027-06-30}\n  - {library: hall, to: {everyone: true}}\n"),
    Action.UNWAIT: Edit("2027-06-30}\n", "2027-06-30}\n  - {library: hall, to: {everyone: true}}\n", is_backwards=True),
    Action.REVOKE: Edit(
        "2027-06-30}\n", "2027-06-30}\n  - {library: notes, to: {everyone: true}, kind: temporary}\n", is_backwards=True
    ),
    Action.UPGRADE: Edit(
        "kind: temporary, to: {everyone: true}, until: 2027-06-30",
        "kind: permanent, to: {everyone: true}",
        blocked="permanent-downgrade",
    ),
    Action.LICENSE_UPDATE: Edit("until: 2027-06-30", "until: 2027-09-30"),
    Action.RESEND: Edit("until: 2027-06-30", "until: 2027-06-30, resend: once"),
}


class Planned(NamedTuple):
    code: int
    actions: set[str]
    refusals: set[str]


def files(folder: Path, edit: Edit, changed: bool) -> None:
    for name, text in (("seatsync.yaml", CONFIG), ("members.csv", MEMBERS)):
        (folder / name).write_text(text.replace(edit.old, edit.new) if changed else text, encoding="utf-8")
    (folder / "portal.csv").write_text(SEEN, encoding="utf-8")


def plan(folder: Path) -> Planned:
    told = seatsync("plan", "--format", "json", "--now", "2026-09-01", folder=folder)
    found = json.loads(told.out)
    return Planned(told.code, set(found["summary"]), {one["code"] for one in found["refusals"]})


def apply(folder: Path) -> None:
    told = seatsync("apply", "--yes", "-q", "--now", "2026-09-01", folder=folder)
    assert told.code == 0, told.err


def test_every_action_has_its_row_and_says_what_takes_it_back() -> None:
    assert set(ROWS) == set(ACTIONS)
    for word, action in ACTIONS.items():
        undone_by = action.facts.undone_by
        assert ROWS[word] == (f"`{undone_by}`" if undone_by else "nothing"), word
        assert not undone_by or ACTIONS[undone_by].facts.subject is action.facts.subject


@pytest.mark.parametrize("action", ACTIONS.values(), ids=str)
def test_a_revert_does_what_the_page_says(action: Action, tmp_path: Path) -> None:
    edit = EDITS[action]
    files(tmp_path, edit, changed=edit.is_backwards)
    apply(tmp_path)
    files(tmp_path, edit, changed=not edit.is_backwards)
    assert action.value in plan(tmp_path).actions
    apply(tmp_path)
    files(tmp_path, edit, changed=edit.is_backwards)
    reverted = plan(tmp_path)
    if edit.blocked:
        assert edit.blocked in reverted.refusals
        assert f"`{edit.blocked}`" in next(line for line in PAGE.splitlines() if line.startswith(f"| `{action.value}`"))
    elif undone_by := action.facts.undone_by:
        assert undone_by in reverted.actions
        apply(tmp_path)
        assert plan(tmp_path) == (0, set(), set())
    else:
        assert reverted == (0, set(), set())


def test_an_invitation_that_waits_goes_with_the_seat_that_is_reverted(tmp_path: Path) -> None:
    edit = EDITS[Action.GRANT]
    for changed in (False, True, False):
        files(tmp_path, edit, changed)
        apply(tmp_path)
    letters = json.loads(seatsync("outbox", "list", "--format", "json", folder=tmp_path).out)
    notes = [(one["letter"], one["state"]) for one in letters if one["library"] == "notes"]
    assert notes == [("invitation", "cancelled")] * 2


def test_the_page_is_found() -> None:
    for name in ("README.md", "docs/ci.md", "docs/operations.md"):
        assert "rollback.md" in (ROOT / name).read_text(encoding="utf-8"), name
