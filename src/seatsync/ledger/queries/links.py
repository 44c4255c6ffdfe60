"""Personal links in letters: random tokens, of which the ledger keeps only the hash.

A link names an invitation; it does not prove who opens it. It works once. It stops working when the grant that it was sent for
ends, or when the member's e-mail changes.
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
from seatsync.ledger.queries.outgoing import OutgoingLetter

_BYTES = 24
"""192 bits: too many to guess; 32 characters as text."""

_ENDING = [word for word, what in EVENTS.items() if what.facts.license is not None and what.facts.license.ends]


class LinkState(StrEnum):
    """Whether a link still works."""

    GOOD = "good"
    USED = "used"
    ENDED = "ended"
    """The grant has ended, the member has another e-mail now, or the recipient of a welcome is no longer an administrator."""


class Resolved(NamedTuple):
    """The target of a link: the kind of ``letter`` it was in, and a license by library and member.

    In an administrator's welcome, the member is 0 and ``admin`` is the key of their e-mail. ``serial`` is the letter's serial,
    ``number`` the link's number.
    """

    letter: str
    library: str
    member: int
    admin: str
    serial: int
    number: int
    state: LinkState


class LinkBatch(NamedTuple):
    """The links for a batch of letters: tokens by the letter's serial, rows, and the end of the chain ``before`` them."""

    tokens: dict[int, str]
    rows: list[dict[str, Any]]
    before: End


def make(connection: Connection, institution: str, letters: Sequence[OutgoingLetter], at: str) -> LinkBatch:
    """Make a new link for each letter."""
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
    return LinkBatch(tokens, rows, before)


def withdraw(connection: Connection, institution: str, batch: LinkBatch, unsent: Collection[int]) -> None:
    """Delete the links of letters (by their serials) that were not sent after all.

    If newer links exist, or the journal has noted these links, they stay. They are useless: nobody has their tokens.
    """
    kept = [row for row in batch.rows if row["serial"] not in unsent]
    withdrawn = [{"token_hash": row["hash"]} for row in batch.rows if row["serial"] in unsent]
    is_last = link_chain.end(connection, institution) == _after(batch.before, batch.rows)
    if withdrawn and is_last and link_chain.last_noted(connection, institution).number <= batch.before.number:
        link = tables.link.c
        condition = (link.institution == institution) & (link.hash == bindparam("token_hash"))
        connection.execute(delete(tables.link).where(condition), withdrawn)
        link_chain.keep_end(connection, institution, _after(batch.before, kept))


def _after(end: End, rows: Sequence[dict[str, Any]]) -> End:
    for row in rows:
        end = end.after([row[name] for name in FIXED])
    return end


def resolve(connection: Connection, institution: str, token: str) -> Resolved | None:
    """Return the target of a token, and whether its link still works.

    None for an unknown token, or where the link does not match its letter. The caller must check whether the license is still
    unclaimed.
    """
    link, outbox = tables.link.c, tables.outbox.c
    its_letter = and_(
        outbox.institution == link.institution,
        outbox.serial == link.serial,
        outbox.library == link.library,
        outbox.member == link.member,
    )
    known = (
        select(outbox.letter, outbox.address, tables.link)
        .select_from(tables.link.join(tables.outbox, its_letter))
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
        query = select(admin.key).where(admin.institution == institution, admin.key == link.admin)
        return connection.execute(query).first() is None
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
    """Mark a token as used, and return whether it was unused. Call this in the transaction of the claim or opt-out."""
    link = tables.link.c
    condition = (link.institution == institution) & (link.hash == _hash(token)) & (link.used_at == "")
    return connection.execute(update(tables.link).where(condition).values(used_at=at)).rowcount == 1


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
