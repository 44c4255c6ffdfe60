"""Accounts as the pages create them: people who have proved that an e-mail is theirs."""

from __future__ import annotations

from pathlib import Path

from seatsync.ledger.queries.accounts.emails import email_hash
from seatsync.ledger.queries.accounts.holdings import AccountHolder
from tests.support.databases import add


def signed_up(folder: Path, email: str) -> AccountHolder:
    """Create an account with this e-mail. Its id is the part before the @."""
    id = email.partition("@")[0]
    hash = email_hash(email)
    fields = {"password": "", "language": "", "made_at": "2026-08-01T00:00:00Z"}
    add(folder, "account", {"id": id, "email": email, "email_hash": hash, **fields})
    return AccountHolder(email, id)
