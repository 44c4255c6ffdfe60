"""Columns with passwords in tables that are kept for long: warn of them, and quote nothing that may be one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_fault
from seatsync.sources.tables.table import SECRETS, Table

_ABOUT = (
    *(
        "change",
        "changed",
        "expir",
        "reset",
        "last",
        "policy",
        "must",
        "never",
        "age",
        "function",
        "strength",
        "quality",
    ),
    *("force", "hint", "ändern", "änderung", "abgelaufen", "changer", "cambiar", "cambio", "alterar", "scadenza"),
)
"""Words of columns that say something about passwords."""
_IS_NONE = re.compile(r"\s*(?:[*•●.x-]*|yes|no|true|false|[01]|none|null|n/a|example:.*)\s*", re.IGNORECASE)
"""Values that are no passwords."""


class Passwords:
    """Looks for passwords in a table's columns, batch by batch. ``are_there`` says whether some were found."""

    def __init__(self, table: Table) -> None:
        self.are_there = False
        self._table = table
        self._columns = [
            position
            for position, name in enumerate(table.columns)
            if any(word in name for word in SECRETS) and not any(word in name for word in _ABOUT)
        ]

    def look(self, cells: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        """Warn of the first password in each column; ``cells`` are some rows, column by column."""
        for position in [*self._columns]:
            column = cells[position]
            if any(value and not _IS_NONE.fullmatch(value) for value in {*column}):
                first = next(line for line, value in zip(lines, column, strict=True) if not _IS_NONE.fullmatch(value))
                self._columns.remove(position)
                self.are_there = True
                self._table.found.append(_warning(self._table, position, first))


def _warning(table: Table, position: int, line: int) -> Diagnostic:
    name = printable(table.header[position])
    message = f'The column "{name}" has passwords, the first on line {line}. seatsync never reads them, but whoever can read this file can.'
    help = "Delete the column, or export the list without it. Change passwords that are in Git already: its history keeps them."
    return Diagnostic("password-in-roster", message, help, table.at(line, position), Severity.WARNING)


def hidden(message: str) -> str:
    """A message about a row of a table with passwords: what it quotes may be one, where values have moved to another column."""
    return _QUOTED.sub(lambda quoted: quoted[0] if email_fault(quoted[1]) is None else '"…"', message)


_QUOTED = re.compile(r'"(.*)"', re.DOTALL)
