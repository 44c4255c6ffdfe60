"""A format of rosters is one file, its entry in the registry and its name for `format:`; reading, messages and plans follow it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seatsync.formats.roster_entry import FORMATS
from seatsync.sources.rosters.formats import registry
from tests.support.program_copy import ProgramCopy, changed_program, institution_of

# ── One more format ─────────────────────────────────────────────────────────────────────────────────────────────────

REGISTRAR = '''"""The list that a registrar's office gives out."""

from seatsync.sources.rosters.formats.format import Format

FORMATS = (
    Format(
        "registrar",
        "the registrar's list",
        needs=(("Mailbox", "Matriculation"),),
        fields={"email": ("Mailbox",), "family_name": ("Name",), "student_id": ("Matriculation",), "tags": ("Courses",)},
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
    """A copy of the program with one more format, added as CONTRIBUTING.md says."""
    return changed_program(
        tmp_path_factory.mktemp("copy"),
        {"sources/rosters/formats/registrar.py": REGISTRAR},
        {
            "sources/rosters/formats/registry.py": (
                ("    own,\n", "    own,\n    registrar,\n"),
                ("FILES = (\n", "FILES = (\n    registrar,\n"),
            ),
            "formats/roster_entry.py": (('(*PORTALS, "seatsync")', '(*PORTALS, "seatsync", "registrar")'),),
        },
    )


@pytest.fixture
def institution(tmp_path: Path) -> Path:
    return institution_of(tmp_path, {"seatsync.yaml": CONFIG, "list.csv": LIST})


def test_a_roster_in_a_format_that_is_added_is_valid_and_applied(
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


def test_it_can_be_pinned(with_registrar: ProgramCopy, institution: Path) -> None:
    (institution / "list.csv").write_text(LIST.replace("Matriculation;", "No;"), encoding="utf-8")
    assert with_registrar.seatsync("validate", folder=institution).code == 3
    config = CONFIG.replace("{path: list.csv}", "{path: list.csv, format: registrar}")
    (institution / "seatsync.yaml").write_text(config, encoding="utf-8")
    assert with_registrar.seatsync("validate", folder=institution).code == 0


# ── The existing formats ─────────────────────────────────────────────────────────────────────────────────────────────


def test_every_file_of_a_format_is_in_the_registry_and_every_format_can_be_pinned() -> None:
    folder = Path(registry.__file__).parent
    files = [path for path in folder.glob("*.py") if "\nFORMATS = (\n" in path.read_text(encoding="utf-8")]
    assert {path.stem for path in files} == {module.__name__.rpartition(".")[2] for module in registry.FILES}
    assert {*FORMATS} == {format.name for format in registry.FORMATS}
