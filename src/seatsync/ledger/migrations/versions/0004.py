"""For sending letters: attempts, holds and results in the outbox; and personal links."""

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.stores.sqlite_tables import tell_statistics

revision = "0004"
down_revision = "0003"

OPEN = sa.text("state = 'pending' OR state = 'bounced'")
BOUND = "institution IN (SELECT b.institution FROM binding b WHERE b.role = current_user)"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
    for name in ("due_at", "held_until", "sent_at"):
        op.add_column("outbox", sa.Column(name, sa.String(32), nullable=False, server_default=sa.text("''")))
    op.add_column("outbox", sa.Column("reply", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_index(
        "outbox_open", "outbox", ["institution", "state", "serial"], sqlite_where=OPEN, postgresql_where=OPEN
    )
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
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE link ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY bound ON link USING ({BOUND}) WITH CHECK ({BOUND})")
    else:
        tell_statistics(op.get_bind())
