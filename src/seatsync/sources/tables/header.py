"""Find the row that is a table's header, and tell of one that can't be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seatsync.domain.diagnostic import MORE_MAY_COME, Diagnostic, Severity, counted, named
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.emails import email_fault
from seatsync.domain.text.guesses import nearest
from seatsync.sources.tables.table import Row, Table, squeezed, unknown_names

ROWS_LOOKED_AT = 20
"""The rows of a file among which the header must be."""

WIDEST = 1_000
"""The most columns of a table; guesses for some hundred thousand would take a minute."""


@dataclass(frozen=True)
class HeaderSpec:
    """What a file's header must look like.

    ``matches`` says whether a row's cells are such a header. ``names`` are all column names it may have, as a person writes them.
    ``help_for`` returns the help for a person who wrote these cells instead. With ``distinct``, no two columns may have the same name.
    """

    matches: Callable[[list[str]], bool]
    names: tuple[str, ...]
    help_for: Callable[[list[str]], str]
    preamble: tuple[str, ...] = ()
    """Beginnings, in lower case, of rows above the header that belong to a format, as ``version:``; nothing is said of them."""
    distinct: bool = True

    def likeness(self, cells: list[str]) -> int:
        """Return how many cells equal, or nearly equal, one of the names."""
        known = [squeezed(name) for name in self.names]
        near = (nearest(squeezed(cell), known, 0.75) for cell in unknown_names(cells, known))
        return sum(squeezed(cell) in known for cell in cells) + sum(map(bool, near))

    def is_met_by(self, row: list[str]) -> bool:
        """Whether the row is such a header. A row with an e-mail in it is a person's, whatever else it says."""
        if any("@" in cell and email_fault(clean(cell)) is None for cell in row):
            return False
        return self.matches([cell.strip() for cell in row])


def too_wide(row: list[str], where: Origin) -> Diagnostic:
    """Report a row with more columns than a table can have."""
    message = f"This row has {len(row):,} fields; a table can have at most {WIDEST:,} columns."
    return Diagnostic("csv-header", message, "Delete the columns you don't need here, empty ones too.", where)


def tell_of_rows_above(
    above: list[Row], header: list[str], header_line: int, file: str, spec: HeaderSpec, found: list[Diagnostic]
) -> None:
    """Tell of the rows above the header. Most are a title, which is skipped; a row like those below is an error.

    Of a row with several values none is quoted, except for an e-mail: it may be a person's, with a password.
    """
    titles: list[Row] = []
    for line, row in above:
        cells = [cell for cell in map(clean, row) if cell]
        member = next((cell for cell in cells if email_fault(cell) is None), None)
        if member is not None or (len(cells) >= len(header) > 1):
            who = f"The member {member}" if member is not None else "A row with a value in each column"
            message = f"{who} is above the header on line {header_line}, where seatsync reads no members."
            found.append(
                Diagnostic("csv-header", message, "Move the header to the top of the file.", Origin(file, line))
            )
        elif not (cells and cells[0].casefold().startswith(spec.preamble or ("\0",))):
            titles.append((line, cells))
    if titles:
        line, cells = titles[0]
        is_one = len(cells) == 1 and not any(map(cells[0].__contains__, ",;|"))
        first = f'The title "{printable(cells[0])}"' if is_one else "This row"
        more = f" and {counted(len(titles) - 1, 'more line')} are" if len(titles) > 1 else " is"
        message = f"{first}{more} above the header on line {header_line}, and skipped."
        help = "Nothing, if it is a title. If it is a member, move it below the header."
        found.append(Diagnostic("csv-title-row", message, help, Origin(file, line), Severity.WARNING))


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
    """Report that none of the rows is a header, at the one that is most like it, else at the first.

    A row with an e-mail is none, and only cells that look like columns' names are quoted: others may be a person's, or a password.
    """
    without = [(line, cells) for line, cells in rows if not any("@" in cell for cell in cells)]
    line, cells = max(without, key=lambda row: (spec.likeness(row[1]), -row[0], len(row[1])), default=(0, []))
    names = [cell for cell in cells if spec.likeness([cell])]
    if names:
        shown = named([f'"{printable(name)}"' for name in names], 20)
        fact = f"the row most like one has {shown}"
    elif not rows:
        line, fact = 1, "the file is empty"
    else:
        line = rows[0][0]
        fact = "its first row has an e-mail, so it is a person's" if _has_email(rows, line) else "its first row is none"
    message = f"{file} has no header that seatsync knows; {fact}.{f' {MORE_MAY_COME}' if rows else ''}"
    found.append(
        Diagnostic(
            "csv-header", message, spec.help_for(cells if len(names) * 2 > len(cells) else names), Origin(file, line)
        )
    )


def _has_email(rows: list[Row], line: int) -> bool:
    return any("@" in cell for at, cells in rows if at == line for cell in cells)
