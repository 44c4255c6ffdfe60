"""Canvas: users.csv of a SIS import, and the provisioning report of users."""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format, Roles
from seatsync.sources.rosters.meaning.presence import Presence

FORMATS = (
    Format(
        "canvas",
        "Canvas's users.csv",
        needs=(("user_id", "login_id", "status"),),
        fields={"student_id": ("user_id",), "role": ("declared_user_type",)},
        presence={"status": Presence(frozenset({"active"}), {"deleted": "deleted", "suspended": "suspended"})},
        roles=Roles(
            frozenset({"student", "student_other", "teacher", "staff", "administrative"}), {"observer": "observer"}
        ),
        tags_from={"role": ("{declared_user_type}",)},
        quiet=True,
    ),
)
