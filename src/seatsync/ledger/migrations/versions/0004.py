"""For sending letters: attempts, holds and results in the outbox; and personal links."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.migrations.steps import Index

revision = "0004"

BOUND = "institution IN (SELECT b.institution FROM binding b WHERE b.role = current_user)"


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "outbox": [
            sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
            *(
                sa.Column(name, sa.String(32), nullable=False, server_default=sa.text("''"))
                for name in ("due_at", "held_until", "sent_at")
            ),
            sa.Column("reply", sa.Text, nullable=False, server_default=sa.text("''")),
        ]
    }


INDEXES = (
    Index("outbox_open", "outbox", ("institution", "state", "serial"), where="state = 'pending' OR state = 'bounced'"),
)


def expand(connection: sa.Connection) -> None:
    op.create_table(
        "link",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("library", sa.String(63), nullable=False),
        sa.Column("member", sa.Integer, nullable=False),
        sa.Column("sent_to", sa.String(64), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("used_at", sa.String(32), nullable=False, server_default=sa.text("''")),
        comment="Personal links of letters: SHA-256 of the token, which stands in the letter alone, and of whom it went to.",
        sqlite_with_rowid=False,
    )
    op.create_index("link_serial", "link", ["institution", "serial"])
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE link ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY bound ON link USING ({BOUND}) WITH CHECK ({BOUND})")
