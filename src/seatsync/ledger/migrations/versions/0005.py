"""Accounts of people who sign in to the pages, and the licenses in each account."""

import sqlalchemy as sa
from alembic import op

from seatsync.ledger.migrations.steps import Index

revision = "0005"

BOUND = "institution IN (SELECT b.institution FROM binding b WHERE b.role = current_user)"


def text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


INDEXES = (Index("admin_key", "admin", ("key",)),)


def expand(connection: sa.Connection) -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(22), primary_key=True),
        text("email", 254),
        sa.Column("email_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("password", sa.Text, nullable=False),
        text("language", 16),
        text("made_at", 32),
        comment="Who signs in. The e-mail is verified; email_hash is SHA-256 of its key; password a PHC string, empty for none.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "identity",
        sa.Column("issuer", sa.String(255), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        text("account", 22),
        comment="Accounts that an OpenID provider vouches for.",
        sqlite_with_rowid=False,
    )
    op.create_index("identity_account", "identity", ["account"])
    op.create_table(
        "session",
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        text("account", 22),
        text("made_at", 32),
        text("seen_at", 32),
        comment="Who is signed in: SHA-256 of the token in the browser's cookie.",
        sqlite_with_rowid=False,
    )
    op.create_index("session_account", "session", ["account"])
    op.create_table(
        "challenge",
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        text("purpose", 16),
        text("email", 254),
        text("account", 22),
        sa.Column("code", sa.LargeBinary(32), nullable=False),
        text("made_at", 32),
        sa.Column("tries", sa.Integer, nullable=False),
        comment="Codes that were asked for by mail: hash of the browser's token, and of the code; account is who asked, if signed in.",
        sqlite_with_rowid=False,
    )
    op.create_index("challenge_made", "challenge", ["made_at"])
    op.create_table(
        "holding",
        sa.Column("institution", sa.String(63), primary_key=True),
        sa.Column("library", sa.String(63), primary_key=True),
        sa.Column("member", sa.Integer, primary_key=True, autoincrement=False),
        text("account", 22),
        comment="Whose account a delivered license is in.",
        sqlite_with_rowid=False,
    )
    op.create_index("holding_account", "holding", ["account"])
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE holding ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY bound ON holding USING ({BOUND}) WITH CHECK ({BOUND})")
