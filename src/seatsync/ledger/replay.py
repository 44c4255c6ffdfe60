"""Walk the journal link by link: check the chain, and rebuild the present from an empty ledger."""

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
"""Rows fetched at a time."""

_OF_ADMINS = about(Subject.ADMIN)

_OF_ERASED: dict[str, dict[str, Any]] = {
    Unplanned.INSTITUTION_ADD: {"contacts": [], "help": None},  # unknown until the next event that has them
    Action.INSTITUTION_UPDATE: {"contacts": [], "help": None},
    Action.MEMBER_ADD: Person(ERASED, "", "")._asdict(),
    Unplanned.CLAIM: {"account": ERASED},  # whether there was an account decides how later seats were delivered
    Unplanned.IMPORT: {"account": ERASED},
    Action.OBSERVE: {"account": ERASED},
    Unplanned.ACCOUNT: {"account": ERASED},
}

Link = EntryLink | EventLink


@dataclass(slots=True)
class Verdict:
    """The result of checking the journal.

    ``serial`` and ``head`` (hex) belong to the last link. If ``chain_holds``, only the tables of the present are at fault.
    ``more`` counts the faults that are not listed. ``lost`` is how many entries a noted head says are missing at the end,
    ``unfound`` how many of the faults are about noted heads, and ``mistyped`` how many of these look like a slip of the pen.
    """

    links: int = 0
    serial: int = 0
    head: str = ""
    chain_holds: bool = True
    faults: list[str] = field(default_factory=list)
    more: int = 0
    lost: int = 0
    unfound: int = 0
    mistyped: int = 0

    def fault(self, text: str) -> None:
        """Add a fault; beyond ``MOST_FAULTS``, count it."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(printable(text, 300))
        else:
            self.more += 1


class Replay:
    """Replays one link after another. ``books`` is the resulting present, ``verdict`` the faults found.

    The hash of an entry covers the id that the institution had then: ``began_as`` at first, until an event changes it.
    """

    def __init__(self, began_as: str) -> None:
        self.began_as = began_as
        self.books = Snapshot()
        self.verdict = Verdict()
        self.entry: EntryLink | None = None
        self._head = bytes(32)
        self._unnamed: dict[int, int] = {}  # member → one of their links without its personal data
        self._unnamed_stints: dict[int, str] = {}  # link without its personal data → the person's role
        self.erased: set[int] = set()
        self._unsealed: dict[str, set[int]] = {"plans": set(), "files": set()}

    def take(self, link: Link) -> None:
        """Check the next link's serial and hash, and post it to ``books``."""
        verdict = self.verdict
        verdict.links += 1
        if isinstance(link, EntryLink):
            known = self.books.institution
            link = link._replace(institution=known.id if known is not None else self.began_as)
        if link.serial != verdict.serial + 1:
            verdict.fault(f"journal entry {verdict.serial + 1} is missing; the next one is {link.serial}")
        if not isinstance(link.hash, bytes) or not link.holds(self._head):
            verdict.fault(f"journal entry {link.serial}: the chain is broken; this entry or an earlier one was changed")
        self._head = link.hash if isinstance(link.hash, bytes) else b""
        verdict.serial, verdict.head = link.serial, self._head.hex()
        self.books.serial, self.books.head = verdict.serial, verdict.head
        try:
            if isinstance(link, EntryLink):
                self._open(link)
            else:
                self._post(link)
        except (IllegalTransition, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            verdict.fault(f"journal entry {link.serial}: {error}")
        verdict.chain_holds = not verdict.faults

    def finish(self) -> None:
        """Check at the end that missing personal data, plans and files were erased by an entry of the journal."""
        for number, serial in self._unnamed.items():
            if number not in self.erased:
                self.verdict.fault(f"journal entry {serial}: a person's data is missing, but they were not erased")
        for serial, role in self._unnamed_stints.items():
            self.verdict.fault(f"journal entry {serial}: the data of {role} is missing, but was not erased")
        for serial in sorted(set().union(*self._unsealed.values())):
            self.verdict.fault(f"journal entry {serial}: its plan or its files are missing, but were not erased")
        self.verdict.chain_holds = not self.verdict.faults

    def _open(self, link: EntryLink) -> None:
        self.entry, detail = link, json.loads(link.detail)
        if not link.seals_hold(detail):
            raise ValueError("its plan or its files were changed")
        remember(self.books, detail, link.serial, link.at, link.files)
        for serial in (*detail.get("administrators", ()), *detail.get("contacts", ())):
            self._unnamed_stints.pop(serial, None)
        for name, text, seal in (("plans", link.plan, link.fingerprint), ("files", link.files, detail.get("desired"))):
            if detail.get("sealed") and seal and text is None:
                self._unsealed[name].add(link.serial)
            self._unsealed[name].difference_update(detail.get(name, ()))

    def _post(self, link: EventLink) -> None:
        if self.entry is None or link.entry != self.entry.serial:
            self.verdict.fault(f"journal entry {link.serial}: it is attached to the wrong apply or claim")
        if not link.person_holds():
            self.verdict.fault(f"journal entry {link.serial}: a person's data was changed")
        if link.is_erased and link.member:
            self._unnamed.setdefault(link.member, link.serial)
        elif link.is_erased:
            self._unnamed_stints[link.serial] = "an administrator" if link.action in _OF_ADMINS else "the contacts"
            if link.action in _OF_ADMINS:  # they were added and removed again: the result is the same without them
                return
        if link.action == Unplanned.ERASE:
            self.erased.add(link.member)
        post(self.books, event_of(link))


def event_of(link: EventLink) -> Event:
    """Return the event of a link. For an erased person, the event has placeholders in place of their data.

    Raises:
        IllegalTransition: the link has an unknown action.
    """
    try:
        action = EVENTS[link.action]
    except (KeyError, TypeError) as error:
        raise IllegalTransition(f"{link.action} is not a known action: {error!r}") from error
    person = json.loads(link.person) if link.person is not None else None
    if link.is_erased:
        person = dict(_OF_ERASED.get(link.action, {}))
    return Event(action, link.library, link.member, json.loads(link.detail), person)


def began_as(connection: Connection, institution: str) -> str:
    """The id that the institution had when its journal began, from the first event; today's id if that can't be read."""
    event = tables.event.c
    first = select(event.detail).where(event.institution == institution, event.serial == 2)
    try:
        id = json.loads(connection.execute(first).scalar() or "{}").get("id", institution)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return institution
    return id if isinstance(id, str) else institution


def links(connection: Connection, institution: str) -> Iterator[Link]:
    """The journal's entries and events in the order of their serials, streamed."""
    entries = map(EntryLink._make, stream(connection, tables.entry, institution))
    events = map(EventLink._make, stream(connection, tables.event, institution))
    both: list[Iterable[Link]] = [entries, events]
    return iter(heapq.merge(*both, key=lambda link: link.serial))


def stream(connection: Connection, table: Table, institution: str) -> Iterator[Row[Any]]:
    """The institution's rows of a table in the order of their serials, a few thousand at a time."""
    rows = select(table).where(table.c.institution == institution).order_by(table.c.serial)
    return iter(connection.execute(rows.execution_options(yield_per=STREAMED)))


def replay(connection: Connection, institution: str, before: Callable[[Replay, Link], None] | None = None) -> Replay:
    """Replay the whole journal. ``before`` is called with each link before it is replayed."""
    walk = Replay(began_as(connection, institution))
    try:
        for link in links(connection, institution):
            if before is not None:
                before(walk, link)
            walk.take(link)
    except TypeError as error:  # SQLite takes text for a number
        walk.verdict.fault(
            f"after journal entry {walk.verdict.serial}: the journal has data that seatsync never writes: {error}"
        )
    walk.finish()
    return walk


def as_of(connection: Connection, institution: str, before: str) -> Replay:
    """Replay the journal up to the instant ``before`` (ISO, exclusive)."""
    walk = Replay(began_as(connection, institution))
    for link in links(connection, institution):
        if isinstance(link, EntryLink) and link.at >= before:
            break
        walk.take(link)
    return walk
