"""1EdTech OneRoster, CSV binding 1.1 and 1.2: in 1.2, roles stand in a file of their own."""

from __future__ import annotations

from seatsync.sources.rosters.sets.set_format import Enrollments, Entities, People, Roles, SetFormat

FORMAT = SetFormat(
    name="oneroster",
    title="OneRoster",
    signs={"users": ("enabledUser", "orgSourcedIds", "orgs", "userMasterIdentifier", "primaryOrgSourcedId")},
    people=(
        People(
            "users",
            ("sourcedId",),
            {
                "email": ("email",),
                "given_name": ("givenName",),
                "family_name": ("familyName",),
                "student_id": ("identifier", "sourcedId"),
            },
            roles=("role", "roles"),
            orgs=("orgSourcedIds", "orgs"),
            grades=("grades", "grade"),
            enabled=("enabledUser",),
        ),
    ),
    roles=Roles(
        "roles",
        ("userSourcedId", "user"),
        ("role",),
        ("orgSourcedId", "org"),
        primary=("roleType",),
        end=("endDate",),
    ),
    orgs=Entities("orgs", ("sourcedId",)),
    sessions=Entities("academicsessions", ("sourcedId",), end=("endDate",)),
    courses=Entities("courses", ("sourcedId",)),
    classes=Entities(
        "classes",
        ("sourcedId",),
        {"course": ("courseSourcedId", "course"), "sessions": ("termSourcedIds", "terms", "termSourcedId")},
    ),
    enrollments=(
        Enrollments(
            "enrollments",
            ("classSourcedId", "class"),
            ("userSourcedId", "user"),
            roles=("role",),
            end=("endDate",),
        ),
    ),
    tags={
        "class": "{classes.classCode|classes.title|classes.sourcedId}",
        "org": "{orgs.name|orgs.sourcedId}",
        "grade": "{users.grades}",
        "term": "{academicSessions}",
    },
    has_manifest=True,
)
