"""Dump a ledger as JSON Lines and load it again: to move it to another database, or as a backup that any program can read.

The first line names the institution and the end of its journal. Then come the journal's links, the letters of the outbox, and
the hashes of the personal links in letters. The tables of the present are left out: they are rebuilt from the journal.
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
from seatsync.domain.posting import duplicate_name, overfull
from seatsync.domain.text.characters import is_slug, printable
from seatsync.ledger import link_chain, tables
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.journal import EntryLink, EventLink
from seatsync.ledger.read import knows, renamed_to
from seatsync.ledger.replay import Link, Replay, began_as, links, stream
from seatsync.ledger.retention import forget_sending
from seatsync.ledger.rows import bulk, write_present

FORMAT = "seatsync-ledger/1"
CHUNK = 20_000


class BadDump(Failure):
    """The file is not a complete dump; ``why`` says what is wrong, and in which line."""

    exit_code = ExitCode.INVALID

    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing was loaded. The dump can't be used: {why}.", "Dump the ledger again.")


class AlreadyThere(Failure):
    """The ledger already has this institution."""

    exit_code = ExitCode.REFUSED

    def __init__(self, institution: str) -> None:
        help = "Name a ledger that does not have it: --ledger."
        super().__init__(f'Nothing was loaded: the ledger already has "{institution}".', help)


def dump(connection: Connection, institution: str) -> Iterator[str]:
    """The dump's lines, each with its newline; none where the ledger does not know the institution."""
    columns = tables.institution.c
    known = select(columns.serial, columns.head).where(columns.institution == institution)
    row = connection.execute(known).one_or_none()
    if row is None:
        return
    first_id = began_as(connection, institution)
    yield _line(
        {
            "format": FORMAT,
            "institution": institution,
            **({"began_as": first_id} if first_id != institution else {}),
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
    personal_links = select(tables.link).where(tables.link.c.institution == institution).order_by(tables.link.c.hash)
    for row in connection.execute(personal_links.execution_options(yield_per=CHUNK)):
        yield _line({name: _plain(value) for name, value in row._asdict().items() if name != "institution"})


def _count(connection: Connection, table: Table, institution: str) -> int:
    return connection.execute(select(func.count()).where(table.c.institution == institution)).scalar_one()


class Dump:
    """A dump to be loaded, once.

    Raises:
        BadDump: it does not begin like a dump.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = enumerate(lines, 1)
        header = _header(self._lines)
        self.institution: str = header["institution"]
        self.began_as: str = header.get("began_as", self.institution)
        self._ends_at: tuple[int, str] = (header["serial"], header["head"])
        self._letters: int = header["letters"]
        self._links: int = header.get("links", 0)
        self.unlinked: set[int] = set()
        """The serials of letters whose personal links were not loaded."""
        self._is_used = False

    def load(self, connection: Connection) -> None:
        """Write the dump into a ledger that does not know the institution.

        Raises:
            BadDump: the dump is incomplete, or its chain is broken.
            AlreadyThere: the ledger knows the institution.
            LedgerError: an earlier attempt was rolled back; the lines are used up.
        """
        if self._is_used:
            raise LedgerError("The ledger was busy, and nothing was loaded.", "Load the dump again.")
        columns = tables.institution.c
        known = select(columns.serial).where(columns.institution == self.institution)
        if connection.execute(known).first() is not None or renamed_to(connection, self.institution):
            raise AlreadyThere(self.institution)
        self._is_used = True
        walk, writer = Replay(self.began_as), _Writer(connection)
        self._load_journal(walk, writer)
        self._load_letters(writer)
        try:
            self._load_links(writer, _last_noted(walk))
            writer.flush()
        except IntegrityError as error:
            raise BadDump("two of its personal links have the same number") from error
        books = walk.books
        if books.institution is None or books.institution.id != self.institution:
            raise BadDump(f"its journal is not the journal of {self.institution}")
        if (name := overfull(books, books.libraries) or duplicate_name(books)) is not None:
            raise BadDump(f"it uses more seats than there are, or has the same member twice: {printable(name)}")
        if live := [id for id in books.former if knows(connection, id)]:
            raise AlreadyThere(live[0])
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
                f"it ends at journal entry {walk.verdict.serial}, not at {serial} with the head {head[:12]}: it was cut off"
            )

    def _load_letters(self, writer: _Writer) -> None:
        found = last = 0
        for number, text in islice(self._lines, self._letters):
            found += 1
            given = {**tables.UNTRIED, **_parsed(number, text), "institution": self.institution}
            row = _LETTER.row(number, given)
            if given["serial"] <= last:
                raise BadDump(f"line {number}: the letters are out of order")
            last = given["serial"]
            writer.add("outbox", row)
        if found != self._letters:
            raise BadDump(f"it has {found} letters, not {self._letters}: it was cut off")

    def _load_links(self, writer: _Writer, noted: int) -> None:
        """Load the personal links up to the number noted in the journal; nothing proves who made the later ones."""
        found, last = 0, b""
        for number, text in self._lines:
            found += 1
            # Before version 0008 of the ledger, links had no number: they are numbered in their order.
            given = {"number": found, **_parsed(number, text), "institution": self.institution}
            given["hash"] = _bytes(number, "hash", str(given.get("hash")))
            row = _LINK.row(number, given)
            if given["number"] <= noted:
                writer.add("link", row)
            else:
                self.unlinked.add(given["serial"])
            if given["hash"] <= last:
                raise BadDump(f"line {number}: the personal links are out of order")
            last = given["hash"]
        if found != self._links:
            raise BadDump(f"it has {found} personal links, not {self._links}: some are missing or were added")


def _last_noted(walk: Replay) -> int:
    """The highest number of a personal link that the journal's last entry has noted."""
    try:
        number = link_chain.noted(walk.entry.detail if walk.entry is not None else "{}").number
    except (ValueError, TypeError, AttributeError) as error:
        raise BadDump("its journal has invalid data about personal links") from error
    if not is_number(number):
        raise BadDump("its journal has invalid data about personal links")
    return number


class _Writer:
    """Collects rows and writes them to their tables in chunks."""

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
        raise BadDump(f"it does not begin like a dump ({FORMAT})")
    id, head = values.get("institution"), values.get("head")
    first_id = values.get("began_as", id)
    if not (all(isinstance(it, str) and is_slug(it) for it in (id, first_id)) and isinstance(head, str)):
        raise BadDump("its first line does not name the institution and the end of the journal")
    if not (
        values.get("serial")
        and is_number(values["serial"])
        and is_number(values.get("letters"))
        and is_number(values.get("links", 0))
    ):
        raise BadDump("its first line does not say how many lines follow")
    return values


def _parsed(number: int, text: str) -> Mapping[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadDump(f"line {number} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise BadDump(f"line {number} is not a JSON object")
    return values


_UNSEALED = dict.fromkeys(("plan", "salt", "files", "files_salt"))
"""Fields that dumps from before version 0009 of the ledger do not have."""


def _link(number: int, institution: str, values: Mapping[str, Any]) -> Link:
    given = {**(_UNSEALED if "kind" in values else {}), **values, "institution": institution}
    for name in ("salt", "files_salt", "commitment", "hash"):
        if isinstance(given.get(name), str):
            given[name] = _bytes(number, name, given[name])
    if "kind" in values:
        return EntryLink._make(_ENTRY.row(number, given))
    return EventLink._make(_EVENT.row(number, given))


class _Shape:
    """Checks that a row fits a table in every database."""

    def __init__(self, table: Table) -> None:
        self.names = table.columns.keys()
        self.known = frozenset(self.names)
        self.checks = [
            (c.name, c.type.python_type, bool(c.nullable), getattr(c.type, "length", None)) for c in table.columns
        ]

    def row(self, number: int, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the row in the order of the table's columns.

        Raises:
            BadDump: a field is missing, unknown or of the wrong type.
        """
        if wrong := given.keys() ^ self.known:
            raise BadDump(f"line {number} has missing or unknown fields: {printable(', '.join(sorted(wrong)))}")
        for name, kind, nullable, length in self.checks:
            value = given[name]
            if value is None and nullable:
                continue
            if type(value) is not kind:
                raise BadDump(f"line {number}: {name} has the wrong type")
            if kind is int and not 0 <= value < 2**31:
                raise BadDump(f"line {number}: {name} is out of range")
            if kind is str and not _fits(value, length):
                raise BadDump(f"line {number}: {name} is too long, or not valid text")
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
        raise BadDump(f"line {number}: {name} is not hexadecimal") from error


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"
