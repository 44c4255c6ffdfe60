"""Read a sheet of a workbook as a table: its cells as the sheet shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.sources.tables.content import Workbook
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
from seatsync.sources.tables.workbook import Parts, Sheet, Unreadable

_MOST_TOLD = 20


@dataclass
class SheetTable(Table):
    """A sheet whose header was found. A line is a row of the sheet."""

    sheet: Sheet
    all_sheets: Sequence[Sheet] = ()

    @property
    def other_sheets(self) -> Sequence[str]:
        others = [one for one in self.all_sheets if one is not self.sheet]
        return [f'"{printable(one.name)}"{" (hidden)" if one.is_hidden else ""}' for one in others]

    def records(self) -> Iterator[Record]:
        width = len(self.header)
        for line, cells in self.sheet.rows():
            if line > self.header_line:
                yield line, line, cells[:width] if not any(cells[width:]) else cells

    def at(self, line: int, column: int) -> Origin:
        return Origin(self.file, line, column + 1)

    def _report_too_long(self, line: int, row: list[str]) -> None:
        column = next(at for at, cell in enumerate(row) if at >= len(self.header) and cell.strip())
        message = f"This row has a value in column {column + 1}, but the header has {len(self.header)} columns."
        help = "Give the column a name, or delete the value."
        self.found.append(Diagnostic("csv-row-too-long", message, help, self.at(line, column)))


def read(
    workbook: Workbook, file: str, spec: HeaderSpec, found: list[Diagnostic], sheet: str | None = None
) -> SheetTable | None:
    """Find the sheet and its header. Return None, and add to ``found``, where there is none.

    ``sheet`` is the sheet's name; without it, it is the only one with such a header.
    """
    try:
        every = _sheets(workbook)
        sheets = [one for one in every if not one.is_hidden] or every
        if sheet is not None:
            sheets = [one for one in every if one.name.strip() == sheet.strip()] or _unknown(sheet, every)
        tables = [table for one in sheets if (table := _table(one, file, spec, found)) is not None]
        if len(tables) > 1:
            names = named([f'"{printable(table.sheet.name)}"' for table in tables], _MOST_TOLD)
            raise Unreadable(
                f"has several sheets with such a header: {names}",
                "Write the right one next to its path: `sheet: NAME`; or save it as a file of its own.",
            )
        if not tables:
            rows = [row for one in sheets[:_MOST_TOLD] for row in islice(one.rows(), ROWS_LOOKED_AT)]
            report_no_header(rows, file, spec, found)
            return None
        table = tables[0]
        found += table.found
        table.found, table.all_sheets = found, every
        _tell_of_facts(table)
    except Unreadable as error:
        found.append(Diagnostic("file-unreadable", f"{file} {error.fact}.", error.help, Origin(file)))
        return None
    return table if has_distinct_columns(table) else None


def _sheets(workbook: Workbook) -> list[Sheet]:
    parts = Parts(workbook)
    if "xl/workbook.xml" in parts:
        from seatsync.sources.tables import xlsx

        sheets: list[Sheet] = [*xlsx.sheets(workbook, parts)]
    elif "content.xml" in parts:
        from seatsync.sources.tables import ods

        sheets = [*ods.sheets(parts)]
    else:
        raise Unreadable("is a zip file, but no workbook", "Save it as .xlsx, .ods or CSV UTF-8.")
    return sheets


def _unknown(name: str, sheets: list[Sheet]) -> list[Sheet]:
    guess = did_you_mean(name, [one.name for one in sheets])
    names = named([f'"{printable(one.name)}"' for one in sheets], _MOST_TOLD)
    raise Unreadable(f'has no sheet "{printable(name)}"', f"{guess} Its sheets are {names}.".lstrip())


def _table(sheet: Sheet, file: str, spec: HeaderSpec, found: list[Diagnostic]) -> SheetTable | None:
    above: list[Row] = []
    for line, row in islice(sheet.rows(), ROWS_LOOKED_AT):
        header = [cell.strip() for cell in row]
        if spec.is_met_by(header):
            if len(header) > WIDEST:
                while header and not header[-1]:
                    header.pop()
            if len(header) > WIDEST:
                found.append(too_wide(header, Origin(file, line)))
                return None
            table = SheetTable(file, line, header, [], sheet)
            tell_of_rows_above(above, header, line, file, spec, table.found)
            return table
        above.append((line, row))
    return None


def _tell_of_facts(table: SheetTable) -> None:
    """Tell of hidden rows, which are read; report merged cells and formulas without a result, whose values are missing."""
    facts, below = table.sheet.facts(), table.header_line
    if hidden := [row for row in facts.hidden if row > below]:
        message = f"{counted(len(hidden), 'row is', 'rows are')} hidden in the sheet, the first is row {hidden[0]}; they are read too."
        help = "Delete the rows of people who are not meant, or show all rows to see who is."
        table.found.append(Diagnostic("hidden-rows", message, help, table.at(hidden[0], 0), Severity.WARNING))
    wrong = [
        (row, column, f"The cells of rows {row} to {last} are merged here, so only the first row has the value")
        for row, column, last, _ in facts.merged
        if last > row and last > below and column <= len(table.header)
    ]
    wrong += [
        (row, column, "The result of the formula in this cell is not in the file")
        for row, column in facts.without_value
        if row > below and column <= len(table.header)
    ]
    for row, column, fact in sorted(wrong)[:_MOST_TOLD]:
        help = "Split merged cells, and write the value in each row."
        if "formula" in fact:
            help = "Open the file in a spreadsheet program, and save it again."
        table.found.append(Diagnostic("invalid-value", f"{fact}.", help, table.at(row, column - 1)))
