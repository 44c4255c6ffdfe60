"""Several changes of one CSV file, made at once and proved by reading the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from seatsync.domain.text.characters import clean
from seatsync.domain.text.formulas import defused
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.csv_file import CsvFile
from seatsync.sources.editing.texts.splices import Splice, spliced
from seatsync.sources.tables import csv_table
from seatsync.sources.tables.csv_table import CsvTable
from seatsync.sources.tables.header import HeaderSpec
from seatsync.sources.tables.table import Record


class CsvEdits:
    """Collects changes of rows by the lines on which they begin in the file as it was, and turns them into splices."""

    def __init__(self, table: CsvTable, spec: HeaderSpec) -> None:
        self.table = table
        self.spec = spec
        self._added: list[list[str]] = []
        self._removed: set[int] = set()
        self._values: dict[int, dict[int, str]] = {}

    def add(self, values: Mapping[int, str]) -> None:
        """Add a row at the end, with these values by the position of their columns; all others are empty."""
        self._added.append([values.get(position, "") for position in range(len(self.table.header))])

    def remove(self, line: int) -> None:
        """Remove the row that begins on ``line``."""
        self._removed.add(line)

    def set(self, line: int, position: int, value: str) -> None:
        """Give the row that begins on ``line`` another value in a column."""
        self._values.setdefault(position, {})[line] = value

    def value(self, line: int, position: int) -> str:
        """Return what the row has in a column, as it would be."""
        changed = self._values.get(position, {})
        return changed[line] if line in changed else self._field(self._rows[line], position)

    @property
    def leaves_rows(self) -> bool:
        """Whether the file would still have rows."""
        return bool(self._added or self._rows.keys() - self._removed)

    def splices(self) -> list[Splice]:
        """Return the splices for all changes.

        Raises:
            CannotEdit: the file would not be read back as meant.
        """
        rows = [(self.table.header_line, self._end_of_header)]
        rows += [(first, last) for first, last, row in self._records if any(map(str.strip, row))]
        file = CsvFile(self.table.text, self.table.delimiter, rows)
        made = [splice for position, values in self._values.items() for splice in self._changes(file, position, values)]
        made += file.removed(self._removed)
        if self._added:
            made.append(file.added([defused(row) for row in self._added]))
        self._prove(made)
        return made

    def _changes(self, file: CsvFile, position: int, values: Mapping[int, str]) -> list[Splice]:
        kept = {line: defused([value])[0] for line, value in values.items() if line not in self._removed}
        return file.with_values(position, kept)

    @cached_property
    def _records(self) -> Sequence[Record]:
        return [*self.table.records()]

    @cached_property
    def _rows(self) -> Mapping[int, list[str]]:
        return {first: row for first, _, row in self._records}

    @property
    def _end_of_header(self) -> int:
        last = self._records[0][0] - 1 if self._records else self.table.text.count("\n") + 1
        return max(self.table.header_line, last)

    def _field(self, row: Sequence[str], position: int) -> str:
        return row[position] if position < len(row) else ""

    def _prove(self, splices: Sequence[Splice]) -> None:
        expected = []
        touched = {line for values in self._values.values() for line in values}
        for first, _, row in self._records:
            if first in touched:
                changed = {position: values[first] for position, values in self._values.items() if first in values}
                width = max(len(row), *(position + 1 for position in changed))
                row = [changed.get(at, self._field(row, at)) for at in range(width)]
            if first not in self._removed:
                expected.append(row)
        changed_text = spliced(self.table.text, splices)
        table = csv_table.read(changed_text, self.table.file, self.spec, [])
        read = [row for _, _, row in table.records()] if table is not None else None
        if read is None or not _are_alike(read, [*expected, *self._added]):
            where = f"{self.table.file}:{self.table.header_line}"
            raise CannotEdit(f"{where}: the rows of this file are written too unusually to be changed.", BY_HAND)


BY_HAND = "Change the file by hand."


def _are_alike(read: Sequence[Sequence[str]], expected: Sequence[Sequence[str]]) -> bool:
    """Whether the rows are the same; blank ones do not count, nor white space around values, nor empty values at the end."""
    rows, others = ([row for row in some if any(map(str.strip, row))] for some in (read, expected))
    if len(rows) != len(others):
        return False
    return all(row == other or _meant(row) == _meant(other) for row, other in zip(rows, others, strict=True))


def _meant(row: Sequence[str]) -> list[str]:
    values = [*map(clean, row)]
    while values and not values[-1]:
        values.pop()
    return values
