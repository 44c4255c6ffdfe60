"""Leave room in the pages of often-updated tables, so that most updates stay on their page and touch no index; keep the instant of
an institution's last apply, and whether its letters are held; find the letters that are due or held, of all institutions."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.migrations.steps import Index, parts

revision = "0011"

ROOM = {"member": 85, "license": 85, "outbox": 85, "institution": 50, "library": 50}
"""How much of a page (per cent) is filled with new rows on PostgreSQL. Rows that are there already stay where they are."""


NAMING = {"member": "account_key", "outbox": "sent_to", "link": "sent_to"}
"""Columns of which 0010 keeps no statistics, but which the partition.sql of then did not know."""

APPLIED = """UPDATE institution SET applied_at = coalesce((SELECT at FROM entry WHERE entry.institution = :institution
AND kind IN ('apply', 'files') ORDER BY serial DESC LIMIT 1), '') WHERE institution.institution = :institution"""


def columns() -> dict[str, list[sa.Column[Any]]]:
    new = ("applied_at", "held_since")
    return {
        "institution": [sa.Column(name, sa.String(32), nullable=False, server_default=sa.text("''")) for name in new]
    }


def expand(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        for table, filled in ROOM.items():
            for part in parts(connection, table):
                op.execute(f"ALTER TABLE {part} SET (fillfactor = {filled})")
        for table, column in NAMING.items():
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def fill(connection: sa.Connection, institution: str) -> Iterator[None]:
    connection.execute(sa.text(APPLIED), {"institution": institution})
    yield


INDEXES = (
    Index("outbox_due", "outbox", ("due_at", "institution"), where="state = 'pending'"),
    Index("outbox_held", "outbox", ("institution",), where="state = 'held'"),
)
