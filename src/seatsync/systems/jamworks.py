"""Jamworks: seats are always temporary, and "for the existing user, they'll see the uni plan assigned to them right away"."""

from __future__ import annotations

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind
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

SYSTEM = System(
    "jamworks",
    (Kind.TEMPORARY,),
    Delivery.ACCOUNT,
    TEMPLATE,
    license_columns=None,  # "to see the students who currently have the licenses, view members"
)
