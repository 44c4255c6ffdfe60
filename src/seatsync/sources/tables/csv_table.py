"""Read CSV as people really save it: find the header and the delimiter, and give each row its line number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile, islice
from typing import Any

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.formulas import has_defused, restored
from seatsync.sources.tables.header import (
    ROWS_LOOKED_AT,
    WIDEST,
    HeaderSpec,
    has_distinct_columns,
    report_no_header,
    row_above_header,
    too_wide,
)
from seatsync.sources.tables.table import Record, Row, Table

DELIMITERS = (",", ";", "\t")
_NOT_READ = ("|", ":", "，")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", ":": "colon", "，": "wide comma"}
_LINE_END = re.compile(r"\r\n|\n|\r")
_BLANK = " \t\r\n,;\xa0"


@dataclass
class CsvTable(Table):
    """A CSV file whose header was found."""

    text: str
    delimiter: str

    def records(self) -> Iterator[Record]:
        records = _records(self.text, self.delimiter, self.file, self.found)
        return dropwhile(lambda record: record[0] <= self.header_line, records)

    def _swallows_rows(self, line: int, end: int, row: list[str]) -> bool:
        column = self._column_with_rows(row)
        if column is not None:
            self._report_swallowed_rows(line, end, column, row[column])
        return column is not None

    def _column_with_rows(self, row: list[str]) -> int | None:
        """Return the column whose value contains further rows: it holds their e-mails, or as many separators as a row."""
        for position, cell in enumerate(row):
            separators = cell.count(self.delimiter)
            if _LINE_END.search(cell) and separators and ("@" in cell or separators >= max(2, len(self.header) - 1)):
                return position
        return None

    def _report_swallowed_rows(self, line: int, end: int, position: int, cell: str) -> None:
        message = f'A quote opens here and closes only on line {end}, so several rows became one value: "{printable(clean(cell))}".'
        help = "Delete the quote, or close it after the value; one value can't hold several rows."
        self.found.append(Diagnostic("csv-quotes", message, help, self.at(line, position)))

    def at(self, line: int, column: int) -> Origin:
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

    def _report_too_long(self, line: int, row: list[str]) -> None:
        message = (
            f"This row has {len(row)} values, but the header has {len(self.header)} columns: "
            f'"{printable(row[len(self.header)])}" has no column. A value that contains a {_NAMES[self.delimiter]} needs quotes.'
        )
        help = f'Put quotes around the whole value: "Smith{self.delimiter} Jr.".'
        self.found.append(Diagnostic("csv-row-too-long", message, help, self.at(line, len(self.header))))


def read(text: str, file: str, spec: HeaderSpec, found: list[Diagnostic]) -> CsvTable | None:
    """Find delimiter and header. Return None, and add to ``found``, where there is no such header."""
    text = text.removeprefix("\ufeff")
    for delimiter in DELIMITERS:
        above: list[Row] = []
        for line, row in _first_records(text, delimiter):
            if len(row) > WIDEST:
                found.append(too_wide(row, Origin(file, line)))
                return None
            if spec.is_met_by(row):
                found += (row_above_header(title, file, line) for title in above)
                table = CsvTable(file, line, [cell.strip() for cell in row], found, text, delimiter)
                return table if has_distinct_columns(table) else None
            if any(cell.strip(_BLANK) for cell in row) and not row[0].lower().startswith("sep="):
                above.append((line, row))
    _report_no_header(text, file, spec, found)
    return None


def _first_records(text: str, delimiter: str) -> list[Row]:
    return [(line, row) for line, _, row in islice(_records(text, delimiter, "", []), ROWS_LOOKED_AT)]


def parser(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the fields of each record.

    Raises:
        csv.Error: the quotes of a record are broken.
    """
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t")


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their line ends. A StringIO takes four bytes a character, so it gets a part of the text at a time."""
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
                row = [*map(restored, row)]
            yield line, end, row
            line = end + 1
    except csv.Error as error:
        fact = next((fact for words, fact in _CSV_ERRORS.items() if str(error).startswith(words)), _STRAY_QUOTE)
        help = 'Close every quote. Write a quote inside a quoted value twice: "Mary ""May"" Smith".'
        found.append(
            Diagnostic("csv-quotes", f"The row that starts here can't be read: {fact}.", help, Origin(file, line))
        )


_CSV_ERRORS = {
    "unexpected end": "a quote opens in it and is never closed",
    "field larger": "a value in it has more than 131,072 characters, usually because a quote is never closed",
}
_STRAY_QUOTE = "a value continues after its closing quote"


def _report_no_header(text: str, file: str, spec: HeaderSpec, found: list[Diagnostic]) -> None:
    """Report a header with another separator, else the row that is most like a header."""
    for delimiter in _NOT_READ:
        for line, row in _first_records(text, delimiter):
            if spec.is_met_by(row) and spec.likeness(row) > 1:
                message = f"The columns are separated by a {_NAMES[delimiter]}, which seatsync can't read."
                help = "Save the file with commas, semicolons or tabs between the columns."
                found.append(Diagnostic("csv-header", message, help, Origin(file, line)))
                return
    rows = [
        (line, [cell.strip() for cell in row])
        for delimiter in DELIMITERS
        for line, row in _first_records(text, delimiter)
        if any(cell.strip(_BLANK) for cell in row)
    ]
    report_no_header(rows, file, spec, found)
