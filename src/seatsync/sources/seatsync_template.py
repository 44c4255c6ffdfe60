"""seatsync's own template of a CSV roster."""

from __future__ import annotations

from seatsync.systems.template import Column, Template

TEMPLATE = Template(
    "seatsync's own template",
    (
        Column("email", "email"),
        Column("given_name", "given_name"),
        Column("family_name", "family_name"),
        Column("student_id", "student_id"),
        Column("role", "role"),
        Column("tags", "tags"),
    ),
)
