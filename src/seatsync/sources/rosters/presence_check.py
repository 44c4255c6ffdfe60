"""Errors about columns that say who is gone: they decide who is a member, or somebody must say what they mean."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.text.characters import clean, printable
from seatsync.sources.rosters.columns import Columns
from seatsync.sources.rosters.meaning.presence_words import GONE
from seatsync.sources.rosters.take import Left
from seatsync.sources.tables.table import Table

_MOST_VALUES = 5
_SAYS = {
    *GONE,
    "active",
    "activo",
    "activa",
    "ativo",
    "ativa",
    "attivo",
    "actif",
    "aktiv",
    "actief",
    "alta",
    "enrolled",
}
"""Words by which a column is known for one that says who is a member."""


def examine(table: Table, columns: Columns) -> None:
    """Report columns that may say who is gone, and that nothing decides about."""
    if not columns.maybe and not columns.ends:
        return
    rows = [*replace(table, found=[]).rows()]
    for position in columns.maybe:
        gone = next(((line, row[position]) for line, row in rows if clean(row[position]).casefold() in _SAYS), None)
        if gone is not None:
            name = printable(table.header[position])
            message = f'The column "{name}" says "{printable(clean(gone[1]))}" on line {gone[0]}, so it may say who is no longer a member.'
            help = f'If it does, write `map: {{status: "{name}"}}` at the roster; if not, `map: {{status: ~}}`.'
            _wrong(table, columns, position, message, help)
    for position in columns.ends:
        dated = next(((line, row[position]) for line, row in rows if row[position].strip()), None)
        if dated is not None:
            name = printable(table.header[position])
            message = f'The column "{name}" says when people leave ("{printable(clean(dated[1]))}" on line {dated[0]}).'
            help = (
                "Delete the rows of those who have left and then the column, or write `map: {ends: ~}` at the roster."
            )
            _wrong(table, columns, position, message, help)


def _wrong(table: Table, columns: Columns, position: int, message: str, help: str) -> None:
    if "status" in columns.how.map and position in columns.maybe:
        return
    table.found.append(Diagnostic("unknown-status", message, help, table.at(table.header_line, position)))


def report_unclear(table: Table, columns: Columns, left: Left) -> None:
    """Report the values of which nobody knows whether they are those of a member: an error for each column."""
    by_column: dict[int, dict[str, list[int]]] = {}
    for (position, value), lines in left.unclear.items():
        by_column.setdefault(position, {})[value] = lines
    for position, values in by_column.items():
        said = [
            f'"{printable(value)}" ({counted(len(lines), "row")}, first on line {lines[0]})'
            for value, lines in islice(values.items(), _MOST_VALUES)
        ]
        more = f" and {counted(len(values) - _MOST_VALUES, 'other value')}" if len(values) > _MOST_VALUES else ""
        header = printable(table.header[position])
        message = f'The column "{header}" says {", ".join(said)}{more}. seatsync does not know whether these people are members.'
        where = table.at(min(lines[0] for lines in values.values()), position)
        table.found.append(Diagnostic("unknown-status", message, _help(columns, position, [*values]), where))
    left.unclear.clear()


def _help(columns: Columns, position: int, values: list[str]) -> str:
    presence = next((one for one in columns.presence if one.position == position), None)
    if presence is None:
        return "Write the roles of members under `take: {roles: […]}` at the roster; all others are left out."
    words = ", ".join(sorted(map(printable, values[:_MOST_VALUES])))
    help = f"If they are, write `take: {{status: [{words}]}}` at the roster"
    if presence.field == "status":
        help = f"If they are, write `take: {{status: [active, {words}]}}` at the roster; if not, `take: {{status: [active]}}`"
    return f"{help}. If the column says something else, write `map: {{{presence.field}: ~}}`."
