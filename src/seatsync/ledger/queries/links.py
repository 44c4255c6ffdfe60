"""Personal links in letters: a random token, of which the ledger keeps nothing but the hash.

A link names an invitation; it does not prove who opens it. It is good once, and ends with the grant it was sent for, and
with the e-mail it was sent to.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from seatsync.domain.action import EVENTS
from seatsync.domain.letters import LINKED
from seatsync.domain.text.emails import email_key
from seatsync.ledger import link_chain, tables
from seatsync.ledger.link_chain import FIXED, End
from seatsync.ledger.queries.accounts.emails import email_hash
from seatsync.ledger.queries.owed import Owed

_BYTES = 24
"""192 bits: nobody guesses one, and as text it is 32 characters."""

_ENDING = [word for word, what in EVENTS.items() if what.facts.license is not None and what.facts.license.ends]


class LinkState(StrEnum):
    """Whether a link is good still."""

    GOOD = "good"
    USED = "used"
    ENDED = "ended"
    """The grant that it was sent for has ended, or the member has another e-mail now, which it did not go to; or who was
    welcomed is no administrator any more."""


class Resolved(NamedTuple):
    """What a link is about: the ``letter`` it was in, and a license by library and member; in an administrator's welcome the
    member is 0, and ``admin`` the key of their e-mail. ``serial`` is the letter's, ``number`` the link's."""

    letter: str
    library: str
    member: int
    admin: str
    serial: int
    number: int
    state: LinkState


class Made(NamedTuple):
    """The links of one batch of letters: the tokens by the letter's serial, the rows, and where the chain ended before."""

    tokens: dict[int, str]
    rows: list[dict[str, Any]]
    before: End


def make(connection: Connection, institution: str, letters: Sequence[Owed], at: str) -> Made:
    """A new token for each letter."""
    tokens = {letter.serial: secrets.token_urlsafe(_BYTES) for letter in letters}
    before = link_chain.end(connection, institution)
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
            "number": number,
        }
        for number, letter in enumerate(letters, before.number + 1)
    ]
    if rows:
        connection.execute(insert(tables.link), rows)
        link_chain.keep_end(connection, institution, _after(before, rows))
    return Made(tokens, rows, before)


def withdraw(connection: Connection, institution: str, made: Made, unsent: Collection[int]) -> None:
    """Forget the links of letters (by their serials) that did not go out after all.

    If others were made since, or the journal has noted these, they stay: they are of no use, nobody has their tokens.
    """
    kept = [row for row in made.rows if row["serial"] not in unsent]
    gone = [{"token_hash": row["hash"]} for row in made.rows if row["serial"] in unsent]
    is_last = link_chain.end(connection, institution) == _after(made.before, made.rows)
    if gone and is_last and link_chain.last_noted(connection, institution).number <= made.before.number:
        link = tables.link.c
        this = (link.institution == institution) & (link.hash == bindparam("token_hash"))
        connection.execute(delete(tables.link).where(this), gone)
        link_chain.keep_end(connection, institution, _after(made.before, kept))


def _after(end: End, rows: Sequence[dict[str, Any]]) -> End:
    for row in rows:
        end = end.after([row[name] for name in FIXED])
    return end


def resolve(connection: Connection, institution: str, token: str) -> Resolved | None:
    """What a token is about, and whether it is good still; None where nobody knows it, or where what the ledger has of it
    does not go together with its letter.

    Whether the license is still unclaimed is for the caller to look at.
    """
    link, outbox = tables.link.c, tables.outbox.c
    told = and_(
        outbox.institution == link.institution,
        outbox.serial == link.serial,
        outbox.library == link.library,
        outbox.member == link.member,
    )
    known = (
        select(outbox.letter, outbox.address, tables.link)
        .select_from(tables.link.join(tables.outbox, told))
        .where(link.institution == institution, link.hash == _hash(token))
    )
    row = connection.execute(known).one_or_none()
    if row is None or row.letter not in LINKED:
        return None
    if not 0 < row.number <= link_chain.end(connection, institution).number:
        return None
    if not row.member and row.sent_to != email_hash(row.address).hex():
        return None
    admin = "" if row.member else email_key(row.address)
    state = LinkState.USED if row.used_at else LinkState.GOOD
    found = Resolved(row.letter, row.library, row.member, admin, row.serial, row.number, state)
    return found._replace(state=LinkState.ENDED) if _has_ended(connection, institution, found, row.sent_to) else found


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
