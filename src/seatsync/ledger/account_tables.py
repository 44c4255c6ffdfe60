"""The tables for people who sign in to the members' and administrators' pages.

An account belongs to a person, not to an institution, so these keys do not start with the institution; only ``holding`` does,
which connects accounts and licenses. These tables are not part of the journal, of ``verify`` or of a dump. Secrets (sessions,
codes) are stored as hashes only.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String

from seatsync.ledger.schema import table, text_column

account = table(
    "account",
    Column("id", String(22), primary_key=True),
    text_column("email", 254),
    Column("email_hash", LargeBinary(32), nullable=False, unique=True),
    text_column("password"),
    text_column("language", 16),
    text_column("made_at", 32),
    comment="Who signs in. The e-mail is verified; email_hash is SHA-256 of its key; password a PHC string, empty for none.",
)

identity = table(
    "identity",
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    text_column("account", 22),
    comment="Accounts that an OpenID provider vouches for.",
)
Index("identity_account", identity.c.account)

session = table(
    "session",
    Column("hash", LargeBinary(32), primary_key=True),
    text_column("account", 22),
    text_column("made_at", 32),
    text_column("seen_at", 32),
    comment="Who is signed in: SHA-256 of the token in the browser's cookie.",
)
Index("session_account", session.c.account)

challenge = table(
    "challenge",
    Column("hash", LargeBinary(32), primary_key=True),
    text_column("purpose", 16),
    text_column("email", 254),
    text_column("account", 22),
    Column("code", LargeBinary(32), nullable=False),
    text_column("made_at", 32),
    Column("tries", Integer, nullable=False),
    comment="Codes that were asked for by mail: hash of the browser's token, and of the code; account is who asked, if signed in.",
)
Index("challenge_made", challenge.c.made_at)

holding = table(
    "holding",
    Column("institution", String(63), primary_key=True),
    Column("library", String(63), primary_key=True),
    Column("member", Integer, primary_key=True, autoincrement=False),
    text_column("account", 22),
    comment="Whose account a delivered license is in.",
)
Index("holding_account", holding.c.account, holding.c.institution)
