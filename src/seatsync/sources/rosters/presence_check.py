"""Errors about columns that say who is gone: they decide who is a member, or somebody must say what they mean."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.text.characters import clean, printable
from seatsync.sources.rosters.columns import Columns, PresenceColumn
from seatsync.sources.rosters.meaning.presence_words import YES
from seatsync.sources.rosters.take import Left
from seatsync.sources.tables.table import Table

_MOST_VALUES = 5
_MARKS = ("active", "enabled")


def examine(table: Table, columns: Columns) -> None:
    """Report columns that may say who is gone, and that nothing decides about."""
    for presence in columns.presence if columns.format is None else ():
        if presence.field in _MARKS:
            _examine_marks(table, presence)
    if not columns.maybe and not columns.ends:
        return
    lines: list[int] = []
    said: dict[int, list[str]] = {position: [] for position in (*columns.maybe, *columns.ends)}
    for line, row in replace(table, found=[]).rows():
        lines.append(line)
        for position, values in said.items():
            values.append(row[position])
    for position, hint in columns.maybe.items():
        gone = hint.telling(said[position])
        if gone is not None and {"status", hint.field, hint.map_for(gone)}.isdisjoint(columns.how.map):
            name, field = printable(table.header[position]), hint.map_for(gone)
            line = next(line for line, value in zip(lines, said[position], strict=True) if clean(value) == gone)
            message = (
                f'The column "{name}" says "{printable(gone)}" on line {line}, so it may say who is no longer a member.'
            )
            help = f'If it does, write `map: {{{field}: "{name}"}}` at the roster; if not, `map: {{{field}: ~}}`.'
            _wrong(table, position, message, help)
    for position in columns.ends:
        dated = next((each for each in zip(lines, said[position], strict=True) if each[1].strip()), None)
        if dated is not None:
            name = printable(table.header[position])
            message = f'The column "{name}" says when people leave ("{printable(clean(dated[1]))}" on line {dated[0]}).'
            help = (
                "Delete the rows of those who have left and then the column, or write `map: {ends: ~}` at the roster."
            )
            _wrong(table, position, message, help)


def _examine_marks(table: Table, presence: PresenceColumn) -> None:
    """Report a column that marks members and says nothing of the others: an empty cell may be a no."""
    position, empty, said = presence.position, 0, ""
    for line, row in replace(table, found=[]).rows():
        value = clean(row[position])
        if value and value.casefold() not in YES:
            return
        said, empty = said or value, empty or (0 if value else line)
    if empty and said:
        name = printable(table.header[position])
        fact = f'The column "{name}" says "{said}" of some and nothing of others, first on line {empty}'
        message = f"{fact}. seatsync does not know whether these people are members."
        help = f"Write yes or no in each row. If the column says something else, write `map: {{{presence.field}: ~}}`."
        _wrong(table, position, message, help)


def _wrong(table: Table, position: int, message: str, help: str) -> None:
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
