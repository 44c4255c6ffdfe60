"""One CSV file of a set, as columns: only those that are asked for, some thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from csv import Error
from itertools import islice
from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.guesses import did_you_mean
from seatsync.sources.rosters.sets.archive import Archive
from seatsync.sources.tables.csv_records import parser
from seatsync.sources.tables.csv_table import DELIMITERS, CsvTable
from seatsync.sources.tables.header import WIDEST
from seatsync.sources.tables.passwords import Passwords
from seatsync.sources.tables.table import squeezed

AT_ONCE = 5_000
Names = tuple[str, ...]
"""The names of a column, as programs write them; the first that a header has counts."""


class Rows(NamedTuple):
    """Some rows: their lines, and the values of the columns that were asked for."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


class Part:
    """A file whose header was found. ``name`` is the file's in the set: ``users``."""

    def __init__(self, name: str, table: CsvTable) -> None:
        self.name = name
        self.table = table
        self.passwords = Passwords(table)
        self.positions: dict[str, list[int]] = {}
        for position, column in enumerate(table.columns):
            self.positions.setdefault(column, []).append(position)

    def has(self, *names: str) -> bool:
        """Whether the file has a column with one of these names."""
        return any(squeezed(name) in self.positions for name in names)

    def position(self, names: Names) -> int:
        """The position of the first of these columns that the file has; -1 for none."""
        return next((self.positions[name][0] for name in map(squeezed, names) if name in self.positions), -1)

    def guess(self, name: str) -> str:
        return did_you_mean(name, [written for written in self.table.header if written])

    def rows(self, *columns: Names) -> Iterator[Rows]:
        """Yield the rows, with a column of empty texts for a column that the file does not have."""
        wanted = [self.position(names) for names in columns]
        twice = [at for at in self.positions.values() if len(at) > 1 and at[0] in wanted]
        records = self.table.records()
        while batch := list(islice(records, AT_ONCE)):
            lines, ends, rows = zip(*batch, strict=True)
            if lines != ends or {*map(len, rows)} != {len(self.table.header)}:
                sound = [*self.table.rows(batch)]
                if not sound:
                    continue
                lines, rows = zip(*sound, strict=True)
            values = [*zip(*rows, strict=True), ("",) * len(rows)]
            self.passwords.look(values, lines)
            for one, *others in twice:
                self._must_agree(values, one, others, lines)
            yield Rows(lines, [values[at] for at in wanted])

    def _must_agree(self, values: list[tuple[str, ...]], one: int, others: list[int], lines: Sequence[int]) -> None:
        """Report columns with one name and different values, once."""
        for other in others:
            if values[one] != values[other]:
                row = next(
                    at for at, pair in enumerate(zip(values[one], values[other], strict=True)) if len({*pair}) > 1
                )
                message = f'The column "{self.table.header[one]}" is in the header twice, with different values.'
                where = self.table.at(lines[row], other)
                if not any(known.message == message for known in self.table.found):
                    self.table.found.append(Diagnostic("csv-header", message, "Delete one of the two columns.", where))


def read_part(archive: Archive, name: str, needs: Sequence[Names]) -> Part | None:
    """Read the header of a file of the set; None, and a diagnostic, where it lacks a column that it ``needs``."""
    text = archive.text(name)
    if text is None:
        return None
    tables = [table for delimiter in DELIMITERS if (table := _table(text, archive, name, delimiter)) is not None]
    parts = [Part(name, table) for table in tables]
    if not parts:
        archive.folder.found.append(_without(archive, name, f"it is empty, or has more than {WIDEST:,} columns"))
        return None
    part = max(parts, key=lambda part: sum(part.has(*names) for names in needs))
    missing = [names[0] for names in needs if not part.has(*names)]
    if missing:
        what = "the column" if len(missing) == 1 else "the columns"
        fact = f"its first row lacks {what} {', '.join(missing)}"
        archive.folder.found.append(_without(archive, name, fact))
        return None
    return part


def _without(archive: Archive, name: str, fact: str) -> Diagnostic:
    message = f"{archive.name_of(name)} has no header that seatsync knows: {fact}."
    help = "Export the set again. The order of the columns does not matter, but the first row must name them."
    return Diagnostic("csv-header", message, help, Origin(archive.name_of(name), 1))


def _table(text: str, archive: Archive, name: str, delimiter: str) -> CsvTable | None:
    """The table whose first row that is not blank is the header."""
    text = text.removeprefix("\ufeff")
    lines = enumerate(text.split("\n", 20)[:20], 1)
    try:
        for line, written in lines:
            header = next(iter(parser([written.rstrip("\r")], delimiter)), [])
            if any(cell.strip() for cell in header):
                if len(header) > WIDEST:
                    return None
                return CsvTable(
                    archive.name_of(name),
                    line,
                    [cell.strip() for cell in header],
                    archive.folder.found,
                    text,
                    delimiter,
                )
    except Error:
        return None
    return None
