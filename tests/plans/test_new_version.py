"""After an update of the program, a plan says what it reads otherwise in the same files, before anything of it is applied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import seatsync
from tests.support.program_copy import ProgramCopy, changed_program

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, timezone: UTC, admins: [{given_name: R, family_name: A, email: ruth@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}, {path: staff.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
MEMBERS = """\
email,given_name,family_name,student_id
ann@grace.example,Ann,Lee,NULL
ben@grace.example,Ben,Ode,N/A
cy@grace.example,Cy,Roy,7
"""
STAFF = "email,given_name,family_name,student_id\ndi@grace.example,Di,Sim,9\n"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> ProgramCopy:
    """The program of before, which took student ids as they were written."""
    edits = (('    if "1" <= id[:1]', '    return id\n    if "1" <= id[:1]'),)
    return changed_program(tmp_path_factory.mktemp("before"), {}, {"domain/text/ids.py": edits})


@pytest.fixture
def grace(before: ProgramCopy, tmp_path: Path) -> Path:
    """An institution to which the program of before applied its files."""
    for name, text in (("seatsync.yaml", CONFIG), ("members.csv", MEMBERS), ("staff.csv", STAFF)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = before.seatsync("apply", "--yes", "--quiet", folder=tmp_path)
    assert done.code == 0, done.err
    return tmp_path


SAID = (
    "These changes come from a new version of seatsync, not from your files: 2 members are read otherwise (student id 2): "
    "ann@grace.example, ben@grace.example."
)


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_the_plan_says_that_its_changes_come_from_the_program(grace: Path, format: str) -> None:
    done = seatsync("plan", "--format", format, folder=grace)
    assert done.code == 0, done.err
    assert SAID.split(": ")[0] in " ".join(done.out.split())


def test_it_is_a_notice_of_the_plan_with_the_members(grace: Path) -> None:
    plan = json.loads(seatsync("plan", "--format", "json", folder=grace).out)
    assert plan["summary"] == {"member-update": 2}
    (notice,) = plan["warnings"]
    assert (notice["code"], notice["message"]) == ("read-otherwise", SAID)
    assert notice["source"] == {"file": "members.csv", "line": 2}
    assert notice["members"] == ["ann@grace.example", "ben@grace.example"]


def test_the_night_does_not_apply_it_and_a_person_does_once(grace: Path) -> None:
    night = seatsync("apply", "--same-files", "--quiet", folder=grace)
    assert night.code == 5
    assert "this version of seatsync reads files of grace otherwise than the last apply did" in night.err
    assert seatsync("apply", "--yes", "--quiet", folder=grace).code == 0
    plan = json.loads(seatsync("plan", "--format", "json", folder=grace).out)
    assert (plan["summary"], plan["warnings"]) == ({}, [])
    assert seatsync("apply", "--same-files", "--quiet", folder=grace).code == 0


def test_beside_changed_files_it_says_only_what_may_be(grace: Path) -> None:
    (grace / "staff.csv").write_text(STAFF.replace("Di,", "Dia,"), encoding="utf-8")
    plan = json.loads(seatsync("plan", "--format", "json", folder=grace).out)
    assert plan["summary"] == {"member-update": 3}
    (notice,) = plan["warnings"]
    assert "may come from that: 2 members are read otherwise (student id 2)" in notice["message"]


def test_an_update_that_reads_the_same_says_nothing(before: ProgramCopy, grace: Path) -> None:
    (grace / "members.csv").write_text(MEMBERS.replace("NULL", "").replace("N/A", ""), encoding="utf-8")
    assert before.seatsync("apply", "--yes", "--quiet", folder=grace).code == 0
    plan = json.loads(seatsync("plan", "--format", "json", folder=grace).out)
    assert (plan["summary"], plan["warnings"]) == ({}, [])
