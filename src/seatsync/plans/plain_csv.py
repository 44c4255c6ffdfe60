"""A CSV roster as plain lines, one for each member."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from seatsync.domain.person import NAMES, Person
from seatsync.domain.text.formulas import has_defused
from seatsync.ledger.queries.lookup import NO_LINE, TAGS_HERE
from seatsync.plans.meaning import AT_ONCE
from seatsync.plans.plain_roster import MemberTexts, Shape, SlowPath
from seatsync.sources.rosters.files import RosterFile
from seatsync.sources.rosters.header import spec_of
from seatsync.sources.rosters.read import open_table
from seatsync.sources.tables import csv_table
from seatsync.sources.tables.csv_records import parser


class PlainCsv:
    """The lines below the header. A stray quote can join a line with the next; ``take_rest`` notices that."""

    def __init__(self, file: RosterFile, text: str) -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n")
            if "\r" in text:
                raise SlowPath("a roster has mixed line ends")
        if has_defused(text):
            raise SlowPath("a roster has cells with an apostrophe against formulas")
        if "=?" in text:
            raise SlowPath("a roster may have an encoded word in it")
        table = csv_table.read(text, file.reader.file, spec_of(file.reader.how), file.reader.found)
        opened = open_table(table, file.reader) if table is not None else None
        if table is None or opened is None:
            raise SlowPath("a roster has no header")
        fields = opened.columns.whole
        if fields is None:
            raise SlowPath("a roster has columns other than fields of a member")
        lines = text.split("\n")
        del lines[: table.header_line]
        table.text = ""  # frees memory; only needed for mistakes
        self.file, self.opened, self.table, self.fields = file, opened, table, fields
        self.texts = MemberTexts(lines, set(lines))
        self._drop_blank()
        pieces = [("" if position == 0 else table.delimiter, name) for position, name in enumerate(fields)]
        at = fields.index("tags") if "tags" in fields else len(fields)
        pieces[at : at + 1] = [(TAGS_HERE, "")]
        self.shape = Shape(pieces, frozenset(fields))
        self.texts.learn(file.reader.tags, self._spellings(at))

    def _drop_blank(self) -> None:
        """Remove blank lines. Any other repeated line is a repeated member."""
        lines, unmatched = self.texts.members, self.texts.unmatched
        blank = [line for line in {"", self.table.delimiter * (len(self.fields) - 1)} if line in unmatched]
        if len(lines) - sum(map(lines.count, blank)) != len(unmatched) - len(blank):
            raise SlowPath("a line is in a roster twice")
        unmatched.difference_update(blank)
        self.texts.blank.update(blank)

    def _spellings(self, at: int) -> Iterator[tuple[str, list[str]]]:
        """Every distinct value of the tags column ``at``, as (text in the file, tags)."""
        if at == len(self.fields):
            yield "", []
            return
        lines, before = self.texts.members, self.table.delimiter if at else ""
        columns = (self._column(lines[start : start + AT_ONCE], at) for start in range(0, len(lines), AT_ONCE))
        for written in dict.fromkeys(chain.from_iterable(columns)):
            yield before + written, written.split(";")

    def _column(self, lines: list[str], at: int) -> list[str]:
        """The cells of one column in the lines without quotes."""
        delimiter, together = self.table.delimiter, "\n".join(lines)
        if '"' not in together and together.count(delimiter) == len(lines) * (len(self.fields) - 1):
            return self._cells(lines)[at :: len(self.fields)]
        split = (line.split(delimiter, at + 1)[at : at + 1] for line in lines if '"' not in line)
        return [*chain.from_iterable(split)]

    def _cells(self, lines: list[str]) -> list[str]:
        """All cells of lines that have one for each field, in one list."""
        return "\n".join(lines).replace(self.table.delimiter, "\n").split("\n")

    def _parsed(self, lines: Iterable[str]) -> Iterator[list[str]]:
        try:
            yield from parser(lines, self.table.delimiter)
        except csv.Error as error:
            raise SlowPath("quotes do not match") from error

    def plain(self, written: list[str]) -> list[str]:
        delimiter, inside, together = self.table.delimiter, len(self.fields) - 1, "".join(written)
        if together.count(delimiter) == len(written) * inside and '"' not in together:
            return written
        return [line if line.count(delimiter) == inside and '"' not in line else NO_LINE for line in written]

    def names(self, text: str) -> str:
        cells = text.split(self.table.delimiter)
        if len(cells) != len(self.fields) or '"' in text:
            return text
        return "\n".join(cell for cell, name in zip(cells, self.fields, strict=True) if name in NAMES)

    def lines(self) -> Sequence[int]:
        first = self.table.header_line + 1
        return range(first, first + len(self.texts.members))

    def columns(self, matched: list[str]) -> list[list[str]]:
        cells, before = self._cells(matched), self.table.delimiter if self.fields[0] != "tags" else ""
        column = {name: cells[at :: len(self.fields)] for at, name in enumerate(self.fields)}
        column["tags"] = self.texts.tags(column.get("tags") or [""] * len(matched), before)
        return [column.get(name) or [""] * len(matched) for name in Person._fields]

    def take_rest(self) -> None:
        unread = self.texts.unmatched | self.texts.garbled
        rest = [(number, line) for number, line in zip(self.lines(), self.texts.members, strict=True) if line in unread]
        rows = list(self._parsed(line for _, line in rest))
        if len(rows) != len(rest):
            raise SlowPath("a row goes over several lines")
        records = ((number, number, row) for (number, _), row in zip(rest, rows, strict=True))
        self.opened.take(records)
