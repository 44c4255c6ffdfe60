"""Read rosters that are tables: find the header, and read every member with every row checked."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain, islice

from seatsync.sources.rosters.finder import columns_of
from seatsync.sources.rosters.header import report, spec_of
from seatsync.sources.rosters.members import RosterReader, mentions
from seatsync.sources.rosters.presence_check import examine
from seatsync.sources.rosters.table_reader import TableReader
from seatsync.sources.tables.content import Content
from seatsync.sources.tables.read import read_table
from seatsync.sources.tables.table import Table

_FEW = 500


def read_rows(content: Content, reader: RosterReader, sheet: str | None = None) -> None:
    """Read the members of a roster that is a table. ``sheet`` names a workbook's sheet."""
    if (opened := open_rows(content, reader, sheet)) is not None:
        take_all(opened)


def open_rows(content: Content, reader: RosterReader, sheet: str | None = None) -> TableReader | None:
    """Find the header of a roster and what its columns mean. None, with errors in ``reader.found``, where there is none."""
    table = read_table(content, reader.file, spec_of(reader.how, reader.file), reader.found, sheet)
    return open_table(table, reader) if table is not None else None


def open_table(table: Table, reader: RosterReader) -> TableReader | None:
    """Find what the columns of a table mean. None, with errors in ``reader.found``, where a field is missing."""
    columns = reader.columns = columns_of(table.header, reader.how)
    reader.date_tags = columns.format is not None and columns.format.date_tags
    report(table, columns)
    examine(table, columns)
    return None if columns.missing else TableReader(table, columns, reader)


def take_all(opened: TableReader) -> None:
    """Read all members of a table."""
    opened.take(opened.table.records())
    opened.finish()


def read_csv_with(text: str, reader: RosterReader, names: Collection[str]) -> None:
    """Read the members of a CSV roster whose e-mail or student id is one of ``names`` (``mentions``), and some around them."""
    if (opened := open_rows(text, reader)) is None:
        return
    records = opened.table.records()
    if not opened.columns.are_as_they_stand:  # a name may be put together from several cells, or be on several rows
        take_all(opened)
        return
    while batch := list(islice(records, _FEW)):
        if mentions(names, chain.from_iterable(row for _, _, row in batch)):
            opened.take(iter(batch))
    opened.finish(has_all=False)
