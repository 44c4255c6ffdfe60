"""Change rows of a CSV file, in the way its other rows are written: quotes, spaces, line ends, the end of the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

from seatsync.sources.editing.texts.splices import Splice, line_end_of, line_starts, without_lines

_LIKE_THESE = 200
"""How many rows are looked at for the way in which a column is written."""
_NEAR = 20
"""How many rows above and below, and of the first ones of the file, are looked at for the way in which a row ends."""


class Cell(NamedTuple):
    """A field of a row: its range in the text without white space around it, its value, and whether it is in quotes."""

    start: int
    end: int
    value: str
    quoted: bool


@dataclass(frozen=True)
class CsvFile:
    """The text of a CSV file. ``records`` are (first line, last line) of its rows, the header first; blank rows are left out."""

    text: str
    delimiter: str
    records: Sequence[tuple[int, int]]

    @cached_property
    def starts(self) -> list[int]:
        return line_starts(self.text)

    def added(self, rows: Sequence[Sequence[str]]) -> Splice:
        """Return the splice that adds rows below the last one."""
        first, last = self.records[-1]
        start, end = self._range(first, last)
        like = self._cells_of(start, end)
        is_header = len(self.records) == 1
        line_end = line_end_of(self.text[start:end]) or line_end_of(self.text[:start]) or "\n"
        written = [self._row(row, like, is_header) for row in rows]
        if line_end_of(self.text[start:end]):
            return Splice(end, end, "".join(f"{row}{line_end}" for row in written))
        return Splice(end, end, "".join(f"{line_end}{row}" for row in written))

    def removed(self, lines: Collection[int]) -> list[Splice]:
        """Return the splices that delete the rows that begin on these lines."""
        return without_lines(
            self.text, (self._range(first, last) for first, last in self.records[1:] if first in lines)
        )

    def with_values(self, position: int, values: Mapping[int, str]) -> list[Splice]:
        """Return the splices that give the rows on these lines another value in the field at ``position``."""
        splices = []
        for number, (first, last) in enumerate(self.records[1:], 1):
            if first not in values:
                continue
            cells = self._cells((first, last))
            value = values[first]
            if position >= len(cells):  # a row that ends early
                missing = self.delimiter * (position - len(cells) + 1)
                splices.append(Splice(cells[-1].end, cells[-1].end, missing + self._quoted(value, False)))
                continue
            if not value and position == len(cells) - 1 and (kept := self._cells_without_last(number, values)):
                splices.append(Splice(cells[kept - 1].end, cells[-1].end, ""))
                continue
            cell = cells[position]
            quoted = self._is_quoted(position, first, cells)
            splices.append(Splice(cell.start, cell.end, self._quoted(value, quoted)))
        return splices

    def _cells_without_last(self, number: int, changed: Collection[int]) -> int:
        """Return how many fields a row keeps whose last one becomes empty, as the nearest unchanged row that has nothing there does.

        Where no such row is near, the first one of the file tells. 0: all of them, because that row has an empty field there, or
        because there is no such row.
        """
        cells = self._cells(self.records[number])
        last = len(cells) - 1
        filled = max(at for at, cell in enumerate(cells[:last], 1) if cell.value)
        kept = 0
        near = range(max(1, number - _NEAR), min(len(self.records), number + _NEAR + 1))
        for other in chain(sorted(near, key=lambda other: abs(other - number)), self._without(last)):
            row = self._cells(self.records[other]) if self.records[other][0] not in changed else cells
            if len(row) > last and not row[last].value:
                return kept
            if len(row) <= last and not row[-1].value:
                return max(filled, len(row))
            if len(row) < last:
                return filled
            if len(row) == last:  # may also be one that keeps empty fields
                kept = filled
        return kept

    def _without(self, position: int) -> list[int]:
        """The first rows, by their numbers, that have nothing in the field at ``position``."""
        if position not in self._rows_without:
            rows = ((number, self._cells(record)) for number, record in enumerate(self.records[1:], 1))
            without = (number for number, row in rows if len(row) <= position or not row[position].value)
            self._rows_without[position] = [*islice(without, _NEAR)]
        return self._rows_without[position]

    @cached_property
    def _rows_without(self) -> dict[int, list[int]]:
        return {}

    def _row(self, row: Sequence[str], like: Sequence[Cell], is_header: bool) -> str:
        written = []
        for position, value in enumerate(row):
            model = like[position] if position < len(like) else None
            quoted = model.quoted if model is not None else all(cell.quoted for cell in like)
            if model is not None and quoted and not is_header:
                quoted = self._is_quoted(position, self.records[-1][0], like)
            before = self._space_before(like, position)
            written.append(f"{before}{self._quoted(value, quoted)}")
        return self.delimiter.join(written)

    def _space_before(self, like: Sequence[Cell], position: int) -> str:
        if not 0 < position < len(like) or self.delimiter == "\t":
            return ""
        between = self.text[like[position - 1].end : like[position].start].rpartition(self.delimiter)[2]
        return between if set(between) <= {" "} else ""

    def _is_quoted(self, position: int, line: int, cells: Sequence[Cell]) -> bool:
        """Whether a field gets quotes that its value does not need: as it had them, or else as the others in its column do."""
        cell = cells[position]
        if not self._needs_quotes(cell.value):
            return cell.quoted
        others = [record for record in self.records[1 : _LIKE_THESE + 1] if record[0] != line]
        column = [row[position] for row in map(self._cells, others) if position < len(row)]
        telling = [cell for cell in column if not self._needs_quotes(cell.value)]
        if not telling:
            telling = self._cells(self.records[0])[position : position + 1]
        filled = [cell for cell in telling if cell.value]
        return bool(telling) and (filled or telling)[0].quoted

    def _quoted(self, value: str, quoted: bool) -> str:
        if not (quoted or self._needs_quotes(value)):
            return value
        doubled = value.replace('"', '""')
        return f'"{doubled}"'

    def _needs_quotes(self, value: str) -> bool:
        return any(sign in value for sign in (self.delimiter, '"', "\r", "\n")) or value != value.strip()

    def _range(self, first: int, last: int) -> tuple[int, int]:
        """Return the range of the lines ``first`` to ``last``, with the line end."""
        return self.starts[first - 1], self.starts[last] if last < len(self.starts) else len(self.text)

    def _cells(self, record: tuple[int, int]) -> list[Cell]:
        if record not in self._parsed:
            self._parsed[record] = self._cells_of(*self._range(*record))
        return self._parsed[record]

    @cached_property
    def _parsed(self) -> dict[tuple[int, int], list[Cell]]:
        return {}

    def _cells_of(self, start: int, end: int) -> list[Cell]:
        """Return the fields of the row at this range. The CSV reader has read it before, so its quotes are right."""
        text, cells, at = self.text, [], start
        end -= len(line_end_of(text[start:end]))
        while True:
            while at < end and text[at] == " " and self.delimiter != "\t":
                at += 1
            begin = at
            if at < end and text[at] == '"':
                at = _closing_quote(text, at, end) + 1
                cells.append(Cell(begin, at, text[begin + 1 : at - 1].replace('""', '"'), True))
                at = (text.find(self.delimiter, at, end) + 1 or end + 1) - 1
            else:
                at = (text.find(self.delimiter, at, end) + 1 or end + 1) - 1
                cells.append(Cell(begin, at, text[begin:at], False))
            if at >= end:
                return cells
            at += len(self.delimiter)


def _closing_quote(text: str, opening: int, end: int) -> int:
    at = text.index('"', opening + 1)
    while text[at + 1 : at + 2] == '"' and at + 1 < end:
        at = text.index('"', at + 2)
    return at
