"""Walking the journal: its links in order, whether the chain holds, and what it makes of an empty ledger."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from seatsync.domain.action import EVENTS, Action, Event, Subject, Unplanned, about
from seatsync.domain.license import IllegalTransition
from seatsync.domain.person import ERASED, Person
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.characters import printable
from seatsync.ledger import tables
from seatsync.ledger.journal import EntryLink, EventLink
from seatsync.ledger.record import remember

MOST_FAULTS = 20
STREAMED = 5_000
"""Rows that are fetched at a time."""

_OF_ADMINS = about(Subject.ADMIN)

_OF_ERASED: dict[str, dict[str, Any]] = {
    Unplanned.INSTITUTION_ADD: {"contacts": []},  # unknown until the next event that tells them
    Action.INSTITUTION_UPDATE: {"contacts": []},
    Action.MEMBER_ADD: Person(ERASED, "", "")._asdict(),
    Unplanned.CLAIM: {"account": ERASED},  # that there was one decides how later seats were delivered
    Unplanned.IMPORT: {"account": ERASED},
    Unplanned.ACCOUNT: {"account": ERASED},
}

Link = EntryLink | EventLink


@dataclass(slots=True)
class Verdict:
    """What a check of the journal found. ``serial`` and ``head`` (hex) are those of its last link;
    where the chain holds, only the tables of the present are at fault. ``more`` counts the faults not listed."""

    links: int = 0
    serial: int = 0
    head: str = ""
    chain_holds: bool = True
    faults: list[str] = field(default_factory=list)
    more: int = 0

    def fault(self, said: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(printable(said, 300))
        else:
            self.more += 1


class Replay:
    """Takes one link after another; ``books`` is the present that they come to, ``verdict`` what is wrong with them."""

    def __init__(self) -> None:
        self.books = Snapshot()
        self.verdict = Verdict()
        self.entry: EntryLink | None = None
        self._head = bytes(32)
        self._unnamed: dict[int, int] = {}  # member → a link of theirs whose person is gone
        self._unnamed_stints: dict[int, str] = {}  # link whose person is gone → what they were
        self.erased: set[int] = set()
        self._unsealed: dict[str, set[int]] = {"plans": set(), "files": set()}

    def take(self, link: Link) -> None:
        """One more link: is it the next one, does its hash hold, what does it do?"""
        verdict = self.verdict
        verdict.links += 1
        if link.serial != verdict.serial + 1:
            verdict.fault(f"link {verdict.serial + 1} is missing; the next there is {link.serial}")
        if not isinstance(link.hash, bytes) or not link.holds(self._head):
            verdict.fault(f"link {link.serial}: the chain is broken; this link or one before it was changed")
        self._head = link.hash if isinstance(link.hash, bytes) else b""
        verdict.serial, verdict.head = link.serial, self._head.hex()
        self.books.serial, self.books.head = verdict.serial, verdict.head
        try:
            if isinstance(link, EntryLink):
                self._open(link)
            else:
                self._post(link)
        except (IllegalTransition, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            verdict.fault(f"link {link.serial}: {error}")
        verdict.chain_holds = not verdict.faults

    def finish(self) -> None:
        """Whoever has no name in the journal must have been erased by it."""
        for number, serial in self._unnamed.items():
            if number not in self.erased:
                self.verdict.fault(f"link {serial}: what it says of a person is gone, but they were not erased")
        for serial, role in self._unnamed_stints.items():
            self.verdict.fault(f"link {serial}: what it says of {role} is gone, but they were not erased")
        for serial in sorted(set().union(*self._unsealed.values())):
            self.verdict.fault(f"link {serial}: what it says of its plan or its files is gone, but was not erased")
        self.verdict.chain_holds = not self.verdict.faults

    def _open(self, link: EntryLink) -> None:
        self.entry, detail = link, json.loads(link.detail)
        if not link.seals_hold(detail):
            raise ValueError("what it says of its plan or its files was changed")
        remember(self.books, detail, link.serial, link.files)
        for serial in (*detail.get("administrators", ()), *detail.get("contacts", ())):
            self._unnamed_stints.pop(serial, None)
        for name, text, said in (("plans", link.plan, link.fingerprint), ("files", link.files, detail.get("desired"))):
            if detail.get("sealed") and said and text is None:
                self._unsealed[name].add(link.serial)
            self._unsealed[name].difference_update(detail.get(name, ()))

    def _post(self, link: EventLink) -> None:
        if self.entry is None or link.entry != self.entry.serial:
            self.verdict.fault(f"link {link.serial}: it belongs to another entry")
        if not link.person_holds():
            self.verdict.fault(f"link {link.serial}: what it says of a person was changed")
        if link.is_erased and link.member:
            self._unnamed.setdefault(link.member, link.serial)
        elif link.is_erased:
            self._unnamed_stints[link.serial] = "an administrator" if link.action in _OF_ADMINS else "the contacts"
            if link.action in _OF_ADMINS:  # they came and went: without them it comes to the same
                return
        if link.action == Unplanned.ERASE:
            self.erased.add(link.member)
        post(self.books, event_of(link))


def event_of(link: EventLink) -> Event:
    """What a link says was done. Of somebody erased it is unknown who it was, but not what happened.

    Raises:
        IllegalTransition: it says something that nobody can do.
    """
    try:
        action = EVENTS[link.action]
    except (KeyError, TypeError) as error:
        raise IllegalTransition(f"{link.action} does not fit the ledger: {error!r}") from error
    person = json.loads(link.person) if link.person is not None else None
    if link.is_erased:
        person = dict(_OF_ERASED.get(link.action, {}))
    return Event(action, link.library, link.member, json.loads(link.detail), person)


def links(connection: Connection, institution: str) -> Iterator[Link]:
    """Entries and events, in the order of their serials, streamed."""
    entries = map(EntryLink._make, stream(connection, tables.entry, institution))
    events = map(EventLink._make, stream(connection, tables.event, institution))
    both: list[Iterable[Link]] = [entries, events]
    return iter(heapq.merge(*both, key=lambda link: link.serial))


def stream(connection: Connection, table: Table, institution: str) -> Iterator[Row[Any]]:
    """The institution's rows of a table by their serials, a few thousand at a time."""
    rows = select(table).where(table.c.institution == institution).order_by(table.c.serial)
    return iter(connection.execute(rows.execution_options(yield_per=STREAMED)))


def replay(connection: Connection, institution: str, before: Callable[[Replay, Link], None] | None = None) -> Replay:
    """The whole journal; ``before`` is called with each link ahead of its being taken."""
    walk = Replay()
    try:
        for link in links(connection, institution):
            if before is not None:
                before(walk, link)
            walk.take(link)
    except TypeError as error:  # SQLite takes text for a number
        walk.verdict.fault(f"after link {walk.verdict.serial}: the journal holds what seatsync never writes: {error}")
    walk.finish()
    return walk


def as_of(connection: Connection, institution: str, day: str) -> Replay:
    """The journal up to the end of ``day`` (ISO)."""
    walk = Replay()
    for link in links(connection, institution):
        if isinstance(link, EntryLink) and link.at[:10] > day:
            break
        walk.take(link)
    return walk
