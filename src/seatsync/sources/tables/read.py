"""Read any file as a table."""

from __future__ import annotations

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
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
    if sheet is not None:
        found.append(no_workbook(file, sheet))
    return csv_table.read(content, file, spec, found)


def no_workbook(file: str, sheet: str) -> Diagnostic:
    """Report that a ``sheet`` is named of a file that has none."""
    message = f'{printable(file, 300)} is no workbook, so it has no sheet "{printable(sheet)}".'
    return Diagnostic("invalid-value", message, "Delete `sheet` beside its path in seatsync.yaml.", Origin(file))
