"""Find the row that is a table's header, and tell of one that can't be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.emails import email_fault
from seatsync.domain.text.guesses import nearest
from seatsync.sources.tables.table import Row, Table, squeezed, unknown_names

ROWS_LOOKED_AT = 10
"""The rows of a file among which the header must be."""

WIDEST = 1_000
"""The most columns of a table; guesses for some hundred thousand would take a minute."""


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

    def is_met_by(self, row: list[str]) -> bool:
        """Whether the row is such a header."""
        return self.matches({squeezed(cell) for cell in row if cell})


def too_wide(row: list[str], where: Origin) -> Diagnostic:
    """Report a row with more columns than a table can have."""
    message = f"This row has {len(row):,} fields; a table can have at most {WIDEST:,} columns."
    return Diagnostic("csv-header", message, "Delete the columns you don't need here, empty ones too.", where)


def row_above_header(title: Row, file: str, header_line: int) -> Diagnostic:
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


def has_distinct_columns(table: Table) -> bool:
    """Whether no column is in the header twice; if one is, report it."""
    columns = table.columns
    for position, name in enumerate(columns):
        if name and name in columns[:position]:
            message = f'The column "{printable(table.header[position])}" is in the header twice.'
            where = table.at(table.header_line, position)
            table.found.append(Diagnostic("csv-header", message, "Delete one of the two columns.", where))
            return False
    return True


def report_no_header(rows: list[Row], file: str, spec: HeaderSpec, found: list[Diagnostic]) -> None:
    """Report that none of the rows is a header, at the one that is most like it, else at the first."""
    line, cells = max(rows, key=lambda row: (spec.likeness(row[1]), -row[0], len(row[1])), default=(1, []))
    fact = f'this row is "{printable(", ".join(cells))}"' if cells else "the file is empty"
    message = f"{file} has no header that seatsync knows; {fact}."
    found.append(Diagnostic("csv-header", message, spec.help_for(cells), Origin(file, line)))
