"""Clever's folder: students, teachers and staff in files of their own, schools with names, sections with terms."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatsync.sources.rosters.how import Take
from tests.sources.rosters.sets.a_set import pack, read, table, write

SECTION = {"School_id": "1", "Name": "Acts", "Term_name": "S1", "Term_end": "12/18/2026"}
FILES = {
    "schools.csv": table(
        {"School_id": "1", "School_name": "North School", "School_number": "01"},
        {"School_id": "2", "School_name": "South School", "School_number": "02"},
    ),
    "students.csv": table(
        {
            "School_id": "1",
            "Student_id": "100",
            "Last_name": "Lee",
            "First_name": "Ann",
            "Grade": "9",
            "Contact_name": "Pam Lee",
            "Contact_email": "pam@home.example",
            "Student_email": "ann@school.example",
            "Password": "sesame",
        },
        {
            "School_id": "1",
            "Student_id": "100",
            "Last_name": "Lee",
            "First_name": "Ann",
            "Grade": "9",
            "Contact_name": "Joe Lee",
            "Student_email": "ann@school.example",
        },
    ),
    "teachers.csv": table(
        *(
            {
                "School_id": school,
                "Teacher_id": "200",
                "Teacher_email": "tom@school.example",
                "First_name": "Tom",
                "Last_name": "Ode",
                "Title": "Teacher of the year",
            }
            for school in "12"
        ),
        {
            "School_id": "2",
            "Teacher_id": "201",
            "Teacher_email": "eve@school.example",
            "First_name": "Eve",
            "Last_name": "Roe",
        },
    ),
    "staff.csv": table(
        {
            "School_id": "1",
            "Staff_id": "300",
            "Staff_email": "sam@school.example",
            "First_name": "Sam",
            "Last_name": "Fox",
        }
    ),
    "sections.csv": table(
        {**SECTION, "Section_id": "s1", "Teacher_id": "200", "Teacher_2_id": "201"},
        {**SECTION, "Section_id": "s2", "Name": "", "Section_number": "NT2", "School_id": "2", "Teacher_id": "201"}
        | {"Term_end": "2027-01-22"},
    ),
    "enrollments.csv": table({"School_id": "1", "Section_id": "s1", "Student_id": "100"}),
}
DAY, LATER = "2026-12-18", "2027-01-22"


@pytest.mark.parametrize("packed", [False, True])
def test_people_of_all_files_have_the_tags_of_their_role_schools_and_sections(tmp_path: Path, packed: bool) -> None:
    name = "sis.zip" if packed else "sis"
    found = read((pack if packed else write)(tmp_path, FILES, name), name)
    assert [diagnostic for diagnostic in found.found if "password" not in diagnostic.message.lower()] == []
    assert found.tags("ann@school.example") == {
        "role:student": "",
        "grade:9": "",
        "org:North School": "",
        "class:Acts": DAY,
        "term:S1": DAY,
    }
    assert found.tags("tom@school.example") == {
        "role:teacher": "",
        "org:North School": "",
        "org:South School": "",
        "class:Acts": DAY,
        "term:S1": DAY,
    }
    assert found.tags("eve@school.example") == {
        "role:teacher": "",
        "org:South School": "",
        "org:North School": DAY,
        "class:Acts": DAY,
        "class:NT2": LATER,
        "term:S1": LATER,
    }
    assert found.tags("sam@school.example") == {"role:staff": "", "org:North School": ""}
    assert {member.student_id for member in found.members.values()} == {"100", "200", "201", "300"}


def test_rows_of_one_person_that_differ_are_told(tmp_path: Path) -> None:
    other = FILES["students.csv"].replace("Joe Lee,,ann@", "Joe Lee,,anna@")
    assert "duplicate-student-id" in read(write(tmp_path, {**FILES, "students.csv": other})).codes


def test_without_staff_or_schools_the_set_is_whole_and_without_teachers_it_is_not(tmp_path: Path) -> None:
    some = {name: text for name, text in FILES.items() if name not in ("staff.csv", "schools.csv")}
    found = read(write(tmp_path, some))
    assert "set-incomplete" not in found.codes
    assert len(found.members) == 3
    some.pop("teachers.csv")
    assert "set-incomplete" in read(write(tmp_path / "less", some)).codes


def test_schools_and_terms_are_taken_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, FILES)
    assert {*read(path, take=Take(orgs=("South School",))).members} == {"tom@school.example", "eve@school.example"}
    assert {*read(path, take=Take(roles=("student",), terms=("S1",))).members} == {"ann@school.example"}
