"""Apple School Manager's six templates, in a folder or as the zip file that is uploaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.rosters.sets.a_set import pack, read, table, write

FILES = {
    "locations.csv": table(
        {"location_id": "l1", "location_name": "North"}, {"location_id": "l2", "location_name": "South"}
    ),
    "students.csv": table(
        {
            "person_id": "p1",
            "person_number": "49",
            "first_name": "Ann",
            "last_name": "Lee",
            "grade_level": "9",
            "email_address": "ann@school.example",
            "password_policy": "4",
            "location_id": "l1",
            "location_id_2": "l2",
        }
    ),
    "staff.csv": table(
        *(
            {
                "person_id": f"t{number}",
                "first_name": "Tom",
                "last_name": f"Ode {number}",
                "email_address": f"tom{number}@school.example",
                "location_id": "l1",
            }
            for number in (1, 2)
        )
    ),
    "courses.csv": table(
        {"course_id": "k1", "course_number": "SCI101", "course_name": "Science", "location_id": "l1"},
        {"course_id": "k2", "course_number": "", "course_name": "Music", "location_id": "l1"},
    ),
    "classes.csv": table(
        {"class_id": "c1", "class_number": "40", "course_id": "k1", "instructor_id": "t1", "instructor_id_2": "t2"}
        | {"location_id": "l1", "instructor_id_3": ""},
        {"class_id": "c2", "class_number": "41", "course_id": "k2", "instructor_id": "", "location_id": "l2"},
    ),
    "rosters.csv": table(
        {"roster_id": "r1", "class_id": "c1", "student_id": "p1"},
        {"roster_id": "r2", "class_id": "c2", "student_id": "p1"},
    ),
}


@pytest.mark.parametrize("packed", [False, True])
def test_people_have_the_tags_of_their_role_locations_and_classes(tmp_path: Path, packed: bool) -> None:
    name = "sis.zip" if packed else "sis"
    found = read((pack if packed else write)(tmp_path, FILES, name), name)
    assert found.codes == []
    assert {*found.tags("ann@school.example")} == {
        "role:student",
        "grade:9",
        "org:North",
        "org:South",
        "class:SCI101",
        "class:Music",
    }
    for number in (1, 2):
        assert {*found.tags(f"tom{number}@school.example")} == {"role:staff", "org:North", "class:SCI101"}
    assert found.members["ann@school.example"].student_id == "p1"
    assert not any(member.ends for member in found.members.values())


def test_the_name_that_is_shown_of_a_class_counts_most(tmp_path: Path) -> None:
    classes = table({"class_id": "c1", "class_display_name": "Green group", "course_id": "k1", "location_id": "l1"})
    found = read(write(tmp_path, {**FILES, "classes.csv": classes}))
    assert "class:Green group" in found.tags("ann@school.example")
