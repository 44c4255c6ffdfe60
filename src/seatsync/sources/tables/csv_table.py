"""Read CSV as people really save it: find the header and the delimiter, and give each row its line number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile, islice

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import with_a_dot_for_a_comma
from seatsync.sources.tables.csv_records import Lines, RecordReader
from seatsync.sources.tables.header import (
    ROWS_LOOKED_AT,
    WIDEST,
    HeaderSpec,
    has_distinct_columns,
    report_no_header,
    tell_of_rows_above,
    too_wide,
)
from seatsync.sources.tables.table import Record, Row, Table
from seatsync.sources.tables.unquoted import unquoted

DELIMITERS = (",", ";", "\t", "|", "^")
_IN_TEXT = (":", "，")
"""Delimiters that are also in titles and other text: they count only where several columns have known names."""
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", ":": "colon", "，": "wide comma"}
_SAYS_DELIMITER = re.compile(r'"?sep=([^\w\s"@.\'\-]|\t)"?[ \t,;]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)
"""The line with which Excel is told the delimiter."""


@dataclass
class CsvTable(Table):
    """A CSV file whose header was found."""

    text: str
    delimiter: str

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)

    def records(self) -> Iterator[Record]:
        reader = RecordReader(self._lines, self.delimiter, len(self.header), self._report_quotes)
        reader.swallows = self._swallows_rows
        return dropwhile(lambda record: record[0] <= self.header_line, reader)

    def _report_quotes(self, line: int, fact: str) -> None:
        if line > self.header_line:
            self.found.append(_broken_quotes(self.file, line, fact))

    def _swallows_rows(self, line: int, end: int, row: list[str]) -> bool:
        """Whether a value contains further rows: it holds their e-mails, or as many separators as a row. If so, report it."""
        if line <= self.header_line:
            return False
        for position, cell in enumerate(row):
            separators = cell.count(self.delimiter)
            is_long = ("\n" in cell or "\r" in cell) and separators
            if is_long and ("@" in cell or separators >= max(2, len(self.header) - 1)):
                message = f"A quote opens here and closes only on line {end}, so several rows became one value."
                help = "Delete the quote, or close it after the value; one value can't hold several rows."
                self.found.append(Diagnostic("csv-quotes", message, help, self.at(line, position)))
                return True
        return False

    def at(self, line: int, column: int) -> Origin:
        offset = self._lines.start(line)
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

    def _report_too_long(self, line: int, row: list[str]) -> None:
        name = _NAMES.get(self.delimiter, f"“{printable(self.delimiter)}”")
        more = "the last" if self.has_secrets else f'"{printable(row[len(self.header)])}"'
        message = (
            f"This row has {len(row)} values, but the header has {len(self.header)} columns: {more} has no column."
        )
        quotes = f" A value that contains a {name} needs quotes."
        help, position = f'Put quotes around the whole value: "Smith{self.delimiter} Jr.".', len(self.header)
        raw = self.text[self._lines.start(line) : self._lines.start(line + 1)]
        split = None if self.has_secrets else unquoted(self.columns, row, raw, self.delimiter)
        if split is not None:
            position, whole = split.column, printable(split.value.strip("'‘’“”"))
            is_likely = f'Under "{printable(self.header[position])}" is probably the value {whole}'
            help = f'{is_likely}: put quotes around the whole of it: "{whole}".'
            if "@" in whole:
                quotes, mended = "", with_a_dot_for_a_comma(whole)
                fix = (
                    f"a comma where a dot belongs? Write {mended}."
                    if mended
                    else f"write one e-mail there, without a {name}."
                )
                help = f"{is_likely}: {fix}"
        self.found.append(Diagnostic("csv-row-too-long", message + quotes, help, self.at(line, position)))

    def _is_split_otherwise(self, line: int, row: list[str]) -> bool:
        width = len(self.header)
        other = next((d for d in DELIMITERS if d != self.delimiter and row[0].count(d) >= max(1, width - 1)), None)
        if len(row) > 1 or other is None or width == 1:
            return False
        message = (
            f"The values of this row are separated by a {_NAMES.get(other, other)}, "
            f"but those of the header on line {self.header_line} by a {_NAMES.get(self.delimiter, self.delimiter)}."
        )
        help = "Save the file with the same separator in all rows."
        self.found.append(Diagnostic("csv-row-too-long", message, help, self.at(line, 0)))
        return True


def read(text: str, file: str, spec: HeaderSpec, found: list[Diagnostic]) -> CsvTable | None:
    """Find delimiter and header. Return None, and add to ``found``, where there is no such header."""
    text = text.removeprefix("\ufeff")
    lines, said = Lines(text), _SAYS_DELIMITER.match(text)
    broken: list[tuple[int, str]] = []
    for delimiter in dict.fromkeys([*(said.groups() if said else ()), *DELIMITERS, *_IN_TEXT]):
        above: list[Row] = []
        for line, row in _first_records(lines, delimiter, broken):
            if len(row) > WIDEST:
                found.append(too_wide(row, Origin(file, line)))
                return None
            if spec.is_met_by(row) and (delimiter not in _IN_TEXT or spec.likeness(row) > 1):
                header = [cell.strip() for cell in row]
                tell_of_rows_above(above, header, line, file, spec, found)
                table = CsvTable(file, line, header, found, text, delimiter)
                return table if not spec.distinct or has_distinct_columns(table) else None
            if _is_filled(row) and not row[0].lower().startswith("sep="):
                above.append((line, row))
    _report_no_header(lines, file, spec, broken, found)
    return None


def _is_filled(row: list[str]) -> bool:
    return any(cell.strip(_BLANK) for cell in row)


_BLANK = " \t\r\n,;\xa0"


def _first_records(lines: Lines, delimiter: str, broken: list[tuple[int, str]]) -> list[Row]:
    reader = RecordReader(lines, delimiter, 0, lambda line, fact: broken.append((line, fact)))
    return [(line, row) for line, _, row in islice(reader, ROWS_LOOKED_AT)]


def _broken_quotes(file: str, line: int, fact: str) -> Diagnostic:
    help = 'Close every quote. Write a quote inside a quoted value twice: "Mary ""May"" Smith".'
    return Diagnostic("csv-quotes", f"The row that starts here can't be read: {fact}.", help, Origin(file, line))


def _report_no_header(
    lines: Lines, file: str, spec: HeaderSpec, broken: list[tuple[int, str]], found: list[Diagnostic]
) -> None:
    """Report a row whose quotes are broken, if it may be the header; else the row that is most like a header."""
    rows: list[Row] = []
    is_split = False
    for delimiter in DELIMITERS:
        faults: list[tuple[int, str]] = []
        split = [(line, [cell.strip() for cell in row]) for line, row in _first_records(lines, delimiter, faults)]
        is_split = is_split or (not faults and any(spec.likeness(row) > 1 for _, row in split))
        rows += [(line, row) for line, row in split if _is_filled(row)]
    if broken and not is_split and min(broken)[0] <= min((line for line, _ in rows), default=1):
        found.append(_broken_quotes(file, *min(broken)))
        return
    report_no_header(rows, file, spec, found)
