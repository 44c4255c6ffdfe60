"""Systems that manage devices: Apple School Manager's students.csv and staff.csv, and Snipe-IT's list of people."""

from __future__ import annotations

from dataclasses import replace

from seatsync.sources.rosters.formats.format import Format
from seatsync.sources.rosters.meaning.presence import on

_STAFF = Format(
    "apple-school-manager",
    "Apple School Manager's staff.csv",
    needs=(("person_id", "first_name", "last_name", "location_id"),),
    fields={"email": ("email_address",), "student_id": ("person_id",), "org": ("location_id",)},
    tags_from={"role": ("staff",), "org": ("{location_id}",)},
    quiet=True,
)

FORMATS = (
    replace(
        _STAFF,
        title="Apple School Manager's students.csv",
        needs=(("person_id", "first_name", "last_name", "grade_level"),),
        tags_from={"role": ("student",), "org": ("{location_id}",), "grade": ("{grade_level}",)},
    ),
    _STAFF,
    Format(
        "snipe-it",
        "Snipe-IT's list of people",
        needs=(
            ("First Name", "Last Name", "Username", "Employee Number", "Company"),
            ("First Name", "Last Name", "Username", "Employee Number", "Activated"),
        ),
        fields={"student_id": ("Employee Number",), "role": ("Job Title",), "org": ("Company",)},
        presence={"Activated": on("not activated"), "Login Enabled": on("not activated")},
        not_presence=("State",),
        tags_from={"department": ("{Department}",)},
        quiet=True,
    ),
)
