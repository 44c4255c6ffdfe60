"""Personal links in letters: a random token, of which the ledger keeps nothing but the hash.

A link names an invitation; it does not prove who opens it. It is good once, and ends with the grant it was sent for.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from seatsync.domain.action import OPT_OUT, Action
from seatsync.ledger import tables
from seatsync.outbox.owed import Owed

_BYTES = 24
"""192 bits: nobody guesses one, and as text it is 32 characters."""

_ENDING = (Action.REVOKE.value, OPT_OUT)


class Resolved(NamedTuple):
    """What a link is about: a license, by library and member, and the letter that the link was in."""

    library: str
    member: int
    serial: int


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
    """What a token is good for; None where it is unknown, was used, or the grant it was sent for has ended since.

    Whether the license is still unclaimed is for the caller to look at.
    """
    link, event = tables.link.c, tables.event.c
    known = select(link.library, link.member, link.serial).where(
        link.institution == institution, link.hash == _hash(token), link.used_at == ""
    )
    row = connection.execute(known).one_or_none()
    if row is None:
        return None
    ended = select(event.serial).where(
        event.institution == institution,
        event.member == row.member,
        event.library == row.library,
        event.serial > row.serial,
        event.action.in_(_ENDING),
    )
    return Resolved(*row) if connection.execute(ended.limit(1)).first() is None else None


def use(connection: Connection, institution: str, token: str, at: str) -> bool:
    """Use a token up; whether it was unused until now. To be called in the transaction that does what it is used for."""
    link = tables.link.c
    this = (link.institution == institution) & (link.hash == _hash(token)) & (link.used_at == "")
    return connection.execute(update(tables.link).where(this).values(used_at=at)).rowcount == 1


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
