"""Leave room in the pages of often-updated tables, so that most updates stay on their page and touch no index."""

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.migrations.steps import parts

revision = "0011"

ROOM = {"member": 85, "license": 85, "outbox": 85, "institution": 50, "library": 50}
"""How much of a page (per cent) is filled with new rows on PostgreSQL. Rows that are there already stay where they are."""


def expand(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        for table, filled in ROOM.items():
            for part in parts(connection, table):
                op.execute(f"ALTER TABLE {part} SET (fillfactor = {filled})")
