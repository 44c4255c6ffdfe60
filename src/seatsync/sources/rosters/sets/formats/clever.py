"""Clever: the files of an SFTP sync. A teacher may have a row for each school, a student one for each contact.

By Clever's SFTP specification, sections.csv names the teachers and has the term, whose last day is Term_end.
"""

from __future__ import annotations

from seatsync.sources.rosters.sets.set_format import Enrollments, Entities, People, SetFormat


def _people(file: str, role: str, name: str, optional: bool = False) -> People:
    id = (f"{name}_id",)
    return People(
        file,
        id,
        {"email": (f"{name}_email",), "given_name": ("First_name",), "family_name": ("Last_name",), "student_id": id},
        role=role,
        orgs=("School_id",),
        repeats=True,
        optional=optional,
    )


FORMAT = SetFormat(
    name="clever",
    title="Clever",
    signs={"students": ("Student_id",), "sections": ("Section_id",)},
    people=(
        _people("students", "student", "Student"),
        _people("teachers", "teacher", "Teacher"),
        _people("staff", "staff", "Staff", optional=True),
    ),
    orgs=Entities("schools", ("School_id",)),
    sessions=Entities("sections", ("Term_name",), end=("Term_end",)),
    classes=Entities(
        "sections", ("Section_id",), {"sessions": ("Term_name",), "org": ("School_id",)}, end=("Term_end",)
    ),
    enrollments=(
        Enrollments("enrollments", ("Section_id",), ("Student_id",), role="student"),
        Enrollments("sections", ("Section_id",), ("Teacher_id",), role="teacher"),
        *(
            Enrollments("sections", ("Section_id",), (f"Teacher_{number}_id",), role="teacher", optional=True)
            for number in range(2, 11)
        ),
    ),
    tags={
        "class": "{sections.Name|sections.Section_number|sections.Section_id}",
        "org": "{schools.School_name|schools.School_id}",
        "grade": "{students.Grade}",
        "term": "{sections.Term_name}",
    },
)
