"""Moodle: the file of "Upload users", and the download of "Bulk user actions".

The download of a course's participants needs no format: its columns have the names of the site's language.
"""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format
from seatsync.sources.rosters.meaning.presence import Presence, off

_NUMBERS = range(1, 31)
"""Of the columns cohort1, course1, …"""

FORMATS = (
    Format(
        "moodle",
        "Moodle's list of users",
        needs=(
            ("username", "firstname", "lastname", "idnumber"),
            ("username", "firstname", "lastname", "course1"),
            ("username", "firstname", "lastname", "cohort1"),
            ("username", "firstname", "lastname", "auth"),
        ),
        presence={
            "suspended": off("suspended"),
            "deleted": off("deleted"),
            "auth": Presence(gone={"nologin": "may not log in"}, other=""),
        },
        fields={"student_id": ("idnumber",), "org": ("institution",)},
        tags_from={
            "cohort": tuple(f"{{cohort{number}}}" for number in _NUMBERS),
            "class": tuple(f"{{course{number}}}" for number in _NUMBERS),
            "department": ("{department}",),
        },
        quiet=True,
    ),
)
