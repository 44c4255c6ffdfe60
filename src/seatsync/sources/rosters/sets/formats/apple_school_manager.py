"""Apple School Manager: the six templates of an SFTP upload. They say nothing of terms, so nothing in them ends.

By Apple's guide ("Template information for importing records"), students have up to 999 columns of locations, classes up to 15
of instructors.
"""

from __future__ import annotations

from seatsync.sources.rosters.sets.set_format import Enrollments, Entities, People, SetFormat


def _people(file: str, role: str) -> People:
    return People(
        file,
        ("person_id",),
        {
            "email": ("email_address",),
            "given_name": ("first_name",),
            "family_name": ("last_name",),
            "student_id": ("person_id",),
        },
        role=role,
        orgs=("location_id",),
        more_orgs=tuple(f"location_id_{number}" for number in range(2, 1_000)),
    )


FORMAT = SetFormat(
    name="apple-school-manager",
    title="Apple School Manager",
    signs={"students": ("person_id",), "staff": ("person_id",)},
    people=(_people("students", "student"), _people("staff", "staff")),
    orgs=Entities("locations", ("location_id",)),
    courses=Entities("courses", ("course_id",)),
    classes=Entities("classes", ("class_id",), {"course": ("course_id",), "org": ("location_id",)}),
    enrollments=(
        Enrollments("rosters", ("class_id",), ("student_id", "person_id"), role="student"),
        *(
            Enrollments("classes", ("class_id",), (name,), role="staff", optional=True)
            for name in ("instructor_id", *(f"instructor_id_{number}" for number in range(2, 16)))
        ),
    ),
    tags={
        "class": "{classes.class_display_name|courses.course_number|courses.course_name|classes.class_id}",
        "org": "{locations.location_name|locations.location_id}",
        "grade": "{students.grade_level}",
    },
)
