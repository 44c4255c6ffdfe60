"""Canvas SIS import files: users and enrollments, and courses, sections, terms and accounts where the set has them."""

from __future__ import annotations

from seatsync.sources.rosters.sets.set_format import Enrollments, Entities, People, SetFormat

FORMAT = SetFormat(
    name="canvas",
    title="Canvas SIS",
    signs={"users": ("user_id",), "enrollments": ("user_id",)},
    people=(
        People(
            "users",
            ("user_id",),
            {
                "email": ("email",),
                "given_name": ("first_name",),
                "family_name": ("last_name",),
                "student_id": ("user_id",),
            },
            roles=("declared_user_type",),
        ),
    ),
    orgs=Entities("accounts", ("account_id",)),
    sessions=Entities("terms", ("term_id",), end=("end_date",)),
    classes=Entities("courses", ("course_id",), {"sessions": ("term_id",), "org": ("account_id",)}, end=("end_date",)),
    sections=Entities("sections", ("section_id",), {"course": ("course_id",)}, end=("end_date",)),
    enrollments=(
        Enrollments(
            "enrollments",
            ("course_id",),
            ("user_id",),
            roles=("role",),
            section=("section_id",),
            end=("end_date",),
        ),
    ),
    tags={
        "class": "{courses.short_name|courses.course_id}",
        "org": "{accounts.name|accounts.account_id}",
        "term": "{terms}",
    },
    role_by_enrollment=True,
)
