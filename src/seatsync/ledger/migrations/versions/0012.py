"""Keep the last day of an institution, and which id an institution has after its id was changed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"

WRITER = (
    "Institutions on PostgreSQL: who writes to one holds a lock on its row. An id that was given up has the new one."
)


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [sa.Column("retire", sa.String(10), nullable=False, server_default=sa.text("''"))],
        "writer": [sa.Column("renamed_to", sa.String(63), nullable=False, server_default=sa.text("''"))],
    }


def expand(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        op.create_table_comment("writer", WRITER)
