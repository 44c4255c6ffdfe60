"""Split CSV text into records, and go on after one that can't be read."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import chain, count
from typing import Any

from seatsync.domain.diagnostic import MORE_MAY_COME
from seatsync.domain.text.formulas import has_defused, restored
from seatsync.sources.tables.table import Record

_LINE_END = re.compile(r"\r\n|\n|\r")
_PIECE, _LARGEST_PIECE = 16_000, 1_000_000
_MOST_REREAD = 50_000_000
"""Characters that may be read again after broken quotes. A file that needs more is made to take time."""
_RESTART = 1_000
"""What beginning anew at another line costs, in characters read."""
_LONGEST_SPACED = 200_000

Report = Callable[[int, str], None]
"""(line, fact): the record that starts on this line can't be read, since …"""


class Lines:
    """The lines of a text, by number."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def start(self, line: int) -> int:
        """Return the offset of the line; the text's end where there is no such line."""
        if line == 1:
            return 0
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def line_of(self, offset: int) -> int:
        """Return the number of the line that the character at ``offset`` is in."""
        return bisect_right(self._starts, offset)

    def reader(self, first: int) -> Iterator[str]:
        """The lines with their ends. A StringIO takes four bytes a character, so it gets a part of the text at a time."""
        return chain.from_iterable(io.StringIO(piece, newline="") for piece in self._pieces(first))

    def _pieces(self, first: int) -> Iterator[str]:
        start, size = self.start(first), _PIECE
        while start < len(self.text):
            end = self.text.find("\n", start + size) + 1 or len(self.text)
            yield self.text[start:end]
            start, size = end, min(size * 4, _LARGEST_PIECE)


def parser(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the fields of each record.

    Raises:
        csv.Error: the quotes of a record are broken.
    """
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t")


class RecordReader:
    """Reads the records of a text. What can't be read is reported, and reading goes on at the next line that looks like a row.

    ``width`` is the number of columns, 0 where it is not known yet. ``swallows`` says whether a record over several lines
    (first line, last line, fields) is several rows that a stray quote made one, and reports it.
    """

    def __init__(self, lines: Lines, delimiter: str, width: int, report: Report) -> None:
        self.lines = lines
        self.delimiter = delimiter
        self.width = width
        self.report = report
        self.swallows: Callable[[int, int, list[str]], bool] = lambda line, end, row: False
        self.left = _MOST_REREAD
        self.is_defused = has_defused(lines.text)
        self.has_quotes = '"' in lines.text

    def __iter__(self) -> Iterator[Record]:
        line = 1
        while line:
            line = yield from self._from(line)

    def _from(self, first: int) -> Generator[Record, None, int]:
        """Yield records from a line on. Return the line at which to begin again, 0 at the end."""
        reader: Any = parser(self.lines.reader(first), self.delimiter)
        before, line = first - 1, first
        while True:
            try:
                if not self.has_quotes:  # then each line is a record
                    rows = ([*map(restored, row)] for row in reader) if self.is_defused else reader
                    yield from zip(count(line), count(line), rows)
                    return 0
                for row in reader:
                    end = before + reader.line_num
                    if end > line and self.swallows(line, end, row):
                        return self._next_row(line, end)
                    if self.is_defused:
                        row = [*map(restored, row)]
                    yield line, end, row
                    line = end + 1
                return 0
            except csv.Error as error:
                fact = next((fact for words, fact in _CSV_ERRORS.items() if str(error).startswith(words)), _STRAY_QUOTE)
            end = before + reader.line_num
            line = line if self.has_quotes else end
            spaced = self._spaced(line, end) if fact is _STRAY_QUOTE else None
            if spaced is not None:
                row, last = spaced
                yield line, last, [*map(restored, row)] if self.is_defused else row
                again = last + 1
            else:
                self.report(line, fact if end == line or fact is not _STRAY_QUOTE else _NOT_CLOSED)
                again = self._next_row(line, end)
            if again != end + 1:
                return again
            line = again

    def _spaced(self, line: int, end: int) -> tuple[list[str], int] | None:
        """Return (fields, last line) of a record with spaces between a closing quote and the delimiter; None if it is another."""
        text, position = self.lines.text, self.lines.start(line)
        stop = min(len(text), self.lines.start(end + 1) + _LONGEST_SPACED)
        fields, pattern = [], _spaced_field(self.delimiter)
        while match := pattern.match(text, position, stop):
            quoted, plain = match.groups()
            fields.append(plain.lstrip(" ") if quoted is None else quoted.replace('""', '"'))
            position = match.end()
            if position == len(text) or (position < stop and text[position] in "\r\n"):
                return fields, self.lines.line_of(position)
            position += 1
        return None

    def _next_row(self, line: int, end: int) -> int:
        """Return the first line after ``line``, up to ``end``, that is a row by itself; else the line after ``end``; 0 to stop."""
        self.left -= _RESTART
        for again in range(line + 1, end + 1):
            start, stop = self.lines.start(again), self.lines.start(again + 1)
            self.left -= stop - start
            if self._is_row(self.lines.text[start:stop]):
                self.left -= self.lines.start(end + 1) - start
                break
        else:
            again = end + 1
        if self.left < 0:
            self.report(again, _TOO_MANY)
            return 0
        return again

    def _is_row(self, line: str) -> bool:
        try:
            rows = [*parser([line], self.delimiter)]
        except csv.Error:
            return line.count(self.delimiter) >= max(1, self.width - 1)
        is_closed = line.count('"') % 2 == 0  # otherwise it is the end of the row above, which has been reported
        return is_closed and len(rows) == 1 and (not self.width or len(rows[0]) == self.width)


@lru_cache
def _spaced_field(delimiter: str) -> re.Pattern[str]:
    """A field as people mean it: spaces may follow its closing quote."""
    ends, spaces = rf"(?=[{re.escape(delimiter)}\r\n]|\Z)", " *+" if delimiter == "\t" else r"[ \t]*+"
    before = "" if delimiter == "\t" else " *+"
    quoted = rf'{before}"([^"]*+(?:""[^"]*+)*+)"{spaces}{ends}'
    return re.compile(rf'{quoted}|((?!{before}")[^{re.escape(delimiter)}\r\n]*+){ends}')


_CSV_ERRORS = {
    "unexpected end": "a quote opens in it and is never closed",
    "field larger": "a value in it has more than 131,072 characters, usually because a quote is never closed",
}
_STRAY_QUOTE = "a value continues after its closing quote"
_NOT_CLOSED = "a quote opens in it and is not closed in the same row"
_TOO_MANY = f"too many quotes above are broken, so the rest of the file was not read. {MORE_MAY_COME.rstrip('.')}"
