"""CSV as people really save it: a header wherever it stands, and rows with their lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import islice

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.names import clean, did_you_mean, printable
from seatsync.domain.origin import Origin

DELIMITERS = (",", ";", "\t")
_ROWS_ABOVE_HEADER = 10
_LINE_END = re.compile(r"\r\n|\n|\r")
_BLANK = " \t\r\n,;\xa0"

Row = tuple[int, list[str]]


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
        return sum(bool(get_close_matches(squeezed(cell), known, n=1, cutoff=0.75)) for cell in cells if cell.strip())


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

    def rows(self) -> Iterator[Row]:
        """(line, fields) of every row below the header that is not blank; short rows are filled up.

        Rows with more fields than the header, and quotes that do not close, become errors.
        """
        width = len(self.header)
        for line, row in _records(self.text, self.delimiter, self.file, self.found):
            if line <= self.header_line or not any(row) or not any(map(str.strip, row)):
                continue
            if len(row) != width:
                if len(row) > width and any(cell.strip() for cell in row[width:]):
                    self._too_long(line, row)
                    continue
                row = row[:width] + [""] * (width - len(row))
            yield line, row

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
            f'"{printable(row[len(self.header)])}" belongs to none. A value with a {_named(self.delimiter)} in it needs quotes.'
        )
        help = f'Put quotes around the field that holds it: "Smith{self.delimiter} Jr.".'
        self.found.append(Diagnostic("csv-row-too-long", message, help, self.at(line, len(self.header))))


def read(text: str, file: str, wanted: Wanted, found: list[Diagnostic]) -> Table | None:
    """Find delimiter and header. None where there is no header, which ``found`` then says."""
    text = text.removeprefix("\ufeff")
    for delimiter in DELIMITERS:
        above: list[Row] = []
        for line, row in _first_records(text, delimiter):
            if wanted.fits({squeezed(cell) for cell in row if cell}):
                _tell_of_titles(above, file, line, found)
                header = [cell.strip() for cell in row]
                table = Table(file, text, delimiter, line, header, found)
                return table if _no_column_twice(table) else None
            if any(cell.strip(_BLANK) for cell in row) and not row[0].lower().startswith("sep="):
                above.append((line, row))
    _no_header(text, file, wanted, found)
    return None


def tell_unknown_column(table: Table, position: int, names: tuple[str, ...], owner: str) -> None:
    """A warning that a column is not read, with the name that may have been meant."""
    header = table.header[position]
    message = (
        f'The column "{printable(header)}" is not read; {owner} has none of that name. {did_you_mean(header, names)}'
    )
    help = "Correct its name, or delete it if nobody needs it here."
    where = table.at(table.header_line, position)
    table.found.append(Diagnostic("unknown-column", message.rstrip(), help, where, Severity.WARNING))


def _first_records(text: str, delimiter: str) -> list[Row]:
    return list(islice(_records(text, delimiter, "", []), _ROWS_ABOVE_HEADER))


def _records(text: str, delimiter: str, file: str, found: list[Diagnostic]) -> Iterator[Row]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t"
    )
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        message = f"The quotes of the row that starts here do not fit: {error}."
        help = 'Close every quote; a quote inside a quoted field is written twice: "Mary ""May"" Smith".'
        found.append(Diagnostic("csv-quotes", message, help, Origin(file, line)))


def _tell_of_titles(above: list[Row], file: str, header_line: int, found: list[Diagnostic]) -> None:
    for line, row in above:
        title = clean(" ".join(row))
        message = (
            f'The row "{printable(title)}" stands above the header on line {header_line} and is skipped; '
            "Numbers writes a table title there."
        )
        help = "Hide the table title before saving as CSV."
        found.append(Diagnostic("csv-title-row", message, help, Origin(file, line), Severity.WARNING))


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
    """Tell of the row that is most like a header, else of the first."""
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


def _named(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
