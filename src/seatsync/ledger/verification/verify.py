"""Checking the journal, the tables of the present and the outbox against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from seatsync.domain.letters import letter_for
from seatsync.domain.license import ABSENT, IllegalTransition, License
from seatsync.domain.person import Member, found_by
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.journal import SILENT, EntryLink
from seatsync.ledger.queries.accounts.holdings import ACROSS
from seatsync.ledger.read import read_snapshot, streamed
from seatsync.ledger.replay import Link, Replay, Verdict, event_of, replay, stream
from seatsync.ledger.retention import Pruned
from seatsync.ledger.rows import write_present
from seatsync.ledger.verification.links import Links

Compared = tuple[str, object, object]
"""What it is, as the journal has it, as the tables have it."""

STATES = ("pending", "cancelled", "sent", "bounced")


def verify(connection: Connection, institution: str, heads: Sequence[str] = ()) -> Verdict:
    """Walk the chain in one pass, replay every event, and compare the outcome with the tables of the present.

    ``heads`` are hashes (hex, or their beginnings) that were noted elsewhere: the journal must still have them, which
    finds a tail that was cut off, and a chain that was forged as a whole. What the check can't know is the state of a
    letter: whether it was sent is not the journal's.
    """
    letters = _Letters(connection, institution)
    links = Links()
    missing = {head.lower() for head in heads}

    def look(walk: Replay, link: Link) -> None:
        letters.expect(walk, link)
        links.hear(walk, link)
        if missing:
            missing.difference_update([head for head in missing if link.hash.hex().startswith(head)])

    walk = replay(connection, institution, look)
    letters.finish(walk.verdict)
    links.compare(connection, institution, walk)
    for said in (*_strange(connection), *_of_others(connection, institution)):
        walk.verdict.fault(said)
    for head in sorted(missing):
        walk.verdict.fault(
            f"the journal has no link with the head {head}: it was cut off or rewritten since that was noted"
        )
    walk.verdict.chain_holds = not walk.verdict.faults
    _compare(connection, institution, walk)
    return walk.verdict


def _strange(connection: Connection) -> Iterator[str]:
    """What the database is made of and should not be."""
    if connection.dialect.name == "sqlite":
        from seatsync.ledger.stores.sqlite_shape import strange
    else:
        from seatsync.ledger.stores.postgres_shape import strange
    return strange(connection)


def _of_others(connection: Connection, institution: str) -> Iterator[str]:
    """The rows of other institutions in a file, which holds one; found at the ends of the key, without reading all."""
    if connection.dialect.name != "sqlite":
        return
    for name, table in tables.metadata.tables.items():
        column = table.c.get("institution")
        if column is not None:
            first, last = (select(end(column)).execution_options(**ACROSS) for end in (func.min, func.max))
            ends = {connection.execute(first).scalar(), connection.execute(last).scalar()}
            for other in sorted(map(str, ends - {institution, None})):
                yield f"table {name} has rows of another institution, {other}; a SQLite file holds one"


def _compare(connection: Connection, institution: str, walk: Replay) -> None:
    try:
        present = read_snapshot(connection, institution)
        _must_not_be_behind(walk, present)
        for what, journal, table in compared(walk.books, present):
            if journal != table:
                walk.verdict.fault(f"{what}: {_difference(_short(table), _short(journal))}")
        for number in _lost(connection, institution, present, walk.books):
            walk.verdict.fault(f"member {number}: what they are found and sorted by is not made of their names")
    except (LedgerError, TypeError) as error:
        walk.verdict.fault(f"the tables of the present hold what seatsync never writes: {str(error).rstrip('.')}")


def _lost(connection: Connection, institution: str, present: Snapshot, books: Snapshot) -> Iterator[int]:
    """The members on whose names the tables agree with the journal, but whose ``found_by`` is not made of them."""
    columns = tables.member.c
    for rows in streamed(
        connection, select(columns.number, columns.found_by).where(columns.institution == institution)
    ):
        for number, kept in rows:
            member = present.members.get(number)
            if member is not None and member == books.members.get(number) and kept != found_by(member):
                yield number


def _must_not_be_behind(walk: Replay, present: Snapshot) -> None:
    if present.serial > walk.books.serial:
        walk.verdict.chain_holds = False
        walk.verdict.fault(
            f"the journal ends at link {walk.books.serial}, the tables are at {present.serial}: it was cut off"
        )


def rebuild(connection: Connection, institution: str) -> Verdict:
    """Write the tables of the present anew from the journal, if its chain holds; else change nothing."""
    walk = replay(connection, institution)
    serial = connection.execute(
        select(tables.institution.c.serial).where(tables.institution.c.institution == institution)
    )
    _must_not_be_behind(walk, Snapshot(serial=serial.scalar() or 0))
    if not walk.verdict.faults and walk.books.institution is not None:
        write_present(connection, institution, walk.books)
    return walk.verdict


class _Due(NamedTuple):
    """A letter as it must stand in the outbox."""

    serial: int
    letter: str
    library: str
    member: int
    address: str
    created_at: str


class _Letters:
    """Goes through the outbox beside the journal: each letter has its event, each event its letter."""

    def __init__(self, connection: Connection, institution: str) -> None:
        self.pruned = Pruned(connection, institution)
        self.rows = stream(connection, tables.outbox, institution)
        self.row = next(self.rows, None)
        self.silent = False

    def expect(self, walk: Replay, link: Link) -> None:
        if isinstance(link, EntryLink):
            self.silent = link.kind in SILENT
        if isinstance(link, EntryLink) or self.silent:
            return
        try:
            event = event_of(link)
            letter = letter_for(walk.books, event)
            address = "" if link.member else str((event.person or {}).get("email", ""))
        except (IllegalTransition, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return  # the replay says what is wrong with this link
        if not letter or walk.entry is None:
            return
        due = _Due(link.serial, str(letter), link.library, link.member, address, walk.entry.at)
        self._skip_to(due.serial, walk.verdict)
        if self.row is not None and self.row.serial == due.serial:
            is_right = all(getattr(self.row, name) == value for name, value in due._asdict().items())
            self._next(walk.verdict, is_right and due.serial not in self.pruned)
        elif due.serial not in self.pruned:
            walk.verdict.fault(f"letter {due.serial}, {due.letter}, is missing from the outbox")

    def finish(self, verdict: Verdict) -> None:
        self._skip_to(None, verdict)

    def _skip_to(self, serial: int | None, verdict: Verdict) -> None:
        while self.row is not None and (serial is None or self.row.serial < serial):
            verdict.fault(f"letter {self.row.serial} is in the outbox, but no event caused it")
            self.row = next(self.rows, None)

    def _next(self, verdict: Verdict, is_right: bool) -> None:
        row: Row[Any] | None = self.row
        assert row is not None
        if not is_right or row.state not in STATES:
            verdict.fault(f"letter {row.serial}: the outbox says something else than the event that caused it")
        self.row = next(self.rows, None)


def compared(journal: Snapshot, table: Snapshot) -> Iterator[Compared]:
    """All there is, except members, libraries and the like on which both agree."""
    yield "serial", journal.serial, table.serial
    yield "head", journal.head, table.head
    yield "institution", journal.institution, table.institution
    yield "rosters", journal.rosters, table.rosters
    yield "day of the last apply", journal.applied_on, table.applied_on
    if table.settled:  # without it the next plan looks at everybody, which does no harm
        yield "what the last apply left in order", journal.settled, table.settled
    yield from _one_by_one("library {}", _with_seats(journal), _with_seats(table))
    yield from _one_by_one("an administrator", journal.admins, table.admins)
    yield from _one_by_one("member {}", journal.members, table.members)
    for library in sorted(journal.licenses.keys() | table.licenses.keys()):
        ours, theirs = journal.licenses.get(library, {}), table.licenses.get(library, {})
        for number in sorted(ours.keys() | theirs.keys()):
            if ours.get(number, ABSENT) != theirs.get(number, ABSENT):
                yield f"license of {library} for member {number}", ours.get(number), theirs.get(number)


def _with_seats(books: Snapshot) -> dict[str, object]:
    return {id: (library, books.slots(id)) for id, library in books.libraries.items()}


def _one_by_one(what: str, journal: Mapping[Any, object], table: Mapping[Any, object]) -> Iterator[Compared]:
    for key in sorted(journal.keys() | table.keys()):
        if journal.get(key) != table.get(key):
            yield what.format(key), journal.get(key), table.get(key)


def _difference(table: str, journal: str) -> str:
    if table == journal:
        return "the tables say something else than the journal"
    return f"the tables say {table}, the journal says {journal}"


def _short(value: object) -> str:
    """Without anything personal: it may be printed where many read it."""
    match value:
        case None:
            return "nothing"
        case License():
            return f"{value.kind} {value.status}"
        case Member():
            return f"a member {'on' if value.on_roster else 'off'} the roster"
        case int() | str():
            return str(value) or "nothing"
    return "something"
