"""Read any file as a table."""

from __future__ import annotations

from seatsync.domain.diagnostic import Diagnostic
from seatsync.sources.tables import csv_table
from seatsync.sources.tables.content import Content, Workbook
from seatsync.sources.tables.header import HeaderSpec
from seatsync.sources.tables.table import Table


def read_table(
    content: Content, file: str, spec: HeaderSpec, found: list[Diagnostic], sheet: str | None = None
) -> Table | None:
    """Find the header. Return None, and add to ``found``, where there is no such header. ``sheet`` names a workbook's sheet."""
    if isinstance(content, Workbook):
        from seatsync.sources.tables import sheet as sheets

        return sheets.read(content, file, spec, found, sheet)
    return csv_table.read(content, file, spec, found)
