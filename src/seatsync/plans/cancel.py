"""Roster files against the ledger, line by line: what says the same on both sides needs no look.

The ledger writes each member as the very line that a file has for them: the fields in the order of its columns, with the
file's own spelling of the tags. A line of a file that is such a line says what the ledger says, and was found to be in
order when it was applied. What is left, on either side, goes the long way. So does, as a whole, any file whose lines are not
plainly one member each: that raises ``LongWay``.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from seatsync.domain.names import TWICE_ENCODED, clean, join_tags, tag_fault
from seatsync.ledger.lookup import members_as_text
from seatsync.sources import csv_table
from seatsync.sources.dialects import ROSTER, dialect_of
from seatsync.sources.load import RosterFile
from seatsync.sources.rosters import FIELDS, take_rows

_SAMPLE = 2_000
_GROUP = itemgetter(1, 2)


class LongWay(Exception):
    """The short way does not lead there; ``str`` says why."""


@dataclass(slots=True)
class _Lines:
    """The lines of a roster file. ``fields`` are its columns, ``wanted`` the lines that nobody in the ledger has had yet,
    ``spelled`` how the file writes each set of tags."""

    file: RosterFile
    table: csv_table.Table
    fields: list[str]
    lines: list[str]
    wanted: set[str]
    odd: set[str] = field(default_factory=set)
    spelled: dict[str, str] = field(default_factory=dict)

    @property
    def first(self) -> int:
        return self.table.header_line + 1


def cancel(
    connection: Connection, institution: str, files: Sequence[RosterFile], kept: Collection[int], with_day: bool
) -> tuple[Mapping[tuple[str, str], int], set[int]]:
    """Take into the readers whom the files and the ledger do not tell alike, or whose number is ``kept``.

    Returns how many were left out, by (tags, day of import; empty unless ``with_day``), and the numbers of those in the
    ledger who were not.

    Raises:
        LongWay: a file is not simple enough for this.
    """
    sides = [_lines_of(file) for file in files]
    if len({(tuple(side.fields), side.table.delimiter) for side in sides}) != 1:
        raise LongWay("the rosters have different columns")
    settled: Counter[tuple[str, str]] = Counter()
    left: set[int] = set()
    at = sides[0].fields.index("tags") if "tags" in sides[0].fields else len(sides[0].fields)
    before, after = sides[0].fields[:at], sides[0].fields[at + 1 :]
    lacking = [name for name in FIELDS if name not in sides[0].fields and name != "tags"]
    separator = sides[0].table.delimiter
    for rows in members_as_text(connection, institution, before, after, lacking, separator, with_day):
        _strike_out(rows, sides, kept, settled, left)
    for side in sides:
        _take_rest(side)
    return settled, left


def _strike_out(
    rows: Sequence[tuple[Any, ...]],
    sides: Sequence[_Lines],
    kept: Collection[int],
    settled: Counter[tuple[str, str]],
    left: set[int],
) -> None:
    """Take out of ``wanted`` the lines that these members of the ledger have."""
    todo: Iterable[tuple[Any, ...]] = rows
    for side in sides:
        written = _written(todo, side, kept)
        both = side.wanted.intersection(written)
        side.wanted -= both
        side.file.reader.settled += len(both)
        if len(both) == len(written):
            settled.update(map(_GROUP, todo))
            return
        settled.update(_GROUP(row) for row, line in zip(todo, written, strict=True) if line in both)
        todo = [row for row, line in zip(todo, written, strict=True) if line not in both]
    left.update(row[0] for row in todo)


def _written(rows: Iterable[tuple[Any, ...]], side: _Lines, kept: Collection[int]) -> list[str]:
    """The line that the file would have for each member; a text that is no line where it can't have one."""
    spelled, separator, columns = side.spelled, side.table.delimiter, len(side.fields)
    if side.fields[-1] == "tags":
        written = [head + spelled.get(tags, "\n") for _, tags, _, head, _ in rows]
    elif "tags" in side.fields:
        written = [head + spelled.get(tags, "\n") + tail for _, tags, _, head, tail in rows]
    else:
        written = [head[: -len(separator)] + spelled.get(tags, "\n") for _, tags, _, head, _ in rows]
    together = "".join(written)
    if together.count(separator) != len(written) * (columns - 1) or '"' in together:
        plain = [line.count(separator) == columns - 1 and '"' not in line for line in written]
        written = [line if is_plain else "\n" for line, is_plain in zip(written, plain, strict=True)]
    if kept:
        written = ["\n" if row[0] in kept else line for row, line in zip(rows, written, strict=True)]
    return written


def _lines_of(file: RosterFile) -> _Lines:
    text = file.text() if file.reader.file.lower().endswith(".csv") else None
    if text is None:
        raise LongWay("a roster is no CSV file")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if "\r" in text:
            raise LongWay("lines end in different ways")
    table = csv_table.read(text, file.reader.file, ROSTER, file.reader.found)
    dialect = dialect_of(set(table.columns)) if table is not None else None
    if table is None or dialect is None:
        raise LongWay("a roster has no header")
    fields = [dialect.columns.get(name, "") for name in table.columns]
    if not {*fields} <= {*FIELDS} or len({*fields}) < len(fields):
        raise LongWay("a roster has columns that are not read, or are no fields of a member")
    lines = text.split("\n")
    del lines[: table.header_line]
    table.text = ""  # it takes as much room again, and is only asked for where something is wrong
    side = _Lines(file, table, fields, lines, set(lines))
    _drop_blank(side)
    if not text.isascii():
        side.odd = {line for line in side.wanted if not line.isascii() and TWICE_ENCODED.search(line)}
        side.wanted -= side.odd
    _learn(side)
    return side


def _drop_blank(side: _Lines) -> None:
    """Take blank lines out. Any other line that stands there twice is one member twice."""
    blank = [line for line in {"", side.table.delimiter * (len(side.fields) - 1)} if line in side.wanted]
    if len(side.lines) - sum(map(side.lines.count, blank)) != len(side.wanted) - len(blank):
        raise LongWay("a line stands in a roster twice")
    side.wanted.difference_update(blank)


def _learn(side: _Lines) -> None:
    """How the file writes tags, from a sample of its lines. Where it writes them in several ways, one is known."""
    given = side.file.reader.tags
    if "tags" not in side.fields:
        side.spelled[join_tags(given)] = ""
        return
    at = side.fields.index("tags")
    sample = side.lines[:: max(1, len(side.lines) // _SAMPLE)]
    for row in _parsed(line for line in sample if line and '"' not in line):
        if len(row) == len(side.fields):
            own = [clean(tag) for tag in row[at].split(";")]
            if not any(tag_fault(tag) for tag in own if tag):
                side.spelled.setdefault(join_tags([*given, *filter(None, own)]), row[at])


def _parsed(lines: Iterable[str], separator: str = ",") -> Iterator[list[str]]:
    try:
        yield from csv_table.parser(lines, separator)
    except csv.Error as error:
        raise LongWay("quotes do not fit") from error


def _take_rest(side: _Lines) -> None:
    """Read the lines that are left as they always are."""
    loose = side.wanted | side.odd
    rest = [(number, line) for number, line in enumerate(side.lines, side.first) if line in loose]
    rows = list(_parsed((line for _, line in rest), side.table.delimiter))
    if len(rows) != len(rest):
        raise LongWay("a row goes over several lines")
    records = ((number, number, row) for (number, _), row in zip(rest, rows, strict=True))
    take_rows(side.table, side.table.rows(records), side.file.reader)
