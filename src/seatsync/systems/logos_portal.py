"""The Logos portal, which the two Logos systems share."""

from __future__ import annotations

from seatsync.systems.system import LicenseColumns
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
"""Of the export "Export user data"."""
