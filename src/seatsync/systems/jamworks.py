"""Jamworks: seats are always temporary, and "for the existing user, they'll see the uni plan assigned to them right away"."""

from __future__ import annotations

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind
from seatsync.systems.portal import FILE, PERSON, Portal, Takes, Task
from seatsync.systems.system import System
from seatsync.systems.template import Column, Template

TEMPLATE = Template(
    "the Jamworks template",
    (
        Column("email", "email"),
        Column("First name", "given_name"),
        Column("Last name", "family_name"),
        # "Please keep the type value equal to 'participant' for every user."
        Column("type", "type", must_say="participant"),
    ),
)

PORTAL = Portal(
    "jamworks",
    "Jamworks Portal",
    TEMPLATE,
    None,  # "to see the students who currently have the licenses, view members"
    (
        Task(
            "remove",
            "Remove people",
            ("Members", PERSON, "More (…)", "Delete the participant", "Confirm"),
            Takes.BY_HAND,
            seats=-1,
            note='The portal says "User is deleted successfully". Their account stays, on the Free plan.',
        ),
        Task(
            "edit",
            "Correct names and e-mails",
            ("Members", PERSON),
            Takes.BY_HAND,
            note="If the portal does not let you change a person, delete the participant and add them again as they are now.",
        ),
        Task(
            "add",
            "Add people",
            ("Members", "Import CSV", FILE, "Add members"),
            Takes.UPLOAD,
            seats=1,
            one_by_one=("Members", "Add members"),
            note="The portal checks the file first. If it finds fault with a row, click into its logs to see why.",
        ),
    ),
    counts=(("people in the list of members", "used"),),
)

SYSTEM = System("jamworks", (Kind.TEMPORARY,), Delivery.ACCOUNT, PORTAL)
