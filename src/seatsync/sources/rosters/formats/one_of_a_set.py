"""One file of a set that is read alone: OneRoster's users.csv, and Student.csv and Teacher.csv of School Data Sync v1.

Together with the set's other files they are read by ``sources/rosters/sets``, with the same fields, roles and tags of people.
"""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format, Roles
from seatsync.sources.rosters.meaning.presence import STATE, on
from seatsync.sources.rosters.meaning.roles import FAMILY


def _school_data_sync(role: str, number: str) -> Format:
    return Format(
        "school-data-sync",
        f"School Data Sync's {role.capitalize()}.csv",
        needs=(("SIS ID", "School SIS ID", "First Name", "Last Name", "Username", number),),
        fields={"email": ("Username",), "student_id": ("SIS ID",), "org": ("School SIS ID",), "role": ("Title",)},
        never=("Secondary Email",),
        presence={"Status": STATE},
        tags_from={"role": (role,), "grade": ("{Grade}",), "org": ("{School SIS ID}",)},
        quiet=True,
    )


FORMATS = (
    Format(
        "oneroster",
        "OneRoster's users.csv",
        needs=(("sourcedId", "enabledUser", "role", "givenName", "familyName"),),
        fields={
            "student_id": ("{identifier|sourcedId}", "sourcedId"),
            "role": ("role",),
            "org": ("orgSourcedIds",),
        },
        presence={"status": STATE, "enabledUser": on("disabled")},
        roles=Roles(None, {role: role for role in FAMILY}),
        tags_from={"role": ("{role}",), "grade": ("{grades}",), "org": ("{orgSourcedIds}",)},
        quiet=True,
    ),
    Format(
        "oneroster",
        "OneRoster 1.2's users.csv",
        needs=(("sourcedId", "enabledUser", "givenName", "familyName"),),
        lacks=("role",),
        beside="roles.csv",
    ),
    Format(
        "school-data-sync",
        "School Data Sync v2.1's users.csv",
        needs=(("sourcedId", "username", "givenName", "familyName", "activeDirectoryMatchId"),),
        beside="roles.csv",
    ),
    _school_data_sync("student", "Student Number"),
    _school_data_sync("teacher", "Teacher Number"),
)
