"""Blackboard Learn: the snapshot file of users, and the download of a course's grade center."""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format, Roles
from seatsync.sources.rosters.meaning.presence import Presence, on

_MEMBERS = ("student", "faculty", "staff", "alumni", "prospective_student", "administrator", "other", "none")

FORMATS = (
    Format(
        "blackboard",
        "Blackboard's list of users",
        needs=(
            ("EXTERNAL_PERSON_KEY", "FIRSTNAME", "LASTNAME"),
            ("Last Name", "First Name", "Username", "Student ID", "Availability"),
        ),
        fields={
            "student_id": ("STUDENT_ID", "EXTERNAL_PERSON_KEY"),
            "role": ("INSTITUTION_ROLE",),
            "org": ("COMPANY", "DEPARTMENT"),
        },
        presence={
            "ROW_STATUS": Presence(frozenset({"enabled"}), {"disabled": "disabled", "deleted": "deleted"}),
            "AVAILABLE_IND": on("not available"),
            "Availability": on("not available"),
        },
        not_presence=("STATE",),
        roles=Roles(frozenset(_MEMBERS), {"observer": "observer", "guest": "guest"}),
        tags_from={"role": ("{INSTITUTION_ROLE}",)},
        quiet=True,
    ),
)
