"""Brightspace (D2L): the export of a grade book, the Standard CSV of users, the data set of users."""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format, Roles
from seatsync.sources.rosters.meaning.presence import Presence, on

_MEMBERS = ("learner", "student", "instructor", "teacher", "faculty", "staff", "administrator", "teaching assistant")

FORMATS = (
    Format(
        "brightspace",
        "Brightspace's list of users",
        needs=(("OrgDefinedId", "FirstName", "LastName"),),
        fields={
            "email": ("Email", "ExternalEmail"),
            "student_id": ("OrgDefinedId",),
            "given_name": ("FirstName",),
            "family_name": ("LastName",),
            "role": ("role_name",),
            "org": ("Organization",),
        },
        presence={
            "action": Presence(frozenset({"create", "update"}), {"delete": "deleted"}),
            "IsActive": on("inactive"),
        },
        not_presence=("type",),
        roles=Roles(
            frozenset(_MEMBERS), {"parent": "parent", "guardian": "guardian", "auditor": "auditor", "guest": "guest"}
        ),
        tags_from={"role": ("{role_name}",)},
        quiet=True,
    ),
)
