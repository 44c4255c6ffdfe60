"""Look up accounts by the hash of their e-mail, for roles that may not read accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from seatsync.domain.person import ERASED
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.names import have_same_names
from seatsync.ledger import tables
from seatsync.ledger.account_tables import account
from seatsync.ledger.read import among

_AT_A_TIME = 10_000
"""E-mails queried at a time."""

_KNOWN_ACCOUNTS = text("SELECT known_accounts(:hashes)")
"""On PostgreSQL, a function of the tables' owner: a role for one institution may call it, but can't read the table."""


def email_hash(email: str) -> bytes:
    """The key of an account. A role that may not read accounts can still look up an e-mail that it knows."""
    return sha256(email_key(email).encode()).digest()


def lock_account(connection: Connection, id: str) -> bool:
    """Lock the account until the transaction ends, so that it is not deleted, and return whether it exists."""
    this = select(account.c.id).where(account.c.id == id).with_for_update(read=True)
    return connection.execute(this).first() is not None


def with_account(connection: Connection, emails: Iterable[str]) -> set[str]:
    """Those of these e-mails that have an account."""
    hashes = {email_hash(email): email for email in emails}
    ordered, found = sorted(hashes), set[str]()
    for start in range(0, len(ordered), _AT_A_TIME):
        known = _known(connection, ordered[start : start + _AT_A_TIME])
        found.update(hashes[bytes(hash)] for hash in known)
    return found


class Holder(NamedTuple):
    """A member's record that has or had the e-mail ``key``: as its own, or as that of its ``account``.

    The mailbox ``is_theirs`` if they are on a roster with this e-mail.
    """

    key: str
    number: int
    given_name: str
    family_name: str
    account: str
    is_theirs: bool


def holders_of(connection: Connection, institution: str, keys: Collection[str]) -> list[Holder]:
    """The institution's records that have one of these e-mail keys, had it until somebody new got it, or sign in with it."""
    member, found = tables.member.c, dict[tuple[str, int], Holder]()
    query = select(member.key, member.email, member.on_roster, *(member[name] for name in Holder._fields[1:-1]))
    keys = {*keys}
    for condition, indexed in (
        (among(connection, member.key, keys), "member.on_roster"),
        (among(connection, member.key, keys), "NOT member.on_roster"),
        ((member.key == "") & (member.email != ERASED), "NOT member.on_roster"),  # they were replaced, and are few
        (among(connection, member.account_key, keys), "member.account_key != ''"),
    ):
        rows = query.where(member.institution == institution, condition, text(indexed))  # exactly an index's condition
        for own, email, on_roster, *person in connection.execute(rows):
            for key in {email_key(email), email_key(person[-1])} & keys:
                found[key, person[0]] = Holder._make((key, *person, bool(on_roster) and key == own))
    return [found[at] for at in sorted(found)]


class Mailbox(NamedTuple):
    """Whose mailbox an e-mail is by the word of an institution: the member on its rosters, and others before them."""

    owner: Holder | None
    earlier: frozenset[int]


def mailbox_of(connection: Connection, institution: str, email: str) -> Mailbox:
    """Whose mailbox this is. Records with the owner's names are the owner's too."""
    holders = holders_of(connection, institution, {email_key(email)})
    owner = next((holder for holder in holders if holder.is_theirs), None)
    if owner is None:
        return Mailbox(None, frozenset())
    others = (each.number for each in holders if each.number != owner.number and not have_same_names(each, owner))
    return Mailbox(owner, frozenset(others))


def _known(connection: Connection, hashes: list[bytes]) -> Iterable[bytes]:
    if connection.dialect.name == "postgresql":
        return connection.execute(_KNOWN_ACCOUNTS, {"hashes": hashes}).scalars()
    return connection.execute(select(account.c.email_hash).where(account.c.email_hash.in_(hashes))).scalars()
