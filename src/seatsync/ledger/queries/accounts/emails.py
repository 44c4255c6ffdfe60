"""Accounts by their e-mail, for who may not see accounts: by its hash alone."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy import Connection, select, text

from seatsync.domain.text.emails import email_key
from seatsync.ledger.account_tables import account

_ASKED = 10_000
"""E-mails that are asked for at a time."""

_KNOWN_ACCOUNTS = text("SELECT known_accounts(:hashes)")
"""On PostgreSQL a function that its owner made: a role for one institution may ask it, and can't read the table."""


def email_hash(email: str) -> bytes:
    """What an account is found by: who may not see accounts can still ask for an e-mail that they know."""
    return sha256(email_key(email).encode()).digest()


def lock_account(connection: Connection, id: str) -> bool:
    """Whether the account is there, and stays there until the transaction ends."""
    this = select(account.c.id).where(account.c.id == id).with_for_update(read=True)
    return connection.execute(this).first() is not None


def with_account(connection: Connection, emails: Iterable[str]) -> set[str]:
    """Those of these e-mails that somebody has proved to be theirs."""
    hashes = {email_hash(email): email for email in emails}
    sought, found = sorted(hashes), set[str]()
    for start in range(0, len(sought), _ASKED):
        known = _known(connection, sought[start : start + _ASKED])
        found.update(hashes[bytes(hash)] for hash in known)
    return found


def _known(connection: Connection, hashes: list[bytes]) -> Iterable[bytes]:
    if connection.dialect.name == "postgresql":
        return connection.execute(_KNOWN_ACCOUNTS, {"hashes": hashes}).scalars()
    return connection.execute(select(account.c.email_hash).where(account.c.email_hash.in_(hashes))).scalars()
