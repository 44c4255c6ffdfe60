"""Checking the personal links of letters against the journal, and against the letters that they are in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, select

from seatsync.domain.action import Unplanned
from seatsync.domain.letters import LINKED
from seatsync.ledger import link_chain, tables
from seatsync.ledger.journal import EntryLink
from seatsync.ledger.link_chain import FIXED, End
from seatsync.ledger.read import streamed
from seatsync.ledger.replay import Link, Replay

_BY_MEMBERS = (Unplanned.CLAIM, Unplanned.OPT_OUT)
_UNREADABLE = (ValueError, TypeError, AttributeError, RecursionError)


class _Found(NamedTuple):
    """A personal link, and what the outbox says of its letter."""

    number: int
    hash: bytes
    serial: int
    library: str
    member: int
    sent_to: str
    made_at: str
    used_at: str
    letter: str
    letter_library: str
    letter_member: int

    def fault(self) -> str:
        """What is wrong with it beside its letter."""
        if self.letter is None:
            return f"its letter {self.serial} is not there"
        if (self.library, self.member) != (self.letter_library, self.letter_member) or self.letter not in LINKED:
            return f"its letter {self.serial} is about something else"
        return ""


class Links:
    """Hears the journal, link by link, then goes through the personal links.

    ``used`` says by number when they were used up, as the entries of claims and opt-outs say. Before version 0008 of the ledger
    they said nothing, and noted no end: what was claimed or declined then is in ``unnamed`` (as hashes), and may have been by
    any link up to ``first``, the number that was noted first (0 for none).
    """

    def __init__(self) -> None:
        self.noted = End()
        self.first = 0
        self.used: dict[int, str] = {}
        self.unnamed: set[int] = set()

    def hear(self, walk: Replay, link: Link) -> None:
        """One more link of the journal, before it is replayed."""
        if not isinstance(link, EntryLink):
            if link.action in _BY_MEMBERS and walk.entry is not None and not self.first:
                self.unnamed.add(hash((link.library, link.member, walk.entry.at)))
            return
        try:
            self.noted = link_chain.noted(link.detail)
            self.first = self.first or self.noted.number
            if link.kind in _BY_MEMBERS and (number := json.loads(link.detail).get("link")):
                self.used[number] = link.at
        except _UNREADABLE:
            walk.verdict.fault(f"link {link.serial}: what it says of personal links is of another kind")

    def compare(self, connection: Connection, institution: str, walk: Replay) -> None:
        """The personal links must be those that were made, used when the journal says, and each in its letter."""
        at, now = End(), End()
        for found in _found(connection, institution):
            try:
                if found.number <= now.number:
                    raise ValueError("its number is that of another")
                now = now.after(found[: len(FIXED)])
                fault = found.fault() or self._wrongly_used(found)
            except _UNREADABLE as error:
                fault = str(error)
            if fault:
                walk.verdict.fault(f"personal link {found.number}: {fault}")
            if now.number <= self.noted.number:
                at = now
        last = link_chain.end(connection, institution)
        if at.head != self.noted.head:
            walk.verdict.fault(f"one of the personal links up to {self.noted.number} was added, changed or deleted")
        elif (max(now.number, self.noted.number), now.head) != last:
            walk.verdict.fault(
                f"one of the personal links from {self.noted.number + 1} on was added, changed or deleted"
            )
        for serial in _without_link(connection, institution, walk):
            walk.verdict.fault(f"letter {serial}: its personal link is missing")

    def _wrongly_used(self, found: _Found) -> str:
        if found.used_at == self.used.get(found.number, ""):
            return ""
        is_old = found.number not in self.used and (not self.first or found.number <= self.first)
        if is_old and hash((found.library, found.member, found.used_at)) in self.unnamed:
            return ""
        return "the journal has it used at another time, or not"


def _found(connection: Connection, institution: str) -> Iterator[_Found]:
    link, outbox = tables.link.c, tables.outbox.c
    its_letter = and_(outbox.institution == link.institution, outbox.serial == link.serial)
    query = (
        select(*(link[name] for name in FIXED), link.used_at, outbox.letter, outbox.library, outbox.member)
        .select_from(tables.link.outerjoin(tables.outbox, its_letter))
        .where(link.institution == institution)
        .order_by(link.number)
    )
    for rows in streamed(connection, query):
        yield from map(_Found._make, rows)


def _without_link(connection: Connection, institution: str, walk: Replay) -> Iterator[int]:
    """The letters with a link in them that were tried, but have none; with that of somebody who was erased it is in order."""
    link, outbox = tables.link.c, tables.outbox.c
    its_link = exists().where(link.institution == institution, link.serial == outbox.serial)
    query = select(outbox.serial, outbox.member, outbox.address).where(
        outbox.institution == institution, outbox.attempts > 0, outbox.letter.in_(LINKED), ~its_link
    )
    for rows in streamed(connection, query.order_by(outbox.serial)):
        for serial, member, address in rows:
            if member not in walk.erased if member else address:
                yield serial
