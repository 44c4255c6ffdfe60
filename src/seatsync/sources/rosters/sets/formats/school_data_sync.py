"""Microsoft School Data Sync, version 1 (School, Section, Student, …) and version 2.1 (users, roles, orgs, …).

Microsoft's description of the files does not say whether the day of a Term EndDate, endDate or roleEndDate counts. Its samples
end school years on 30 June, as last days do, so it counts.
"""

from __future__ import annotations

from seatsync.sources.rosters.sets.formats.oneroster import COURSES, ORGS, SESSIONS
from seatsync.sources.rosters.sets.set_format import Enrollments, Entities, People, Roles, SetFormat

_NAMES = {
    "email": ("Email", "Email Address"),
    "given_name": ("First Name",),
    "family_name": ("Last Name",),
    "student_id": ("SIS ID",),
}
_TERM = {"sessions": ("Term SIS ID", "Term Name")}

V1 = SetFormat(
    name="school-data-sync",
    title="School Data Sync v1",
    signs={"student": ("SIS ID",), "teacher": ("SIS ID",)},
    people=tuple(
        People(
            role,
            ("SIS ID",),
            _NAMES,
            role=role,
            orgs=("School SIS ID",),
            grades=("Grade",),
            email_from=("Username",),
        )
        for role in ("student", "teacher")
    ),
    orgs=Entities("school", ("SIS ID",)),
    sessions=Entities("section", ("Term SIS ID", "Term Name"), end=("Term EndDate",)),
    classes=Entities("section", ("SIS ID",), _TERM),
    enrollments=(
        Enrollments("studentenrollment", ("Section SIS ID",), ("SIS ID",), role="student"),
        Enrollments("teacherroster", ("Section SIS ID",), ("SIS ID",), role="teacher"),
    ),
    tags={
        "class": "{section.Section Name|section.SIS ID}",
        "org": "{school.Name|school.SIS ID}",
        "grade": "{student.Grade}",
        "term": "{section.Term Name|section.Term SIS ID}",
    },
)

V2 = SetFormat(
    name="school-data-sync",
    title="School Data Sync v2.1",
    signs={"users": ("sourcedId",), "roles": ("userSourcedId",)},
    people=(
        People(
            "users",
            ("sourcedId",),
            {
                "email": ("email",),
                "given_name": ("givenName",),
                "family_name": ("familyName",),
                "student_id": ("sourcedId",),
            },
            email_from=("username",),
        ),
    ),
    roles=Roles(
        "roles",
        ("userSourcedId",),
        ("role",),
        ("orgSourcedId",),
        session=("sessionSourcedId",),
        grade=("grade",),
        primary=("isPrimary",),
        end=("roleEndDate",),
    ),
    orgs=ORGS,
    sessions=SESSIONS,
    courses=COURSES,
    classes=Entities(
        "classes",
        ("sourcedId",),
        {"course": ("courseSourcedId",), "sessions": ("sessionSourcedIds", "sessionSourcedId")},
    ),
    enrollments=(Enrollments("enrollments", ("classSourcedId",), ("userSourcedId",), roles=("role",)),),
    tags={
        "class": "{classes.code|classes.title|classes.sourcedId}",
        "org": "{orgs.name|orgs.sourcedId}",
        "grade": "{roles.grade}",
        "term": "{academicSessions}",
    },
)
