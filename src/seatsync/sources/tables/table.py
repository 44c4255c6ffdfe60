"""A table, whatever kind of file it is in: a header with the columns' names, and the rows below it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean

Row = tuple[int, list[str]]
Record = tuple[int, int, list[str]]
"""(first line, last line, fields)"""

MOST_UNREAD = 20
"""The most ignored columns that are reported one by one; a sheet with more is not a roster, and its header is reported."""

_LONGEST_NAME = 200
"""Characters a column's name may have to be worth a guess, which compares it letter by letter."""


def names_in(cells: Iterable[str]) -> set[str]:
    """The squeezed names of a row's cells that are not empty."""
    return {squeezed(cell) for cell in cells if cell}


def squeezed(header: str) -> str:
    """Return a column's name without case, spaces and punctuation. The Turkish ı in capitals is an I as any other."""
    return "".join(c for c in header.casefold().replace("ı", "i") if c.isalnum())


SECRETS = (
    "password",
    "passwort",
    "kennwort",
    "motdepasse",
    "contraseña",
    "senha",
    "wachtwoord",
    "hasło",
    "пароль",
    "密码",
)
"""Words in the names of columns that have passwords, or say something about them."""


@dataclass
class Table(ABC):
    """A file whose header was found. ``header`` has the column names as written, ``columns`` squeezed; lines count from 1.

    Mistakes in the rows are added to ``found`` while they are read.
    """

    file: str
    header_line: int
    header: list[str]
    found: list[Diagnostic]

    @property
    def other_sheets(self) -> Sequence[str]:
        """The names of the sheets beside this one, of a table that is one, with those that are hidden said to be so."""
        return ()

    @property
    def columns(self) -> list[str]:
        return [squeezed(name) for name in self.header]

    @cached_property
    def has_secrets(self) -> bool:
        """Whether a column has passwords."""
        return any(word in name for name in self.columns for word in SECRETS)

    @abstractmethod
    def records(self) -> Iterator[Record]:
        """Yield the records below the header, blank ones too. Those that can't be read become errors."""

    @abstractmethod
    def at(self, line: int, column: int) -> Origin:
        """Return the place of field ``column`` (from 0) in the row that starts on ``line``; the end of a row that is shorter."""

    def rows(self, records: Iterable[Record] | None = None) -> Iterator[Row]:
        """Yield (line, fields) of every row that is not blank; short rows are filled up.

        Rows with more fields than the header, and rows that repeat the header, become errors. ``records`` limits the rows
        to these records of the file.
        """
        header, width = self.header, len(self.header)
        for line, _, row in self.records() if records is None else records:
            if not any(map(str.strip, row)):
                continue
            if row == header:
                message = f"This row repeats the header on line {self.header_line}."
                self.found.append(Diagnostic("csv-header", message, "Delete this row.", self.at(line, 0)))
                continue
            if len(row) != width:
                if any(cell.strip() for cell in row[width:]):
                    self._report_too_long(line, row)
                    continue
                if self._is_split_otherwise(line, row):
                    continue
                row = row[:width] + [""] * (width - len(row))
            yield line, row

    @abstractmethod
    def _report_too_long(self, line: int, row: list[str]) -> None:
        """Report a row with more values than the header has columns."""

    def _is_split_otherwise(self, line: int, row: list[str]) -> bool:
        """Whether the values of a row stand in one cell, with another separator than the header's; if so, report it."""
        return False


def unknown_names(cells: Iterable[str], known: Container[str]) -> list[str]:
    """Return the header's cells whose squeezed names are not ``known``: the first MOST_UNREAD that are short enough for a guess."""
    names = (cell for cell in cells if 0 < len(cell) <= _LONGEST_NAME)
    return [*islice((cell for cell in names if squeezed(cell) not in known), MOST_UNREAD)]


def warn_of_ignored_columns(table: Table, known: Container[str], names: tuple[str, ...], owner: str) -> None:
    """Warn of each column that is not ``known``, with a guess at the name, or of values in a column without a name."""
    unread = [(position, header) for position, header in enumerate(table.header) if squeezed(header) not in known]
    for position, header in unread[:MOST_UNREAD]:
        where, severity = table.at(table.header_line, position), Severity.WARNING
        if header:
            guess = did_you_mean(header, names)
            message = f'The column "{printable(header)}" is ignored; {owner} has no column of that name. {guess}'
            help = "Correct its name, or delete the column if you don't need it here."
        else:
            below = (line for line, row in replace(table, found=[]).rows() if row[position].strip())
            if (first := next(below, None)) is None:
                continue
            message = f"Column {position + 1} has no name and is ignored, but it has values, the first on line {first}."
            help = "Name the column, or delete it if you don't need it here."
        table.found.append(Diagnostic("unknown-column", message.rstrip(), help, where, severity))


def report_two_columns(table: Table, position: int, meaning: str) -> None:
    """Report that the column at ``position`` has the same meaning as another one."""
    message = f"Two columns hold the {meaning}; only one is possible."
    where = table.at(table.header_line, position)
    table.found.append(Diagnostic("csv-header", message, "Delete one of them.", where))
