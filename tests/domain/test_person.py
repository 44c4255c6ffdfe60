"""The fields of a person are one list: everything else follows when a field is added."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seatsync.domain.person import Member, Person, RosterMember, found_by
from seatsync.portal.admin.labels import PERSON
from tests.support.command_line import seatsync
from tests.support.program_copy import ProgramCopy, changed_program

pytestmark = pytest.mark.slow

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 3}}
rosters: [{path: members.csv}, {path: staff.yaml}]
"""
CSV = "email,given_name,family_name,student_id\nann@grace.example,Ann,Lee,007\n"
CSV_WITH_DEPARTMENT = "email,given_name,family_name,student_id,department\nann@grace.example,Ann,Lee,007,Greek\n"
YAML = "- {email: bo@grace.example, given_name: Bo, family_name: Ek}\n"
YAML_WITH_DEPARTMENT = "- {email: bo@grace.example, given_name: Bo, family_name: Ek, department: Latin}\n"

MIGRATION = '''"""The department of a member."""

import sqlalchemy as sa

revision = "{here}"


def columns():
    return {{"member": [sa.Column("department", sa.Text, nullable=False, server_default=sa.text("''"))]}}
'''


@pytest.mark.parametrize(
    "families",
    [
        ["Lee", "lee", "Lee-Ann", "Leeds"],
        ["Oz", "Öz", "Ozan", "Özan", "Zu"],
        ["Lodz", "Łódź", "Madrid", "Ødegård", "Oslo", "Straße", "Strauß"],
        ["Иванов", "Ёлкин"][::-1],
        ["강", "김", "이"],
        ["Zu", "כהן", "לוי", "김"],
    ],
)
def test_members_are_sorted_as_people_expect_in_any_case_and_with_any_accent(families: list[str]) -> None:
    texts = [found_by(Member("a@grace.example", "Ann", family, "", "", "", "a@grace.example")) for family in families]
    assert texts == sorted(texts)


def test_a_search_finds_a_name_with_and_without_its_accents() -> None:
    text = found_by(Member("a@grace.example", "Çağla", "Şahin", "", "", "", "a@grace.example"))
    assert all(sought.casefold() in text for sought in ("Şahin", "sahin", "Çağla Şahin", "cagla"))


def test_members_and_rows_of_rosters_begin_with_the_fields_of_a_person() -> None:
    for made in (Member, RosterMember):
        names = made._fields[: len(Person._fields)]
        assert names == Person._fields
        assert not {*names} & {*made._field_defaults}, f"a {made.__name__} without what a person has"
    assert {*Person._field_defaults.values()} == {""}


def test_pages_have_a_word_for_every_field_beside_the_name() -> None:
    assert {*PERSON} == {*Person._fields} - {"given_name", "family_name"}


# ── A seventh field ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def with_department(tmp_path_factory: pytest.TempPathFactory) -> ProgramCopy:
    """A copy of the program with a new field, added as CONTRIBUTING.md says."""
    from seatsync.ledger.tables import REVISIONS

    last = REVISIONS[-1]
    here = f"{int(last) + 1:04}"
    person = (
        (
            'say whom they are for."] = ""\n',
            'say whom they are for."] = ""\n    department: Annotated[str, "Where they work."] = ""\n',
        ),
        ("    tags: str\n", "    tags: str\n    department: str\n"),
    )
    revisions = ((f'"{last}",\n)', f'"{last}",\n    "{here}",\n)'),)
    tables = (
        (
            ')\nIndex("member_found_by"',
            '    Column("department", Text, nullable=False, server_default=text("\'\'")),\n)\nIndex("member_found_by"',
        ),
    )
    return changed_program(
        tmp_path_factory.mktemp("copy"),
        {f"ledger/migrations/versions/{here}.py": MIGRATION.format(here=here)},
        {"domain/person.py": person, "ledger/migrations/revisions.py": revisions, "ledger/tables.py": tables},
    )


@pytest.fixture
def institution(tmp_path: Path) -> Path:
    folder = tmp_path / "grace"
    folder.mkdir()
    for name, text in (("seatsync.yaml", CONFIG), ("members.csv", CSV), ("staff.yaml", YAML)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_field_that_is_added_goes_from_rosters_to_plan_ledger_lists_and_export_and_back(
    with_department: ProgramCopy, institution: Path
) -> None:
    assert seatsync("apply", "--yes", folder=institution).code == 0
    assert with_department.seatsync("ledger", "migrate", folder=institution).code == 0
    done = with_department.seatsync("plan", folder=institution)
    assert (done.code, "Nothing to do" in done.out) == (0, True), "members of before have an empty one"

    (institution / "members.csv").write_text(CSV_WITH_DEPARTMENT, encoding="utf-8")
    (institution / "staff.yaml").write_text(YAML_WITH_DEPARTMENT, encoding="utf-8")
    done = with_department.seatsync("plan", folder=institution)
    assert "department none → Greek" in done.out
    assert with_department.seatsync("apply", "--yes", folder=institution).code == 0
    for command in (("verify",), ("ledger", "rebuild")):
        done = with_department.seatsync(*command, folder=institution)
        assert done.code == 0, done.out + done.err

    members = json.loads(with_department.seatsync("members", "--format", "json", folder=institution).out)
    assert [member["department"] for member in members] == ["Greek", "Latin"]
    export = with_department.seatsync("export", folder=institution).out
    assert "Department" in export.splitlines()[0]
    assert "Greek" in export.splitlines()[1]

    other = institution.parent / "other"
    other.mkdir()
    (other / "seatsync.yaml").write_text(
        CONFIG.replace("{path: members.csv}, {path: staff.yaml}", ""), encoding="utf-8"
    )
    (other / "export.csv").write_text(export, encoding="utf-8")
    done = with_department.seatsync("import", "export.csv", "--yes", folder=other)
    assert done.code == 0, done.err
    members = json.loads(with_department.seatsync("members", "--format", "json", folder=other).out)
    assert [member["department"] for member in members] == ["Greek", "Latin"]


def test_a_field_that_is_added_is_hidden_where_names_are(with_department: ProgramCopy, institution: Path) -> None:
    (institution / "members.csv").write_text(CSV_WITH_DEPARTMENT, encoding="utf-8")
    done = with_department.seatsync("plan", "--redact", "--format", "json", folder=institution)
    assert done.code == 0, done.err
    assert "Greek" not in done.out
    assert '"department": "(hidden)"' in done.out


def test_the_schema_of_rosters_has_a_field_that_is_added(with_department: ProgramCopy, institution: Path) -> None:
    schema = json.loads(with_department.seatsync("schema", "roster", folder=institution).out)
    assert schema["$defs"]["RosterMemberEntry"]["properties"]["department"]["description"] == "Where they work."
