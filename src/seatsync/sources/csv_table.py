"""Read CSV as people really save it: find the header and the delimiter, and give each row its line number."""

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
from seatsync.domain.text.formulas import has_defused, restored
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
    """Return a column's name without case, spaces and punctuation."""
    return "".join(c for c in header.casefold() if c.isalnum())


@dataclass(frozen=True)
class HeaderSpec:
    """What a file's header must look like.

    ``matches`` says whether a set of squeezed column names is such a header. ``names`` are all column names it may have, as a
    person writes them. ``help_for`` returns the help for a person who wrote these cells instead.
    """

    matches: Callable[[set[str]], bool]
    names: tuple[str, ...]
    help_for: Callable[[list[str]], str]

    def likeness(self, cells: list[str]) -> int:
        """Return how many cells equal, or nearly equal, one of the names."""
        known = [squeezed(name) for name in self.names]
        near = (nearest(squeezed(cell), known, 0.75) for cell in unknown_names(cells, known))
        return sum(squeezed(cell) in known for cell in cells) + sum(map(bool, near))


@dataclass
class Table:
    """A CSV file whose header was found. ``header`` has the column names as written, ``columns`` squeezed."""

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
        """Yield the records below the header; broken quotes become errors."""
        records = _records(self.text, self.delimiter, self.file, self.found)
        return dropwhile(lambda record: record[0] <= self.header_line, records)

    def rows(self, records: Iterable[Record] | None = None) -> Iterator[Row]:
        """Yield (line, fields) of every row that is not blank; short rows are filled up.

        Rows with more fields than the header, and rows that repeat the header, become errors. ``records`` limits the rows
        to these records of the file.
        """
        header, width = self.header, len(self.header)
        for line, end, row in self.records() if records is None else records:
            if not any(map(str.strip, row)):
                continue
            if end > line and (column := self._column_with_rows(row)) is not None:
                self._report_swallowed_rows(line, end, column, row[column])
                continue
            if row == header:
                message = f"This row repeats the header on line {self.header_line}."
                self.found.append(Diagnostic("csv-header", message, "Delete this row.", self.at(line, 0)))
                continue
            if len(row) != width:
                if any(cell.strip() for cell in row[width:]):
                    self._report_too_long(line, row)
                    continue
                row = row[:width] + [""] * (width - len(row))
            yield line, row

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
        """Return the place of field ``column`` (from 0) in the row that starts on ``line``; the end of a row that is shorter."""
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


def read(text: str, file: str, spec: HeaderSpec, found: list[Diagnostic]) -> Table | None:
    """Find delimiter and header. Return None, and add to ``found``, where there is no such header."""
    text = text.removeprefix("\ufeff")
    for delimiter in DELIMITERS:
        above: list[Row] = []
        for line, row in _first_records(text, delimiter):
            if len(row) > _WIDEST:
                found.append(_too_wide(row, Origin(file, line)))
                return None
            if spec.matches({squeezed(cell) for cell in row if cell}):
                found += (_row_above_header(title, file, line) for title in above)
                header = [cell.strip() for cell in row]
                table = Table(file, text, delimiter, line, header, found)
                return table if _has_distinct_columns(table) else None
            if any(cell.strip(_BLANK) for cell in row) and not row[0].lower().startswith("sep="):
                above.append((line, row))
    _report_no_header(text, file, spec, found)
    return None


MOST_UNREAD = 20
"""The most ignored columns that are reported one by one; a sheet with more is not a roster, and its header is reported."""

_LONGEST_NAME = 200
"""Characters a column's name may have to be worth a guess, which compares it letter by letter."""

_WIDEST = 1_000
"""The most columns of a table; guesses for some hundred thousand would take a minute."""


def _too_wide(row: list[str], where: Origin) -> Diagnostic:
    message = f"This row has {len(row):,} fields; a table can have at most {_WIDEST:,} columns."
    return Diagnostic("csv-header", message, "Delete the columns you don't need here, empty ones too.", where)


def unknown_names(cells: Iterable[str], known: Container[str]) -> list[str]:
    """Return the header's cells whose squeezed names are not ``known``: the first MOST_UNREAD that are short enough for a guess."""
    names = (cell for cell in cells if 0 < len(cell) <= _LONGEST_NAME)
    return [*islice((cell for cell in names if squeezed(cell) not in known), MOST_UNREAD)]


def warn_of_ignored_columns(table: Table, known: Container[str], names: tuple[str, ...], owner: str) -> None:
    """Warn of each column that is not ``known``, with a guess at the name, or of values in a column without a name."""
    unread = [(position, header) for position, header in enumerate(table.header) if squeezed(header) not in known]
    for position, header in unread[:MOST_UNREAD]:
        where, severity = table.at(table.header_line, position), Severity.WARNING
        if header:
            guess = did_you_mean(header, names)
            message = f'The column "{printable(header)}" is ignored; {owner} has no column of that name. {guess}'
            help = "Correct its name, or delete the column if you don't need it here."
        else:
            below = ((line, row[position]) for line, row in replace(table, found=[]).rows() if row[position].strip())
            if (first := next(below, None)) is None:
                continue
            message = f'Column {position + 1} has no name and is ignored, but it has values: "{printable(first[1])}" on line {first[0]}.'
            help = "Name the column, or delete it if you don't need it here."
        table.found.append(Diagnostic("unknown-column", message.rstrip(), help, where, severity))


def report_two_columns(table: Table, position: int, meaning: str) -> None:
    """Report that the column at ``position`` has the same meaning as another one."""
    message = f"Two columns hold the {meaning}; only one is possible."
    where = table.at(table.header_line, position)
    table.found.append(Diagnostic("csv-header", message, "Delete one of them.", where))


def _first_records(text: str, delimiter: str) -> list[Row]:
    return [(line, row) for line, _, row in islice(_records(text, delimiter, "", []), _ROWS_ABOVE_HEADER)]


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


def _row_above_header(title: Row, file: str, header_line: int) -> Diagnostic:
    """Report a row above the header: usually a title, which is skipped, but it may be a member."""
    line, row = title
    member = next((cell for cell in map(clean, row) if email_fault(cell) is None), None)
    if member is not None:
        message = f"The member {member} is above the header on line {header_line}, where seatsync reads no members."
        return Diagnostic("csv-header", message, "Move the header to the top of the file.", Origin(file, line))
    message = (
        f'The row "{printable(clean(" ".join(row)))}" is above the header on line {header_line} and is skipped. '
        "Apple's program Numbers writes a table title there."
    )
    help = "Hide the table title before saving as CSV."
    return Diagnostic("csv-title-row", message, help, Origin(file, line), Severity.WARNING)


def _has_distinct_columns(table: Table) -> bool:
    columns = table.columns
    for position, name in enumerate(columns):
        if name and name in columns[:position]:
            message = f'The column "{printable(table.header[position])}" is in the header twice.'
            where = table.at(table.header_line, position)
            table.found.append(Diagnostic("csv-header", message, "Delete one of the two columns.", where))
            return False
    return True


def _report_no_header(text: str, file: str, spec: HeaderSpec, found: list[Diagnostic]) -> None:
    """Report a header with another separator, else the row that is most like a header, else the first row."""
    for delimiter in _NOT_READ:
        for line, row in _first_records(text, delimiter):
            if spec.matches({squeezed(cell) for cell in row if cell}) and spec.likeness(row) > 1:
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
    line, cells = max(rows, key=lambda row: (spec.likeness(row[1]), -row[0], len(row[1])), default=(1, []))
    fact = f'this row is "{printable(", ".join(cells))}"' if cells else "the file is empty"
    message = f"{file} has no header that seatsync knows; {fact}."
    found.append(Diagnostic("csv-header", message, spec.help_for(cells), Origin(file, line)))
