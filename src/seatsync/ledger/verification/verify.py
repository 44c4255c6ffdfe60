"""Check the journal, the tables of the present and the outbox against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from seatsync.domain.letters import LetterState, letter_for
from seatsync.domain.license import ABSENT, IllegalTransition, License
from seatsync.domain.person import Member, account_key, found_by
from seatsync.domain.portal.at_vendor import is_to_do
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.journal import SILENT, EntryLink
from seatsync.ledger.queries.accounts.holdings import ACROSS
from seatsync.ledger.read import read_snapshot, streamed
from seatsync.ledger.replay import Link, Replay, Verdict, event_of, replay, stream
from seatsync.ledger.retention import Pruned
from seatsync.ledger.rows import is_bound, write_present
from seatsync.ledger.verification.links import PersonalLinkCheck

Compared = tuple[str, object, object]
"""A name, the value in the journal, the value in the tables."""

STATES = frozenset(LetterState)


def verify(connection: Connection, institution: str, heads: Sequence[str] = ()) -> Verdict:
    """Walk the chain in one pass, replay every event, and compare the result with the tables of the present.

    ``heads`` were noted elsewhere: a hash (hex, or its beginning), or ``SERIAL:HASH`` with the number of its journal entry. The
    journal must still have them: this finds a tail that was cut off, and a chain that was forged as a whole. The state of a
    letter is not checked, as the journal does not know whether it was sent.
    """
    letters = _LetterCheck(connection, institution)
    personal_links = PersonalLinkCheck()
    noted = _NotedHeads(heads)

    def check(walk: Replay, link: Link) -> None:
        letters.take(walk, link)
        personal_links.take(walk, link)
        if noted.missing:
            noted.take(link)

    walk = replay(connection, institution, check)
    letters.finish(walk.verdict)
    personal_links.compare(connection, institution, walk)
    for fault in (*_shape_faults(connection), *_rows_of_others(connection, institution)):
        walk.verdict.fault(fault)
    for fault in _former_ids(connection, institution, walk.books.former):
        walk.verdict.fault(fault)
    noted.finish(walk.verdict)
    walk.verdict.chain_holds = not walk.verdict.faults
    _compare(connection, institution, walk)
    return walk.verdict


class _NotedHeads:
    """Looks for heads of the journal that were noted elsewhere. ``missing`` are those not found yet, ``nearly`` has for some of them
    the entry that has almost this head."""

    def __init__(self, heads: Sequence[str]) -> None:
        self.missing = {head.lower() for head in heads}
        self.nearly: dict[str, tuple[int, str]] = {}

    def take(self, link: Link) -> None:
        """Look at one link of the journal."""
        names = [head for head in self.missing if _is_head(link, *head.rpartition(":")[::2])]
        self.missing.difference_update(names)
        if self.missing:
            digits = link.hash.hex()
            self.nearly |= {head: (link.serial, digits) for head in self.missing if _is_nearly(head, digits)}

    def finish(self, verdict: Verdict) -> None:
        """Report the heads that were not found. Where the whole end is missing, the ledger may be an earlier state of itself."""
        before = len(verdict.faults) + verdict.more
        last = max((int(head.partition(":")[0]) for head in self.missing - {*self.nearly} if ":" in head), default=0)
        verdict.lost = max(0, last - verdict.serial)
        if verdict.lost:
            span = (
                f"{verdict.serial + 1} to {last}, {verdict.lost:,} entries, are" if verdict.lost > 1 else f"{last} is"
            )
            verdict.fault(
                f"the journal ends at entry {verdict.serial}; {span} missing: it was restored to an earlier state, or its end "
                "was cut off"
            )
        for head in sorted(self.missing):
            serial, _, hash = head.rpartition(":")
            if head in self.nearly:
                there, digits = self.nearly[head]
                verdict.mistyped += 1
                verdict.fault(
                    f"no entry has the head {head}; yours may be mistyped, for {there}:{digits} is almost the same"
                )
            elif not serial:
                verdict.fault(
                    f"the journal has no entry with the head {hash}: it was cut off or rewritten since the head was noted "
                    "(given as SERIAL:HASH, seatsync tells which)"
                )
            elif int(serial) <= verdict.serial:
                verdict.fault(
                    f"journal entry {serial} does not have the head {hash}: the journal was rewritten since the head was noted, "
                    "or it was restored to an earlier state and has gone on from there"
                )
        verdict.unfound = len(verdict.faults) + verdict.more - before


def _is_nearly(head: str, digits: str) -> bool:
    """Whether a head with a slip of the pen is this one: a wrong digit, or one too many or too few. Two hashes are never that near."""
    hash = head.rpartition(":")[2]
    half = len(hash) // 2
    if hash[:half] != digits[:half] and hash[half + 1 :] not in digits:  # quick, for many links
        return False
    for n in range(min(len(hash), len(digits))):
        other, many, few = (
            hash[:n] + digits[n] + hash[n + 1 :],
            hash[:n] + hash[n + 1 :],
            hash[:n] + digits[n] + hash[n:],
        )
        if digits.startswith((other, many, few)):
            return True
    return False


def _is_head(link: Link, serial: str, hash: str) -> bool:
    return link.hash.hex().startswith(hash) and serial in ("", str(link.serial))


def _shape_faults(connection: Connection) -> Iterator[str]:
    """Differences between the database's schema and the schema that seatsync creates."""
    if connection.dialect.name == "sqlite":
        from seatsync.ledger.stores.sqlite_shape import differences
    else:
        from seatsync.ledger.stores.postgres_shape import differences
    return differences(connection)


def _rows_of_others(connection: Connection, institution: str) -> Iterator[str]:
    """Rows of other institutions in a file for one institution, found at both ends of the key without reading all rows."""
    if connection.dialect.name != "sqlite":
        return
    for name, table in tables.metadata.tables.items():
        column = table.c.get("institution")
        if column is not None and table is not tables.writer:
            first, last = (select(end(column)).execution_options(**ACROSS) for end in (func.min, func.max))
            ends = {connection.execute(first).scalar(), connection.execute(last).scalar()}
            for other in sorted(map(str, ends - {institution, None})):
                yield f"table {name} has rows of another institution, {other}; a SQLite file holds one"


def _former_ids(connection: Connection, institution: str, former: Sequence[str]) -> Iterator[str]:
    """Former ids of the institution that the ledger does not know, or that it knows and the journal does not.

    A bound role does not see them.
    """
    writer = tables.writer.c
    query = select(writer.institution).where(writer.renamed_to == institution)
    if not is_bound(connection):
        found = {*connection.execute(query, execution_options=ACROSS).scalars()}
        for id in sorted(found ^ {*former}):
            says = "the tables say" if id in found else "the journal says"
            yield f"{says} that the institution had the id {id}, and the {'journal' if id in found else 'tables'} do not"


def _compare(connection: Connection, institution: str, walk: Replay) -> None:
    try:
        present = read_snapshot(connection, institution)
        _must_not_be_behind(walk, present)
        for what, journal, table in compared(walk.books, present):
            if journal != table:
                walk.verdict.fault(f"{what}: {_difference(_short(table), _short(journal))}")
        for number, what in _wrong_keys(connection, institution, present, walk.books):
            walk.verdict.fault(f"member {number}: {what}")
    except (LedgerError, TypeError) as error:
        walk.verdict.fault(f"the tables of the present have data that seatsync never writes: {str(error).rstrip('.')}")


def _wrong_keys(
    connection: Connection, institution: str, present: Snapshot, books: Snapshot
) -> Iterator[tuple[int, str]]:
    """Members who are the same in tables and journal, but for whom a column computed from them is wrong; with what is wrong."""
    columns = tables.member.c
    computed = (columns.found_by, columns.account_key, columns.to_do)
    query = select(columns.number, *computed).where(columns.institution == institution)
    for rows in streamed(connection, query):
        for number, text, key, to_do in rows:
            member = present.members.get(number)
            if member is None or member != books.members.get(number):
                continue
            if text != found_by(member):
                yield number, "the text for searching and sorting does not match their names"
            if key != account_key(member):
                yield number, "the key of their account does not match its e-mail"
            if bool(to_do) != is_to_do(member):
                yield (
                    number,
                    "whether something is to be done for them at the vendor does not match what the vendor has",
                )


def _must_not_be_behind(walk: Replay, present: Snapshot) -> None:
    if present.serial > walk.books.serial:
        walk.verdict.chain_holds = False
        walk.verdict.fault(
            f"the journal ends at entry {walk.books.serial}, but the tables are at {present.serial}: it was cut off"
        )


def rebuild(connection: Connection, institution: str) -> Verdict:
    """Rebuild the tables of the present from the journal, if its chain holds; else change nothing."""
    walk = replay(connection, institution)
    serial = connection.execute(
        select(tables.institution.c.serial).where(tables.institution.c.institution == institution)
    )
    _must_not_be_behind(walk, Snapshot(serial=serial.scalar() or 0))
    if not walk.verdict.faults and walk.books.institution is not None:
        write_present(connection, institution, walk.books)
    return walk.verdict


class _ExpectedLetter(NamedTuple):
    """A letter that must be in the outbox."""

    serial: int
    letter: str
    library: str
    member: int
    address: str
    created_at: str


class _LetterCheck:
    """Walks the outbox alongside the journal: each letter must have its event, and each event its letter."""

    def __init__(self, connection: Connection, institution: str) -> None:
        self.pruned = Pruned(connection, institution)
        self.rows = stream(connection, tables.outbox, institution)
        self.row = next(self.rows, None)
        self.silent = False

    def take(self, walk: Replay, link: Link) -> None:
        """Check the letter of one link of the journal, before the link is replayed."""
        if isinstance(link, EntryLink):
            self.silent = link.kind in SILENT
        if isinstance(link, EntryLink) or self.silent:
            return
        try:
            event = event_of(link)
            letter = letter_for(walk.books, event)
            address = "" if link.member else str((event.person or {}).get("email", ""))
        except (IllegalTransition, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return  # the replay reports what is wrong with this link
        if not letter or walk.entry is None:
            return
        expected = _ExpectedLetter(link.serial, str(letter), link.library, link.member, address, walk.entry.at)
        self._skip_to(expected.serial, walk.verdict)
        if self.row is not None and self.row.serial == expected.serial:
            is_right = all(getattr(self.row, name) == value for name, value in expected._asdict().items())
            self._next(walk.verdict, is_right and expected.serial not in self.pruned)
        elif expected.serial not in self.pruned:
            walk.verdict.fault(f"letter {expected.serial}, {expected.letter}, is missing from the outbox")

    def finish(self, verdict: Verdict) -> None:
        """Report the remaining letters, which no event caused."""
        self._skip_to(None, verdict)

    def _skip_to(self, serial: int | None, verdict: Verdict) -> None:
        while self.row is not None and (serial is None or self.row.serial < serial):
            verdict.fault(f"letter {self.row.serial} is in the outbox, but no event caused it")
            self.row = next(self.rows, None)

    def _next(self, verdict: Verdict, is_right: bool) -> None:
        row: Row[Any] | None = self.row
        assert row is not None
        if not is_right or row.state not in STATES:
            verdict.fault(f"letter {row.serial}: the outbox differs from the event that caused the letter")
        self.row = next(self.rows, None)


def compared(journal: Snapshot, table: Snapshot) -> Iterator[Compared]:
    """The values to compare; members, libraries and the like only where they differ."""
    yield "serial", journal.serial, table.serial
    yield "head", journal.head, table.head
    yield "institution", journal.institution, table.institution
    yield "rosters", journal.rosters, table.rosters
    yield "day of the last apply", journal.applied_on, table.applied_on
    yield "time of the last apply", journal.applied_at, table.applied_at
    yield "up to which day was told what comes", journal.told_on, table.told_on
    yield "day of the last briefing", journal.briefed_on, table.briefed_on
    yield "since when letters are held", journal.held_since, table.held_since
    yield "used approvals", [*journal.approvals], [*table.approvals]
    yield "exports taken", journal.exports, table.exports
    if table.baseline:  # if it is empty, the next plan looks at all members, which does no harm
        yield "the baseline of the last apply", journal.baseline, table.baseline
    yield from _one_by_one("library {}", _with_seats(journal), _with_seats(table))
    yield from _one_by_one("an administrator", journal.admins, table.admins)
    yield from _one_by_one("member {}", journal.members, table.members)
    for library in sorted(journal.licenses.keys() | table.licenses.keys()):
        in_journal, in_tables = journal.licenses.get(library, {}), table.licenses.get(library, {})
        for number in sorted(in_journal.keys() | in_tables.keys()):
            if in_journal.get(number, ABSENT) != in_tables.get(number, ABSENT):
                yield f"license of {library} for member {number}", in_journal.get(number), in_tables.get(number)


def _with_seats(books: Snapshot) -> dict[str, object]:
    return {id: (library, books.slots(id)) for id, library in books.libraries.items()}


def _one_by_one(what: str, journal: Mapping[Any, object], table: Mapping[Any, object]) -> Iterator[Compared]:
    for key in sorted(journal.keys() | table.keys()):
        if journal.get(key) != table.get(key):
            yield what.format(key), journal.get(key), table.get(key)


def _difference(table: str, journal: str) -> str:
    if table == journal:
        return "the tables differ from the journal"
    return f"the tables say {table}, the journal says {journal}"


def _short(value: object) -> str:
    """A value in short, without personal data, as many people may read it."""
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
