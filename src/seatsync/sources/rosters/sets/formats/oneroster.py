"""1EdTech OneRoster, CSV binding 1.1 and 1.2: in 1.2, roles stand in a file of their own.

By 1EdTech's documents, the endDate of academicSessions, enrollments and roles is "exclusive": the first day that no longer counts
(CSV Tables 1.1, and the information model of 1.2). Many systems nevertheless export the last day of the term there, as questions in
1EdTech's own forum show, and nothing in a set tells which. So the day counts as the last one: who follows the documents loses a
seat a day later than the term, and nobody loses one on the last day of the term.
"""

from __future__ import annotations

from seatsync.sources.rosters.sets.set_format import Enrollments, Entities, People, Roles, SetFormat

ORGS = Entities("orgs", ("sourcedId",))
SESSIONS = Entities("academicsessions", ("sourcedId",), end=("endDate",))
COURSES = Entities("courses", ("sourcedId",))

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
    orgs=ORGS,
    sessions=SESSIONS,
    courses=COURSES,
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
