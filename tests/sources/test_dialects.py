"""A dialect of CSV rosters is one file and its entry in ``dialects.py``; reading, messages and plans follow it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seatsync.sources.rosters import dialects
from tests.support.program_copy import ProgramCopy, changed_program

# ── One more dialect ────────────────────────────────────────────────────────────────────────────────────────────────

REGISTRAR = '''"""The list that a registrar's office gives out."""

from seatsync.systems.template import Column, Template

TEMPLATE = Template(
    "the registrar's list",
    (
        Column("Mailbox", "email"),
        Column("Forename", "given_name"),
        Column("Surname", "family_name", ("Name",)),
        Column("Matriculation", "student_id"),
        Column("Courses", "tags"),
    ),
)
'''
CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries: {books: {title: Books, system: logos-subscription, slots: 3}}
rosters: [{path: list.csv}]
grants: [{library: books, to: {tags: [greek]}}]
"""
LIST = """\
Matriculation;Name;Forename;Mailbox;Courses
007;Lee;Ann;ann@grace.example;greek
008;Ek;Bo;bo@grace.example;
"""


@pytest.fixture(scope="module")
def with_registrar(tmp_path_factory: pytest.TempPathFactory) -> ProgramCopy:
    """A copy of the program with one more dialect, added as CONTRIBUTING.md says: its file, and its entry in OWN."""
    edits = (
        ("import seatsync_template\n", "import registrar, seatsync_template\n"),
        ("OWN = (seatsync_template.TEMPLATE,)", "OWN = (seatsync_template.TEMPLATE, registrar.TEMPLATE)"),
    )
    return changed_program(
        tmp_path_factory.mktemp("copy"),
        {"sources/rosters/registrar.py": REGISTRAR},
        {"sources/rosters/dialects.py": edits},
    )


@pytest.fixture
def institution(tmp_path: Path) -> Path:
    folder = tmp_path / "grace"
    folder.mkdir()
    (folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "list.csv").write_text(LIST, encoding="utf-8")
    return folder


def test_a_roster_in_a_dialect_that_is_added_is_valid_and_applied(
    with_registrar: ProgramCopy, institution: Path
) -> None:
    done = with_registrar.seatsync("validate", folder=institution)
    assert (done.code, done.err) == (0, "")
    done = with_registrar.seatsync("apply", "--yes", folder=institution)
    assert done.code == 0, done.err
    (license,) = json.loads(with_registrar.seatsync("licenses", "--format", "json", folder=institution).out)
    assert (license["email"], license["library"]) == ("ann@grace.example", "books")
    members = json.loads(with_registrar.seatsync("members", "--format", "json", folder=institution).out)
    names = [(member["given_name"], member["family_name"], member["student_id"]) for member in members]
    assert names == [("Ann", "Lee", "007"), ("Bo", "Ek", "008")]


def test_one_row_that_changed_in_it_is_the_whole_next_plan(with_registrar: ProgramCopy, institution: Path) -> None:
    assert with_registrar.seatsync("apply", "--yes", folder=institution).code == 0
    (institution / "list.csv").write_text(LIST.replace("bo@grace.example;", "bo@grace.example;greek"), encoding="utf-8")
    done = with_registrar.seatsync("plan", "--format", "json", folder=institution)
    assert done.code == 0, done.err
    changes = [(change["action"], change["member"]) for change in json.loads(done.out)["changes"]]
    assert changes == [("member-update", "bo@grace.example"), ("grant", "bo@grace.example")]


def test_what_its_header_lacks_is_told_by_its_names(with_registrar: ProgramCopy, institution: Path) -> None:
    (institution / "list.csv").write_text(LIST.replace("Forename", "Fornam"), encoding="utf-8")
    done = with_registrar.seatsync("validate", folder=institution)
    assert done.code == 3
    said = " ".join((done.out + done.err).split())
    assert "For the registrar's list, add Forename." in said
    assert "Mailbox, Forename, Surname, Matriculation, Courses (the registrar's list)" in said


# ── The existing dialects ────────────────────────────────────────────────────────────────────────────────────────────


def test_every_file_of_a_dialect_is_in_the_list() -> None:
    folder = Path(dialects.__file__).parent
    files = [path for path in folder.glob("*.py") if "\nTEMPLATE = Template(" in path.read_text(encoding="utf-8")]
    listed = {template.name for template in dialects.OWN}
    assert len(listed) == len(files) == len(dialects.OWN)
