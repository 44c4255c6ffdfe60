"""The Logos portal (Admin Portal, License Portal, Academic Portal), for both Logos systems."""

from __future__ import annotations

from seatsync.systems.portal import FILE, LIBRARY, PERSON, SELECT_BY_CSV, LicenseColumns, Portal, Takes, Task
from seatsync.systems.template import Column, Template

TEMPLATE = Template(
    "the Logos portal's template",
    (
        Column("Role", "role"),
        Column("Institution Student ID", "student_id", ("Institution LIS ID",)),
        Column("Given Name", "given_name"),
        Column("Family Name", "family_name"),
        Column("Institution Email Address", "email", ("Institution Email",)),
    ),
)

LICENSE_COLUMNS = LicenseColumns("License Kind", "License Status")
"""Columns of the portal's "Export user data"."""

_WITH, _WITHOUT, _ALL = "Users with license", "Users without license", "All Users"
_SELECT = (SELECT_BY_CSV, FILE, "Manage users")


def _in_library(name: str, title: str, filter: str, button: str, seats: int = 0) -> Task:
    """A task in a library: "Bulk select by email using the 'Select by CSV' option", then "Manage users"."""
    return Task(
        name, title, ("Libraries", LIBRARY, filter, *_SELECT, button), Takes.SELECT, per_library=True, seats=seats
    )


PORTAL = Portal(
    "logos",
    "Logos portal",
    TEMPLATE,
    LICENSE_COLUMNS,
    (
        Task(
            "remove",
            "Remove people",
            ("Users", *_SELECT, "Remove users from institution"),
            Takes.SELECT,
            note="Who is removed loses the temporary licenses of all libraries, so these need no step of their own.",
        ),
        Task(
            "edit",
            "Correct names and e-mails",
            ("Users", PERSON),
            Takes.BY_HAND,
            note="This changes the institution's record. It does not change anybody's Logos account.",
        ),
        Task(
            "import",
            "Add people",
            ("Users", "Import users", "Choose File", FILE, "Import"),
            Takes.UPLOAD,
            one_by_one=("Users", 'the menu beside "Import users"', "Create user"),
            note="If the portal asks for an ID and the row has none, type any number that nobody there has.",
        ),
        _in_library("revoke", "Revoke licenses", _WITH, "Revoke license", -1),
        _in_library("grant-temporary", "Grant temporary licenses", _WITHOUT, "Grant temporary license", 1),
        _in_library("resend", "Send invitations again", _WITH, "Resend Invite Emails"),
        # Under "All Users", because some of the people may have a temporary license, which becomes permanent.
        _in_library("grant-permanent", "Grant permanent licenses", _ALL, "Grant permanent license", 1)._replace(
            is_irreversible=True,
            note='The portal cannot undo this: "You cannot revoke a license once permanent access has been granted."',
        ),
    ),
    "https://adminportal.logos.com/",
    (("Total Slots", "total"), ("Used Slots", "used"), ("Available Slots", "available")),
    tags_at_import=True,
)
