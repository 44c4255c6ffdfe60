"""CSV as people really save it: a header wherever it stands, and rows with their lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.names import printable
from seatsync.domain.origin import Origin

DELIMITERS = (",", ";", "\t")
_ROWS_ABOVE_HEADER = 10
_FIELD = {d: re.compile(rf'"(?:[^"]|"")*"|[^{re.escape(d)}"]*') for d in DELIMITERS}

Row = tuple[int, list[str]]


def squeezed(header: str) -> str:
    """A column's name without case, spaces and punctuation."""
    return "".join(c for c in header.casefold() if c.isalnum())


@dataclass(slots=True)
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
        """The place of the ``column``-th field (from 0) of the row that starts on ``line``."""
        lines = self.text.splitlines() if "\r" in self.text else self.text.split("\n")
        start = 0
        for match in _FIELD[self.delimiter].finditer(lines[line - 1] if line <= len(lines) else ""):
            if match.start() < start:
                continue
            if column == 0:
                return Origin(self.file, line, match.start() + 1)
            column, start = column - 1, match.end() + 1
        return Origin(self.file, line)

    def _too_long(self, line: int, row: Sequence[str]) -> None:
        message = (
            f"This row has {len(row)} fields, but the header has {len(self.header)} columns: "
            f'"{printable(row[len(self.header)])}" belongs to none. A name with a {_named(self.delimiter)} in it needs quotes.'
        )
        help = 'Put quotes around the field that holds it: "Smith, Jr.".'
        self.found.append(Diagnostic("csv-row-too-long", message, help, self.at(line, len(self.header))))


def read(
    text: str,
    file: str,
    known: Callable[[set[str]], bool],
    expected: Callable[[list[str]], str],
    found: list[Diagnostic],
) -> Table | None:
    """Find delimiter and header.

    ``known`` says whether a set of squeezed column names is a header; ``expected`` tells a person, who wrote these
    cells, what a header must have. None where there is no header, which ``found`` then says.
    """
    text = text.removeprefix("\ufeff")
    for delimiter in DELIMITERS:
        above: list[tuple[int, list[str]]] = []
        for line, row in _first_records(text, delimiter):
            if known({squeezed(cell) for cell in row if cell}):
                _tell_of_titles(above, file, line, found)
                header = [cell.strip() for cell in row]
                table = Table(file, text, delimiter, line, header, found)
                return table if _no_column_twice(table) else None
            if any(cell.strip() for cell in row) and not row[0].lower().startswith("sep="):
                above.append((line, row))
    _no_header(text, file, expected, found)
    return None


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


def _tell_of_titles(above: list[tuple[int, list[str]]], file: str, header_line: int, found: list[Diagnostic]) -> None:
    for line, row in above:
        title = " ".join(cell.strip() for cell in row if cell.strip())
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


def _no_header(text: str, file: str, expected: Callable[[list[str]], str], found: list[Diagnostic]) -> None:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    line, cells = next(iter(_first_records(first, delimiter)), (1, [""]))
    said = f'its first row is "{printable(first)}"' if first else "it is empty"
    message = f"{file} has no header that seatsync knows; {said}."
    found.append(Diagnostic("csv-header", message, expected([cell.strip() for cell in cells]), Origin(file, line)))


def _named(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
