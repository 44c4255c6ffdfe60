"""Check the personal links against the journal and against the letters that contain them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, select

from seatsync.domain.action import Subject, Unplanned, about
from seatsync.domain.letters import LINKED
from seatsync.ledger import link_chain, tables
from seatsync.ledger.journal import EntryLink
from seatsync.ledger.link_chain import FIXED, End
from seatsync.ledger.read import streamed
from seatsync.ledger.replay import Link, Replay

_OF_LIBRARIES = about(Subject.LIBRARY)
_BY_MEMBERS = (Unplanned.CLAIM, Unplanned.OPT_OUT)
_UNREADABLE = (ValueError, TypeError, AttributeError, RecursionError)


class _Found(NamedTuple):
    """A personal link, joined with its letter in the outbox."""

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
        """Say how the link and its letter disagree; empty where they agree."""
        if self.letter is None:
            return f"its letter {self.serial} is missing"
        if (self.library, self.member) != (self.letter_library, self.letter_member) or self.letter not in LINKED:
            return f"its letter {self.serial} is about something else"
        return ""


class PersonalLinkCheck:
    """Takes the journal link by link, then checks the personal links.

    ``used`` has the instant when a personal link was used, by its number, from the entries of claims and opt-outs. Before version
    0008 of the ledger these entries neither named links nor noted the end of their chain. Such claims and opt-outs are in
    ``unnamed`` (as hashes); each may have used any link up to ``first``, the first number noted (0 for none).
    ``there_until`` has the last serial at which a library was at the vendor: letters before it may have been sent without a link.
    """

    def __init__(self) -> None:
        self.noted = End()
        self.first = 0
        self.used: dict[int, str] = {}
        self.unnamed: set[int] = set()
        self.there_until: dict[str, float] = {}

    def take(self, walk: Replay, link: Link) -> None:
        """Take one more link of the journal, before it is replayed."""
        if not isinstance(link, EntryLink):
            if link.action in _BY_MEMBERS and walk.entry is not None and not self.first:
                self.unnamed.add(hash((link.library, link.member, walk.entry.at)))
            if link.action in _OF_LIBRARIES and _is_there(walk, link.library):
                self.there_until[link.library] = link.serial
            return
        try:
            self.noted = link_chain.noted(link.detail)
            self.first = self.first or self.noted.number
            if link.kind in _BY_MEMBERS and (number := json.loads(link.detail).get("link")):
                self.used[number] = link.at
        except _UNREADABLE:
            walk.verdict.fault(f"journal entry {link.serial}: its data about personal links is invalid")

    def compare(self, connection: Connection, institution: str, walk: Replay) -> None:
        """Check that no personal link was changed, each was used when the journal says, and each belongs to its letter."""
        at, now = End(), End()
        for found in _found(connection, institution):
            try:
                if found.number <= now.number:
                    raise ValueError("another link has the same number")
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
            walk.verdict.fault(
                f"one of the personal links up to number {self.noted.number} was added, changed or deleted"
            )
        elif (max(now.number, self.noted.number), now.head) != last:
            walk.verdict.fault(
                f"one of the personal links from number {self.noted.number + 1} on was added, changed or deleted"
            )
        there = {id: math.inf for id in walk.books.libraries if _is_there(walk, id)}
        for serial in _without_link(connection, institution, walk, {**self.there_until, **there}):
            walk.verdict.fault(f"letter {serial}: its personal link is missing")

    def _wrongly_used(self, found: _Found) -> str:
        if found.used_at == self.used.get(found.number, ""):
            return ""
        is_old = found.number not in self.used and (not self.first or found.number <= self.first)
        if is_old and hash((found.library, found.member, found.used_at)) in self.unnamed:
            return ""
        return "the journal says that it was used at another time, or never"


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


def _is_there(walk: Replay, library: str) -> bool:
    known = walk.books.libraries.get(library)
    return known is not None and known.is_at_vendor


def _without_link(
    connection: Connection, institution: str, walk: Replay, there_until: Mapping[str, float]
) -> Iterator[int]:
    """Serials of letters that a sender has tried, but whose personal link is missing.

    Letters to erased people have none, nor those that led to the vendor's claim page (``there_until``).
    """
    link, outbox = tables.link.c, tables.outbox.c
    its_link = exists().where(link.institution == institution, link.serial == outbox.serial)
    query = select(outbox.serial, outbox.library, outbox.member, outbox.address).where(
        outbox.institution == institution, outbox.attempts > 0, outbox.letter.in_(LINKED), ~its_link
    )
    for rows in streamed(connection, query.order_by(outbox.serial)):
        for serial, library, member, address in rows:
            if serial <= there_until.get(library, 0):
                continue
            if member not in walk.erased if member else address:
                yield serial
