"""Roles bound to one institution; keys and commits of any length."""

import sqlalchemy as sa
from alembic import op

revision = "0002"

TABLES = ("institution", "library", "admin", "member", "license", "entry", "event", "outbox")
BOUND = "institution IN (SELECT b.institution FROM binding b WHERE b.role = current_user)"
LONGER = (("member", "key"), ("admin", "key"), ("entry", "commit"))
"""An address in lower case can be longer than the address. SQLite ignores lengths, but its tables declare them."""


def expand(connection: sa.Connection) -> None:
    op.create_table(
        "binding",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("role", sa.String(63), primary_key=True),
        comment="PostgreSQL's roles that may see nothing but this institution (row-level security). Unused in SQLite.",
    )
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE binding ENABLE ROW LEVEL SECURITY")
        op.execute("CREATE POLICY own ON binding FOR SELECT USING (role = current_user)")


def contract(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        for table, column in LONGER:
            op.alter_column(table, column, type_=sa.Text)
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY bound ON {table} USING ({BOUND}) WITH CHECK ({BOUND})")
        return
    op.drop_index("member_email", "member")
    for table, column in LONGER:
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, type_=sa.Text, existing_nullable=False)
    op.create_index("member_email", "member", ["institution", "key"], unique=True, sqlite_where=sa.text("on_roster"))
