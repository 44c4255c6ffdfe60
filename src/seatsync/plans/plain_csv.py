"""A CSV roster: one line, one member."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain

from seatsync.domain.person import Person
from seatsync.domain.text.formulas import has_defused
from seatsync.ledger.queries.lookup import NO_LINE, TAGS_HERE
from seatsync.plans.plain_roster import LongWay, Shape, Texts
from seatsync.sources import csv_table
from seatsync.sources.load import RosterFile
from seatsync.sources.rosters.dialects import ROSTER, dialect_of
from seatsync.sources.rosters.read import take_records


class CsvSide:
    """The lines below the header. A line with an odd quote can swallow the next; ``take_rest`` finds that."""

    def __init__(self, file: RosterFile, text: str) -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n")
            if "\r" in text:
                raise LongWay("lines end in different ways")
        if has_defused(text):
            raise LongWay("what a file says is not what it means")
        if "=?" in text:
            raise LongWay("a roster may have an encoded word in it")
        table = csv_table.read(text, file.reader.file, ROSTER, file.reader.found)
        dialect = dialect_of(set(table.columns)) if table is not None else None
        if table is None or dialect is None:
            raise LongWay("a roster has no header")
        fields = [dialect.columns.get(name, "") for name in table.columns]
        if not {*fields} <= {*Person._fields} or len({*fields}) < len(fields):
            raise LongWay("a roster has columns that are not read, or are no fields of a member")
        lines = text.split("\n")
        del lines[: table.header_line]
        table.text = ""  # it takes as much room again, and is only asked for where something is wrong
        self.file, self.table, self.fields = file, table, fields
        self.texts = Texts(lines, set(lines))
        self._drop_blank()
        pieces = [("" if position == 0 else table.delimiter, name) for position, name in enumerate(fields)]
        at = fields.index("tags") if "tags" in fields else len(fields)
        pieces[at : at + 1] = [(TAGS_HERE, "")]
        self.shape = Shape(pieces, frozenset(fields))
        self.texts.learn(file.reader.tags, self._spellings(at))

    def _drop_blank(self) -> None:
        """Take blank lines out. Any other line that stands there twice is one member twice."""
        lines, wanted = self.texts.members, self.texts.wanted
        blank = [line for line in {"", self.table.delimiter * (len(self.fields) - 1)} if line in wanted]
        if len(lines) - sum(map(lines.count, blank)) != len(wanted) - len(blank):
            raise LongWay("a line stands in a roster twice")
        wanted.difference_update(blank)

    def _spellings(self, at: int) -> Iterator[tuple[str, list[str]]]:
        """Every way in which the column ``at`` is filled."""
        if at == len(self.fields):
            yield "", []
            return
        delimiter, lines = self.table.delimiter, self.texts.members
        columns = (line.split(delimiter, at + 1)[at : at + 1] for line in lines if '"' not in line)
        before = delimiter if at else ""
        for written in dict.fromkeys(chain.from_iterable(columns)):
            yield before + written, written.split(";")

    def _parsed(self, lines: Iterable[str]) -> Iterator[list[str]]:
        try:
            yield from csv_table.parser(lines, self.table.delimiter)
        except csv.Error as error:
            raise LongWay("quotes do not fit") from error

    def plain(self, written: list[str]) -> list[str]:
        delimiter, inside, together = self.table.delimiter, len(self.fields) - 1, "".join(written)
        if together.count(delimiter) == len(written) * inside and '"' not in together:
            return written
        return [line if line.count(delimiter) == inside and '"' not in line else NO_LINE for line in written]

    def take_rest(self) -> None:
        loose = self.texts.wanted | self.texts.odd
        first = self.table.header_line + 1
        rest = [(number, line) for number, line in enumerate(self.texts.members, first) if line in loose]
        rows = list(self._parsed(line for _, line in rest))
        if len(rows) != len(rest):
            raise LongWay("a row goes over several lines")
        records = ((number, number, row) for (number, _), row in zip(rest, rows, strict=True))
        take_records(self.table, records, self.file.reader)
