"""A ledger as JSON Lines, and back: from one database to another, or into a backup that any program can read.

The first line says whose it is and where it stands, then comes the journal, link by link, then the outbox, then the hashes
of the personal links that letters have in them. The tables of the present are not in it: they are made from the journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import IntegrityError

from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.fields import is_number
from seatsync.domain.posting import doubled, overfull
from seatsync.domain.text.characters import is_slug, printable
from seatsync.ledger import link_chain, tables
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.journal import EntryLink, EventLink
from seatsync.ledger.replay import Link, Replay, links, stream
from seatsync.ledger.retention import forget_sending
from seatsync.ledger.rows import bulk, write_present

FORMAT = "seatsync-ledger/1"
CHUNK = 20_000


class BadDump(Failure):
    """It is no dump, or not a whole one; ``why`` says in which line, and what is wrong."""

    exit_code = ExitCode.INVALID

    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing was loaded, the dump can't be used: {why}.", "Dump the ledger again.")


class AlreadyThere(Failure):
    """The ledger has this institution already."""

    exit_code = ExitCode.REFUSED

    def __init__(self, institution: str) -> None:
        help = "Load into a ledger that has not, which --ledger names."
        super().__init__(f'Nothing was loaded: the ledger has "{institution}" already.', help)


def dump(connection: Connection, institution: str) -> Iterator[str]:
    """The lines, each with its newline; none where the ledger does not know the institution."""
    columns = tables.institution.c
    known = select(columns.serial, columns.head).where(columns.institution == institution)
    row = connection.execute(known).one_or_none()
    if row is None:
        return
    yield _line(
        {
            "format": FORMAT,
            "institution": institution,
            "serial": row.serial,
            "head": bytes(row.head).hex(),
            "letters": _count(connection, tables.outbox, institution),
            "links": _count(connection, tables.link, institution),
        }
    )
    for link in links(connection, institution):
        yield _line({name: _plain(value) for name, value in link._asdict().items() if name != "institution"})
    for letter in stream(connection, tables.outbox, institution):
        yield _line({name: value for name, value in letter._asdict().items() if name != "institution"})
    given = select(tables.link).where(tables.link.c.institution == institution).order_by(tables.link.c.hash)
    for row in connection.execute(given.execution_options(yield_per=CHUNK)):
        yield _line({name: _plain(value) for name, value in row._asdict().items() if name != "institution"})


def _count(connection: Connection, table: Table, institution: str) -> int:
    return connection.execute(select(func.count()).where(table.c.institution == institution)).scalar_one()


class Dump:
    """A dump that is to be loaded, once.

    Raises:
        BadDump: it does not begin as a dump does.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = enumerate(lines, 1)
        header = _header(self._lines)
        self.institution: str = header["institution"]
        self._ends_at: tuple[int, str] = (header["serial"], header["head"])
        self._letters: int = header["letters"]
        self._links: int = header.get("links", 0)
        self.unlinked: set[int] = set()
        """The letters whose personal links were not loaded, by their serials."""
        self._is_used = False

    def load(self, connection: Connection) -> None:
        """Write it into a ledger that does not know the institution.

        Raises:
            BadDump: it is not whole, or its chain does not hold.
            AlreadyThere: the ledger knows the institution.
            LedgerError: it was begun before, and undone; the lines are gone.
        """
        if self._is_used:
            raise LedgerError("The ledger was busy, and nothing was loaded.", "Load it again.")
        columns = tables.institution.c
        known = select(columns.serial).where(columns.institution == self.institution)
        if connection.execute(known).first() is not None:
            raise AlreadyThere(self.institution)
        self._is_used = True
        walk, writer = Replay(), _Writer(connection)
        self._load_journal(walk, writer)
        self._load_letters(writer)
        try:
            self._load_links(writer, _last_noted(walk))
            writer.flush()
        except IntegrityError as error:
            raise BadDump("two of its links of letters have one number") from error
        books = walk.books
        if books.institution is None or books.institution.id != self.institution:
            raise BadDump(f"its journal is not that of {self.institution}")
        if (name := overfull(books, books.libraries) or doubled(books)) is not None:
            raise BadDump(f"it comes to more seats than there are, or to two members who are one: {printable(name)}")
        forget_sending(connection, self.institution, self.unlinked)
        write_present(connection, self.institution, books)

    def _load_journal(self, walk: Replay, writer: _Writer) -> None:
        serial, head = self._ends_at
        for number, text in islice(self._lines, serial):
            link = _link(number, self.institution, _parsed(number, text))
            walk.take(link)
            if walk.verdict.faults:
                raise BadDump(f"line {number}: {walk.verdict.faults[0]}")
            writer.add("entry" if isinstance(link, EntryLink) else "event", link)
        walk.finish()
        if walk.verdict.faults:
            raise BadDump(walk.verdict.faults[0])
        if (walk.verdict.serial, walk.verdict.head) != (serial, head):
            raise BadDump(
                f"it ends at link {walk.verdict.serial}, not at {serial} with the head {head[:12]}: it was cut off"
            )

    def _load_letters(self, writer: _Writer) -> None:
        found = last = 0
        for number, text in islice(self._lines, self._letters):
            found += 1
            given = {**tables.UNTRIED, **_parsed(number, text), "institution": self.institution}
            row = _LETTER.row(number, given)
            if given["serial"] <= last:
                raise BadDump(f"line {number}: letters are not in their order")
            last = given["serial"]
            writer.add("outbox", row)
        if found != self._letters:
            raise BadDump(f"it has {found} letters, not {self._letters}: it was cut off")

    def _load_links(self, writer: _Writer, noted: int) -> None:
        """Those up to the number that the journal has noted; nothing vouches for who made the others."""
        found, last = 0, b""
        for number, text in self._lines:
            found += 1
            # Before version 0008 of the ledger links had no number: they are taken in the order in which they come.
            given = {"number": found, **_parsed(number, text), "institution": self.institution}
            given["hash"] = _bytes(number, "hash", str(given.get("hash")))
            row = _LINK.row(number, given)
            if given["number"] <= noted:
                writer.add("link", row)
            else:
                self.unlinked.add(given["serial"])
            if given["hash"] <= last:
                raise BadDump(f"line {number}: links are not in their order")
            last = given["hash"]
        if found != self._links:
            raise BadDump(f"it has {found} links of letters, not {self._links}: it was cut off, or added to")


def _last_noted(walk: Replay) -> int:
    """The highest number of a personal link that the journal's last entry knows of."""
    try:
        number = link_chain.noted(walk.entry.detail if walk.entry is not None else "{}").number
    except (ValueError, TypeError, AttributeError) as error:
        raise BadDump("what its journal says of personal links is of another kind") from error
    if not is_number(number):
        raise BadDump("what its journal says of personal links is of another kind")
    return number


class _Writer:
    """Rows on their way to their tables."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.rows: dict[str, list[tuple[Any, ...]]] = {"entry": [], "event": [], "outbox": [], "link": []}

    def add(self, table: str, row: tuple[Any, ...]) -> None:
        rows = self.rows[table]
        rows.append(row)
        if len(rows) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        for table, rows in self.rows.items():
            bulk(self.connection, tables.metadata.tables[table], rows)
            rows.clear()


def _header(numbered: Iterator[tuple[int, str]]) -> Mapping[str, Any]:
    number, text = next(numbered, (1, ""))
    values = _parsed(number, text)
    if values.get("format") != FORMAT:
        raise BadDump(f"it does not begin as a dump ({FORMAT}) does")
    id, head = values.get("institution"), values.get("head")
    if not (isinstance(id, str) and is_slug(id) and isinstance(head, str)):
        raise BadDump("its first line does not say whose it is, and where it ends")
    if not (
        values.get("serial")
        and is_number(values["serial"])
        and is_number(values.get("letters"))
        and is_number(values.get("links", 0))
    ):
        raise BadDump("its first line does not say how long it is")
    return values


def _parsed(number: int, text: str) -> Mapping[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadDump(f"line {number} is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise BadDump(f"line {number} is no object")
    return values


_UNSEALED = dict.fromkeys(("plan", "salt", "files", "files_salt"))
"""What dumps of before version 0009 of the ledger have not."""


def _link(number: int, institution: str, values: Mapping[str, Any]) -> Link:
    given = {**(_UNSEALED if "kind" in values else {}), **values, "institution": institution}
    for name in ("salt", "files_salt", "commitment", "hash"):
        if isinstance(given.get(name), str):
            given[name] = _bytes(number, name, given[name])
    if "kind" in values:
        return EntryLink._make(_ENTRY.row(number, given))
    return EventLink._make(_EVENT.row(number, given))


class _Shape:
    """What a row of a table must look like, so that every database can hold it."""

    def __init__(self, table: Table) -> None:
        self.names = table.columns.keys()
        self.known = frozenset(self.names)
        self.checks = [
            (c.name, c.type.python_type, bool(c.nullable), getattr(c.type, "length", None)) for c in table.columns
        ]

    def row(self, number: int, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """The row, in the order of the table's columns: each is there, none besides, each of its type."""
        if wrong := given.keys() ^ self.known:
            raise BadDump(f"line {number} lacks a field, or has one too many: {printable(', '.join(sorted(wrong)))}")
        for name, kind, nullable, length in self.checks:
            value = given[name]
            if value is None and nullable:
                continue
            if type(value) is not kind:
                raise BadDump(f"line {number}: {name} is of another kind")
            if kind is int and not 0 <= value < 2**31:
                raise BadDump(f"line {number}: {name} is out of range")
            if kind is str and not _fits(value, length):
                raise BadDump(f"line {number}: {name} is too long, or no text")
        return tuple([given[name] for name in self.names])


_ENTRY, _EVENT, _LETTER, _LINK = map(_Shape, (tables.entry, tables.event, tables.outbox, tables.link))


def _fits(text: str, most: int | None) -> bool:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return "\0" not in text and (most is None or len(text) <= most)


def _bytes(number: int, name: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise BadDump(f"line {number}: {name} is not written in hex") from error


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"
