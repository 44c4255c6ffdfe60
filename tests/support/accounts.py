"""Accounts as the pages make them: people who have proved that an e-mail is theirs."""

from __future__ import annotations

from pathlib import Path

from seatsync.ledger.queries.accounts.emails import email_hash
from seatsync.ledger.queries.accounts.holdings import AccountHolder
from tests.support.databases import add


def signed_up(folder: Path, email: str) -> AccountHolder:
    """Somebody has made an account with this e-mail; its id is in front of the @."""
    id = email.partition("@")[0]
    hash = email_hash(email)
    made = {"password": "", "language": "", "made_at": "2026-08-01T00:00:00Z"}
    add(folder, "account", {"id": id, "email": email, "email_hash": hash, **made})
    return AccountHolder(email, id)
