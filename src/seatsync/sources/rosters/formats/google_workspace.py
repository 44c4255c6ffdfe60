"""Google Workspace: the download of users, and the template of "Bulk update users"."""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format
from seatsync.sources.rosters.meaning.presence import Presence

_STATUS = Presence(frozenset({"active"}), {"suspended": "suspended", "archived": "archived", "deleted": "deleted"})

FORMATS = (
    Format(
        "google-workspace",
        "Google Workspace's list of users",
        needs=(("First Name [Required]", "Last Name [Required]", "Email Address [Required]"),),
        fields={
            "email": ("Email Address [Required]",),
            "given_name": ("First Name [Required]",),
            "family_name": ("Last Name [Required]",),
            "student_id": ("Employee ID",),
            "role": ("Employee Title",),
            "org": ("Org Unit Path [Required]",),
        },
        presence={"Status [READ ONLY]": _STATUS, "New Status [UPLOAD ONLY]": _STATUS},
        tags_from={"org": ("{Org Unit Path [Required]}",)},
        quiet=True,
    ),
)
