"""Personal links in letters: a random token, of which the ledger keeps nothing but the hash.

A link names an invitation; it does not prove who opens it. It is good once, and ends with the grant it was sent for, and
with the e-mail it was sent to.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from seatsync.domain.action import OPT_OUT, Action
from seatsync.domain.names import email_key
from seatsync.ledger import tables
from seatsync.ledger.accounts import email_hash
from seatsync.outbox.owed import Owed

_BYTES = 24
"""192 bits: nobody guesses one, and as text it is 32 characters."""

_ENDING = (Action.REVOKE.value, OPT_OUT)


class State(StrEnum):
    """Whether a link is good still."""

    GOOD = "good"
    USED = "used"
    ENDED = "ended"
    """The grant that it was sent for has ended, or the member has another e-mail now, which it did not go to; or who was
    welcomed is no administrator any more."""


class Resolved(NamedTuple):
    """What a link is about: the ``letter`` it was in, and a license by library and member; in an administrator's welcome the
    member is 0, and ``admin`` the key of their e-mail. ``serial`` is the letter's."""

    letter: str
    library: str
    member: int
    admin: str
    serial: int
    state: State


def make(connection: Connection, institution: str, letters: Sequence[Owed], at: str) -> dict[int, str]:
    """A new token for each letter, by the letter's serial."""
    tokens = {letter.serial: secrets.token_urlsafe(_BYTES) for letter in letters}
    rows = [
        {
            "institution": institution,
            "hash": _hash(tokens[letter.serial]),
            "serial": letter.serial,
            "library": letter.library,
            "member": letter.member,
            "sent_to": email_hash(letter.address).hex(),
            "made_at": at,
            "used_at": "",
        }
        for letter in letters
    ]
    if rows:
        connection.execute(insert(tables.link), rows)
    return tokens


def withdraw(connection: Connection, institution: str, tokens: Iterable[str]) -> None:
    """Forget tokens that went out with no letter."""
    link = tables.link.c
    this = (link.institution == institution) & (link.hash == bindparam("token_hash"))
    if hashes := [{"token_hash": _hash(token)} for token in tokens]:
        connection.execute(delete(tables.link).where(this), hashes)


def resolve(connection: Connection, institution: str, token: str) -> Resolved | None:
    """What a token is about, and whether it is good still; None where nobody knows it.

    Whether the license is still unclaimed is for the caller to look at.
    """
    link, outbox = tables.link.c, tables.outbox.c
    told = and_(outbox.institution == link.institution, outbox.serial == link.serial)
    known = (
        select(outbox.letter, link.library, link.member, outbox.address, link.serial, link.used_at, link.sent_to)
        .select_from(tables.link.join(tables.outbox, told))
        .where(link.institution == institution, link.hash == _hash(token))
    )
    row = connection.execute(known).one_or_none()
    if row is None:
        return None
    admin = "" if row.member else email_key(row.address)
    found = Resolved(row.letter, row.library, row.member, admin, row.serial, State.USED if row.used_at else State.GOOD)
    return found._replace(state=State.ENDED) if _has_ended(connection, institution, found, row.sent_to) else found


def _has_ended(connection: Connection, institution: str, link: Resolved, sent_to: str) -> bool:
    event, admin, member = tables.event.c, tables.admin.c, tables.member.c
    if not link.member:
        still = select(admin.key).where(admin.institution == institution, admin.key == link.admin)
        return connection.execute(still).first() is None
    key = select(member.key).where(member.institution == institution, member.number == link.member)
    if email_hash(connection.execute(key).scalar() or "").hex() != sent_to:
        return True
    ended = select(event.serial).where(
        event.institution == institution,
        event.member == link.member,
        event.library == link.library,
        event.serial > link.serial,
        event.action.in_(_ENDING),
    )
    return connection.execute(ended.limit(1)).first() is not None


def use(connection: Connection, institution: str, token: str, at: str) -> bool:
    """Use a token up; whether it was unused until now. To be called in the transaction that does what it is used for."""
    link = tables.link.c
    this = (link.institution == institution) & (link.hash == _hash(token)) & (link.used_at == "")
    return connection.execute(update(tables.link).where(this).values(used_at=at)).rowcount == 1


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
