"""The tables of the members' and administrators' pages: people who sign in, beside the institutions' ledgers.

An account belongs to a person, not to an institution, so none of these keys starts with one (``holding`` does, which ties
the two together). They are no part of the journal, of ``verify`` or of a dump. Whatever opens something (a session, a code)
is kept as a hash only.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Text

from seatsync.ledger.tables import table


def _text(name: str, length: int | None = None) -> Column[str]:
    return Column(name, String(length) if length else Text, nullable=False)


account = table(
    "account",
    Column("id", String(22), primary_key=True),
    _text("email", 254),
    Column("email_hash", LargeBinary(32), nullable=False, unique=True),
    _text("password"),
    _text("language", 16),
    _text("made_at", 32),
    comment="Who signs in. The e-mail is verified; email_hash is SHA-256 of its key; password a PHC string, empty for none.",
)

identity = table(
    "identity",
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    _text("account", 22),
    comment="Accounts that an OpenID provider vouches for.",
)
Index("identity_account", identity.c.account)

session = table(
    "session",
    Column("hash", LargeBinary(32), primary_key=True),
    _text("account", 22),
    _text("made_at", 32),
    _text("seen_at", 32),
    comment="Who is signed in: SHA-256 of the token in the browser's cookie.",
)
Index("session_account", session.c.account)

challenge = table(
    "challenge",
    Column("hash", LargeBinary(32), primary_key=True),
    _text("purpose", 16),
    _text("email", 254),
    _text("account", 22),
    Column("code", LargeBinary(32), nullable=False),
    _text("made_at", 32),
    Column("tries", Integer, nullable=False),
    comment="Codes that were asked for by mail: hash of the browser's token, and of the code; account is who asked, if signed in.",
)
Index("challenge_made", challenge.c.made_at)

holding = table(
    "holding",
    Column("institution", String(63), primary_key=True),
    Column("library", String(63), primary_key=True),
    Column("member", Integer, primary_key=True, autoincrement=False),
    _text("account", 22),
    comment="Whose account a delivered license is in.",
)
Index("holding_account", holding.c.account, holding.c.institution)
