"""Checking the journal, and making the tables of the present anew from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from seatsync.domain.action import Action, Event
from seatsync.domain.license import ABSENT, IllegalTransition, License
from seatsync.domain.names import printable
from seatsync.domain.people import MEMBER_FIELDS, Member
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.database import LedgerError
from seatsync.ledger.journal import commitment, link
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import bulk, institution_values, library_row, license_row, remember

MOST_FAULTS = 20


@dataclass(slots=True)
class Verdict:
    """What a check of the journal found. ``serial`` and ``head`` (hex) are those of its last link;
    where the chain holds, only the tables of the present are at fault."""

    links: int = 0
    serial: int = 0
    head: str = ""
    chain_holds: bool = True
    faults: list[str] = field(default_factory=list)

    def fault(self, said: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(printable(said, 300))


def verify(connection: Connection, institution: str) -> Verdict:
    """Walk the chain, replay every event, and compare the outcome with the tables of the present."""
    verdict = Verdict()
    replayed = _replay(connection, institution, verdict)
    try:
        present = read_snapshot(connection, institution)
    except LedgerError as error:
        verdict.fault(f"the tables of the present can't be read: {error}")
        return verdict
    for what, journal, table in _compared(replayed, present):
        if journal != table:
            verdict.fault(f"{what}: the tables say {_short(table)}, the journal says {_short(journal)}")
    return verdict


def rebuild(connection: Connection, institution: str) -> Verdict:
    """Write the tables of the present anew from the journal, if its chain holds; else change nothing."""
    verdict = Verdict()
    books = _replay(connection, institution, verdict)
    if not verdict.faults and books.institution is not None:
        _write(connection, institution, books)
    return verdict


def _replay(connection: Connection, institution: str, verdict: Verdict) -> Snapshot:
    books = Snapshot()
    head = bytes(32)
    for row in links(connection, institution):
        verdict.links += 1
        if row.serial != verdict.serial + 1:
            verdict.fault(f"link {verdict.serial + 1} is missing; the next there is {row.serial}")
        verdict.serial = row.serial
        is_event = "action" in row._mapping
        fields = _event_fields(row) if is_event else _entry_fields(row)
        if link(head, fields) != bytes(row.hash):
            verdict.fault(f"link {row.serial}: the chain is broken; this link or one before it was changed")
        head = bytes(row.hash)
        try:
            _take(books, row, is_event, verdict)
        except (IllegalTransition, ValueError, TypeError, KeyError, AttributeError) as error:
            verdict.fault(f"link {row.serial}: {error}")
    verdict.chain_holds = not verdict.faults
    verdict.head = books.head = head.hex()
    books.serial = verdict.serial
    return books


def _take(books: Snapshot, row: Row[Any], is_event: bool, verdict: Verdict) -> None:
    if not is_event:
        remember(books, json.loads(row.detail))
        return
    if row.person is not None and commitment(bytes(row.salt or b""), row.person) != bytes(row.commitment or b""):
        verdict.fault(f"link {row.serial}: what it says of a person was changed")
    person = json.loads(row.person) if row.person is not None else None
    if person is None and row.commitment is not None:  # erased: who it was is unknown, what happened is not
        person = dict.fromkeys(MEMBER_FIELDS, "") if row.action == Action.MEMBER_ADD else {}
    post(books, Event(row.action, row.library, row.member, json.loads(row.detail), person))


def links(connection: Connection, institution: str) -> Iterator[Row[Any]]:
    """Entries and events, in the order of their serials, streamed."""
    entries = connection.execute(
        select(tables.entry).where(tables.entry.c.institution == institution).order_by(tables.entry.c.serial)
    )
    events = iter(
        connection.execution_options(yield_per=5000).execute(
            select(tables.event).where(tables.event.c.institution == institution).order_by(tables.event.c.serial)
        )
    )
    event = next(events, None)
    for entry in entries.all():
        while event is not None and event.serial < entry.serial:
            yield event
            event = next(events, None)
        yield entry
    while event is not None:
        yield event
        event = next(events, None)


def _entry_fields(row: Row[Any]) -> tuple[object, ...]:
    return (row.institution, row.serial, row.kind, row.at, row.actor, row.commit, row.fingerprint, row.detail)


def _event_fields(row: Row[Any]) -> tuple[object, ...]:
    sealed = bytes(row.commitment).hex() if row.commitment is not None else ""
    return (row.serial, row.entry, row.action, row.library, row.member, row.detail, sealed)


def _compared(journal: Snapshot, table: Snapshot) -> Iterator[tuple[str, object, object]]:
    yield "serial", journal.serial, table.serial
    yield "head", journal.head, table.head
    yield "institution", journal.institution, table.institution
    yield "rosters", journal.rosters, table.rosters
    yield "day of the last apply", journal.applied_on, table.applied_on
    yield "libraries", journal.libraries, table.libraries
    yield "admins", journal.admins, table.admins
    for number in sorted(journal.members.keys() | table.members.keys()):
        if journal.members.get(number) != table.members.get(number):
            yield f"member {number}", journal.members.get(number), table.members.get(number)
    for library in sorted(journal.licenses.keys() | table.licenses.keys()):
        ours, theirs = journal.licenses.get(library, {}), table.licenses.get(library, {})
        for number in sorted(ours.keys() | theirs.keys()):
            if ours.get(number, ABSENT) != theirs.get(number, ABSENT):
                yield f"license of {library} for member {number}", ours.get(number), theirs.get(number)


def _short(value: object) -> str:
    if isinstance(value, License):
        return f"{value.kind} {value.status}"
    if isinstance(value, Member):
        return f"a member {'on' if value.on_roster else 'off'} the roster with other data"
    return "nothing" if value is None else str(value)[:80]


def _write(connection: Connection, institution: str, books: Snapshot) -> None:
    for table in (tables.institution, tables.library, tables.admin, tables.member, tables.license):
        connection.execute(delete(table).where(table.c.institution == institution))
    assert books.institution is not None
    values = institution_values(books.institution, books) | {
        "serial": books.serial,
        "head": bytes.fromhex(books.head),
    }
    connection.execute(insert(tables.institution).values(institution=institution, **values))
    bulk(connection, tables.library, [library_row(institution, library) for library in books.libraries.values()])
    bulk(
        connection,
        tables.admin,
        [(institution, key, a.email, a.given_name, a.family_name) for key, a in books.admins.items()],
    )
    bulk(connection, tables.member, [(institution, number, *member) for number, member in books.members.items()])
    rows = [
        (institution, library, number, *license_row(license))
        for library, held in books.licenses.items()
        for number, license in held.items()
    ]
    bulk(connection, tables.license, rows)
