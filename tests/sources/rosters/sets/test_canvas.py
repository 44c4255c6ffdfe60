"""Canvas SIS import files: roles are those of enrollments, a class is a course, and each file has its own status."""

from __future__ import annotations

from pathlib import Path

from tests.sources.rosters.sets.a_set import read, table, write

FILES = {
    "users.csv": table(
        _ann := {
            "user_id": "1",
            "login_id": "ann",
            "first_name": "Ann",
            "last_name": "Lee",
            "email": "ann@school.example",
            "status": "active",
        },
        _ann | {"user_id": "2", "first_name": "Del", "email": "del@school.example", "status": "deleted"},
        _ann | {"user_id": "3", "first_name": "Pam", "email": "pam@school.example"},
        _ann | {"user_id": "4", "first_name": "Tom", "email": "tom@school.example"},
        _ann | {"user_id": "5", "first_name": "New", "email": "new@school.example"},
    ),
    "terms.csv": table({"term_id": "FS2026", "name": "Fall", "status": "active", "end_date": "2026-12-18T23:59:59Z"}),
    "accounts.csv": table({"account_id": "a1", "name": "Theology", "status": "active"}),
    "courses.csv": table(
        {
            "course_id": "k1",
            "short_name": "NT501",
            "long_name": "Acts",
            "account_id": "a1",
            "term_id": "FS2026",
            "status": "active",
        },
        {
            "course_id": "k2",
            "short_name": "OT501",
            "long_name": "Ezra",
            "account_id": "a1",
            "term_id": "",
            "status": "deleted",
        },
    ),
    "sections.csv": table(
        {"section_id": "s1", "course_id": "k1", "name": "One", "status": "active", "end_date": "2026-12-11"}
    ),
    "enrollments.csv": table(
        {"course_id": "k1", "user_id": "1", "role": "student", "section_id": "", "status": "active"},
        {"course_id": "k2", "user_id": "1", "role": "student", "section_id": "", "status": "active"},
        {"course_id": "k1", "user_id": "3", "role": "observer", "section_id": "", "status": "active"},
        {"course_id": "", "user_id": "4", "role": "teacher", "section_id": "s1", "status": "active"},
        {"course_id": "k1", "user_id": "5", "role": "student", "section_id": "", "status": "completed"},
    ),
}


def test_people_have_the_tags_of_their_courses_while_these_run(tmp_path: Path) -> None:
    found = read(write(tmp_path, FILES))
    assert [*found.members] == ["ann@school.example", "tom@school.example", "new@school.example"]
    assert found.tags("ann@school.example") == {
        "class:NT501": "2026-12-18",
        "org:Theology": "2026-12-18",
        "role:student": "2026-12-18",
        "term:FS2026": "2026-12-18",
    }
    assert found.tags("tom@school.example")["class:NT501"] == "2026-12-11"
    assert found.tags("tom@school.example")["role:teacher"] == "2026-12-11"
    assert found.tags("new@school.example") == {}
    assert found.members["ann@school.example"].student_id == "1"


def test_deleted_people_and_observers_are_left_out(tmp_path: Path) -> None:
    messages = [diagnostic.message for diagnostic in read(write(tmp_path, FILES)).found]
    assert (
        messages[0] == 'sis/enrollments.csv names the class "k2", which the set does not have; these rows give no tags.'
    )
    assert messages[1] == "2 rows are no members: 1 deleted, 1 role observer."
