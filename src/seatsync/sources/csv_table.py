"""CSV as people really save it: a header wherever it stands, and rows with their lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import dropwhile, islice
from typing import Any

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.emails import email_fault
from seatsync.domain.text.formulas import as_was, has_defused
from seatsync.domain.text.guesses import did_you_mean, nearest

DELIMITERS = (",", ";", "\t")
_NOT_READ = ("|", ":", "，")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", ":": "colon", "，": "wide comma"}
_ROWS_ABOVE_HEADER = 10
_LINE_END = re.compile(r"\r\n|\n|\r")
_BLANK = " \t\r\n,;\xa0"

Row = tuple[int, list[str]]
Record = tuple[int, int, list[str]]
"""(first line, last line, fields)"""


def squeezed(header: str) -> str:
    """A column's name without case, spaces and punctuation."""
    return "".join(c for c in header.casefold() if c.isalnum())


@dataclass(frozen=True)
class Wanted:
    """The header that is looked for.

    ``fits`` says whether a set of squeezed column names is one, ``names`` are all names it may have (as a person writes
    them), ``tell`` what a person must be told who wrote these cells instead.
    """

    fits: Callable[[set[str]], bool]
    names: tuple[str, ...]
    tell: Callable[[list[str]], str]

    def likeness(self, cells: list[str]) -> int:
        """How many cells are, or are nearly, one of the names."""
        known = [squeezed(name) for name in self.names]
        near = (nearest(squeezed(cell), known, 0.75) for cell in strange(cells, known))
        return sum(squeezed(cell) in known for cell in cells) + sum(map(bool, near))


@dataclass
class Table:
    """A CSV file whose header was found. ``columns`` are squeezed names, ``header`` the same as written."""

    file: str
    text: str
    delimiter: str
    header_line: int
    header: list[str]
    found: list[Diagnostic]

    @property
    def columns(self) -> list[str]:
        return [squeezed(name) for name in self.header]

    def records(self) -> Iterator[Record]:
        """All that stands below the header; quotes that do not fit become errors."""
        records = _records(self.text, self.delimiter, self.file, self.found)
        return dropwhile(lambda record: record[0] <= self.header_line, records)

    def rows(self, records: Iterable[Record] | None = None) -> Iterator[Row]:
        """(line, fields) of every row that is not blank; short rows are filled up.

        Rows with more fields than the header, and the header once more, become errors. ``records`` are those of the file
        that are wanted, where it is not all of them.
        """
        header, width = self.header, len(self.header)
        for line, end, row in self.records() if records is None else records:
            if not any(map(str.strip, row)):
                continue
            if end > line and (swallowing := self._swallowing(row)) is not None:
                self._swallowed(line, end, swallowing, row[swallowing])
                continue
            if row == header:
                message = f"The header stands here once more; it is already on line {self.header_line}."
                self.found.append(Diagnostic("csv-header", message, "Delete this row.", self.at(line, 0)))
                continue
            if len(row) != width:
                if any(cell.strip() for cell in row[width:]):
                    self._too_long(line, row)
                    continue
                row = row[:width] + [""] * (width - len(row))
            yield line, row

    def _swallowing(self, row: list[str]) -> int | None:
        """Where a value goes on into other rows: it has their e-mails in it, or as many separators as a row has."""
        for position, cell in enumerate(row):
            separators = cell.count(self.delimiter)
            if _LINE_END.search(cell) and separators and ("@" in cell or separators >= max(2, len(self.header) - 1)):
                return position
        return None

    def _swallowed(self, line: int, end: int, position: int, cell: str) -> None:
        message = f'A quote opens here and closes only on line {end}, so that whole rows became one value: "{printable(clean(cell))}".'
        help = "Delete the quote, or close it behind the value; a value itself can't hold other rows."
        self.found.append(Diagnostic("csv-quotes", message, help, self.at(line, position)))

    def at(self, line: int, column: int) -> Origin:
        """The place of the ``column``-th field (from 0) of the row that starts on ``line``; of a short row its end."""
        offset = self._line_starts[line - 1] if line <= len(self._line_starts) else 0
        row, start, field = line, offset, 0
        quoted = False
        position = offset
        while position < len(self.text):
            character = self.text[position]
            if character == '"':
                quoted = not quoted
            elif character in "\r\n":
                if not quoted:
                    break
                position += self.text.startswith("\r\n", position)
                row, start = row + 1, position + 1
            elif character == self.delimiter and not quoted:
                if field == column:
                    break
                field += 1
            if field == column and not quoted and character not in (" ", self.delimiter):
                break
            if field == column and quoted:
                break
            position += 1
        return Origin(self.file, row, position - start + 1)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def _too_long(self, line: int, row: list[str]) -> None:
        message = (
            f"This row has {len(row)} fields, but the header has {len(self.header)} columns: "
            f'"{printable(row[len(self.header)])}" belongs to none. A value with a {_NAMES[self.delimiter]} in it needs quotes.'
        )
        help = f'Put quotes around the field that holds it: "Smith{self.delimiter} Jr.".'
        self.found.append(Diagnostic("csv-row-too-long", message, help, self.at(line, len(self.header))))


def read(text: str, file: str, wanted: Wanted, found: list[Diagnostic]) -> Table | None:
    """Find delimiter and header. None where there is no header, which ``found`` then says."""
    text = text.removeprefix("\ufeff")
    for delimiter in DELIMITERS:
        above: list[Row] = []
        for line, row in _first_records(text, delimiter):
            if len(row) > _WIDEST:
                found.append(_too_wide(row, Origin(file, line)))
                return None
            if wanted.fits({squeezed(cell) for cell in row if cell}):
                found += (_above(title, file, line) for title in above)
                header = [cell.strip() for cell in row]
                table = Table(file, text, delimiter, line, header, found)
                return table if _no_column_twice(table) else None
            if any(cell.strip(_BLANK) for cell in row) and not row[0].lower().startswith("sep="):
                above.append((line, row))
    _no_header(text, file, wanted, found)
    return None


MOST_UNREAD = 20
"""So many columns that are not read are told one by one; a sheet with more is no roster, and its header says so."""

_LONGEST_NAME = 200
"""Characters of what may be a column's name: a guess compares it letter by letter."""

_WIDEST = 1_000
"""Columns of a table; a guess for each of some hundred thousand would take a minute."""


def _too_wide(row: list[str], where: Origin) -> Diagnostic:
    message = f"This row has {len(row):,} fields; a table may have {_WIDEST:,} columns."
    return Diagnostic("csv-header", message, "Delete the columns that nobody needs here, empty ones as well.", where)


def strange(cells: Iterable[str], known: Container[str]) -> list[str]:
    """The first cells of a header whose squeezed names are not ``known``, as many and as long as are worth a guess."""
    names = (cell for cell in cells if 0 < len(cell) <= _LONGEST_NAME)
    return [*islice((cell for cell in names if squeezed(cell) not in known), MOST_UNREAD)]


def tell_unread(table: Table, known: Container[str], names: tuple[str, ...], owner: str) -> None:
    """A warning for each column that is not ``known``: with the name that may have been meant, or that it has none."""
    unread = [(position, header) for position, header in enumerate(table.header) if squeezed(header) not in known]
    for position, header in unread[:MOST_UNREAD]:
        where, severity = table.at(table.header_line, position), Severity.WARNING
        if header:
            message = f'The column "{printable(header)}" is not read; {owner} has none of that name. {did_you_mean(header, names)}'
            help = "Correct its name, or delete it if nobody needs it here."
        else:
            below = ((line, row[position]) for line, row in replace(table, found=[]).rows() if row[position].strip())
            if (first := next(below, None)) is None:
                continue
            message = f'Column {position + 1} has no name and is not read, but it has values: "{printable(first[1])}" on line {first[0]}.'
            help = "Name it, or delete it if nobody needs it here."
        table.found.append(Diagnostic("unknown-column", message.rstrip(), help, where, severity))


def tell_two_columns(table: Table, position: int, meaning: str) -> None:
    """An error that the column at ``position`` means what another one means already."""
    message = f"Two columns mean the {meaning}; only one can."
    where = table.at(table.header_line, position)
    table.found.append(Diagnostic("csv-header", message, "Delete one of them.", where))


def _first_records(text: str, delimiter: str) -> list[Row]:
    return [(line, row) for line, _, row in islice(_records(text, delimiter, "", []), _ROWS_ABOVE_HEADER)]


def parser(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The fields of each record; raises csv.Error where quotes do not fit."""
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t")


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, some at a time: a StringIO takes four bytes for each character."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + 1_000_000) + 1 or len(text)
        yield from io.StringIO(text[start:end], newline="")
        start = end


def _records(text: str, delimiter: str, file: str, found: list[Diagnostic]) -> Iterator[Record]:
    reader: Any = parser(_lines(text), delimiter)
    line, is_defused = 1, has_defused(text)
    try:
        for row in reader:
            end = reader.line_num
            if is_defused:
                row = [*map(as_was, row)]
            yield line, end, row
            line = end + 1
    except csv.Error as error:
        said = next((fact for words, fact in _CSV_ERRORS.items() if str(error).startswith(words)), _STRAY_QUOTE)
        help = 'Close every quote; a quote inside a quoted field is written twice: "Mary ""May"" Smith".'
        found.append(
            Diagnostic("csv-quotes", f"The row that starts here can't be read: {said}.", help, Origin(file, line))
        )


_CSV_ERRORS = {
    "unexpected end": "a quote opens in it and is never closed",
    "field larger": "a value in it has more than 131,072 characters, mostly because a quote is never closed",
}
_STRAY_QUOTE = "a value goes on behind its closing quote"


def _above(title: Row, file: str, header_line: int) -> Diagnostic:
    """What to say of a row above the header: mostly it is a title, but it may be a member."""
    line, row = title
    member = next((cell for cell in map(clean, row) if email_fault(cell) is None), None)
    if member is not None:
        message = f"A member, {member}, stands above the header on line {header_line}, where nobody is read."
        return Diagnostic("csv-header", message, "Move the header to the top of the file.", Origin(file, line))
    message = (
        f'The row "{printable(clean(" ".join(row)))}" stands above the header on line {header_line} and is skipped; '
        "Numbers writes a table title there."
    )
    help = "Hide the table title before saving as CSV."
    return Diagnostic("csv-title-row", message, help, Origin(file, line), Severity.WARNING)


def _no_column_twice(table: Table) -> bool:
    columns = table.columns
    for position, name in enumerate(columns):
        if name and name in columns[:position]:
            message = f'The column "{printable(table.header[position])}" stands in the header twice.'
            where = table.at(table.header_line, position)
            table.found.append(Diagnostic("csv-header", message, "Delete one of the two columns.", where))
            return False
    return True


def _no_header(text: str, file: str, wanted: Wanted, found: list[Diagnostic]) -> None:
    """Tell of a header with other separators, else of the row that is most like a header, else of the first."""
    for delimiter in _NOT_READ:
        for line, row in _first_records(text, delimiter):
            if wanted.fits({squeezed(cell) for cell in row if cell}) and wanted.likeness(row) > 1:
                message = f"The sign between the columns is a {_NAMES[delimiter]}, which seatsync does not read."
                help = "Save it with commas, semicolons or tabs between the columns."
                found.append(Diagnostic("csv-header", message, help, Origin(file, line)))
                return
    rows = [
        (line, [cell.strip() for cell in row])
        for delimiter in DELIMITERS
        for line, row in _first_records(text, delimiter)
        if any(cell.strip(_BLANK) for cell in row)
    ]
    line, cells = max(rows, key=lambda row: (wanted.likeness(row[1]), -row[0], len(row[1])), default=(1, []))
    said = f'this row is "{printable(", ".join(cells))}"' if cells else "the file is empty"
    message = f"{file} has no header that seatsync knows; {said}."
    found.append(Diagnostic("csv-header", message, wanted.tell(cells), Origin(file, line)))
