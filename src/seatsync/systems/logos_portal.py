"""The template and export columns of the Logos portal, for both Logos systems."""

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
"""Columns of the portal's "Export user data"."""
