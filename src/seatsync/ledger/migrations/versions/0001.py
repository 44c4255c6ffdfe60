"""The ledger: journal, present, outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"


def expand(connection: sa.Connection) -> None:
    op.create_table(
        "institution",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("opt_out", sa.Boolean, nullable=False),
        sa.Column("contacts", sa.Text, nullable=False),
        sa.Column("rosters", sa.Text, nullable=False),
        sa.Column("applied_on", sa.String(10), nullable=False),
        comment="One row an institution; serial and head are the journal's last link.",
    )
    op.create_table(
        "library",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("system", sa.String(63), nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
    )
    op.create_table(
        "admin",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("key", sa.String(254), primary_key=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("given_name", sa.Text, nullable=False),
        sa.Column("family_name", sa.Text, nullable=False),
    )
    op.create_table(
        "member",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("key", sa.String(254), nullable=False),
        sa.Column("given_name", sa.Text, nullable=False),
        sa.Column("family_name", sa.Text, nullable=False),
        sa.Column("student_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("imported_on", sa.String(10), nullable=False),
        sa.Column("on_roster", sa.Boolean, nullable=False),
        sa.Column("account", sa.String(254), nullable=False),
    )
    op.create_index(
        "member_email",
        "member",
        ["institution", "key"],
        unique=True,
        sqlite_where=sa.text("on_roster"),
        postgresql_where=sa.text("on_roster"),
    )
    op.create_table(
        "license",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("library", sa.String(63), primary_key=True),
        sa.Column("member", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("invited_on", sa.String(10), nullable=False),
        sa.Column("reminders", sa.Integer, nullable=False),
        sa.Column("resent", sa.Text, nullable=False),
    )
    op.create_table(
        "entry",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("serial", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("commit", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        comment="One row for each time something was done: who, when, because of which commit and plan.",
    )
    op.create_table(
        "event",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("serial", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("library", sa.String(63), nullable=False),
        sa.Column("member", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Column("commitment", sa.LargeBinary(32)),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        comment="What was done, one row a change. person can be erased; the hash covers only its salted commitment.",
    )
    op.create_index("event_member", "event", ["institution", "member"])
    op.create_table(
        "outbox",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("serial", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("letter", sa.String(32), nullable=False),
        sa.Column("library", sa.String(63), nullable=False),
        sa.Column("member", sa.Integer, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        comment="Letters to be sent, each with the serial of the event that causes it. address only where member is 0.",
    )
    op.create_index("outbox_member", "outbox", ["institution", "member"])
