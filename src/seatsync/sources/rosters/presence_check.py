"""Errors about columns that say who is gone: they decide who is a member, or somebody must say what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice

from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.days import day_as_written
from seatsync.sources.rosters.columns import Columns, PresenceColumn
from seatsync.sources.rosters.meaning.last_days import days_in
from seatsync.sources.rosters.meaning.presence_words import YES
from seatsync.sources.rosters.take import Left
from seatsync.sources.tables.table import MOST_UNREAD, Table

_MOST_VALUES, _AT_ONCE = 5, 5_000
_MARKS = ("active", "enabled")
Values = Mapping[str, int]
"""The different values of a column, each with the first line that has it."""


def examine(table: Table, columns: Columns) -> None:
    """Report columns that may say who is gone, and that nothing decides about; read the columns of days.

    Where there are such columns, or one without a name, this reads the file once before its members are read.
    """
    marks = [one for one in columns.presence if one.field in _MARKS and columns.format is None]
    dated = [one.position for one in columns.presence if one.meaning.has_days]
    nameless = [position for position, name in enumerate(table.header) if not name][:MOST_UNREAD]
    said = _values(
        table, {*columns.maybe, *columns.ends, *dated, *nameless, *(presence.position for presence in marks)}
    )
    for position in nameless:
        _warn_of_no_name(table, position, said[position])
    for presence in marks:
        _examine_marks(table, presence, said[presence.position])
    for position in columns.maybe:
        _examine_hint(table, columns, position, said[position])
    for position in columns.ends:
        _read_days(table, columns, position, said[position])
    for position in dated:
        days = days_in(said[position]).of.items()
        columns.last_days[position] = {value: day for value, day in days if day > columns.how.today}


def _values(table: Table, positions: set[int]) -> dict[int, dict[str, int]]:
    """The different values of these columns."""
    said: dict[int, dict[str, int]] = {position: {} for position in positions}
    if not positions:
        return said
    width, unheard = len(table.header), replace(table, found=[])
    records = unheard.records()
    while batch := [*islice(records, _AT_ONCE)]:
        lines, ends, rows = zip(*batch, strict=True)
        if lines != ends or {*map(len, rows)} != {width} or not all(map(any, rows)):
            if not (sound := [*unheard.rows(batch)]):
                continue
            lines, rows = zip(*sound, strict=True)
        columns = [*zip(*rows, strict=True)]
        for position, known in said.items():
            new = {*columns[position]} - known.keys()
            if len(new) == 1:
                (value,) = new
                known[value] = lines[columns[position].index(value)]
            elif new:
                for value, line in zip(columns[position], lines, strict=True):
                    if value in new:
                        known.setdefault(value, line)
    return said


def _warn_of_no_name(table: Table, position: int, said: Values) -> None:
    """Warn of a column that has values, and no name."""
    if lines := [line for value, line in said.items() if value.strip()]:
        message = f"Column {position + 1} has no name and is not read, but it has a value on line {min(lines)}."
        where = table.at(table.header_line, position)
        help = "Name the column, or delete it if you don't need it here."
        table.found.append(Diagnostic("unknown-column", message, help, where, Severity.WARNING))


def _examine_hint(table: Table, columns: Columns, position: int, said: Values) -> None:
    """Report a column that may say who is gone, if one of its values does."""
    hint = columns.maybe[position]
    gone = hint.telling(said)
    if gone is None or not {"status", hint.field, hint.map_for(gone)}.isdisjoint(columns.how.map):
        return
    name, field = printable(table.header[position]), hint.map_for(gone)
    line = next(line for value, line in said.items() if clean(value) == gone)
    fact = f'The column "{name}" says {_quoted(table, gone)} on line {line}, so it may say who is no longer a member.'
    help = f'If it does, write `map: {{{field}: "{name}"}}` at the roster; if not, `map: {{{field}: ~}}`.'
    _wrong(table, position, fact, help)


def _read_days(table: Table, columns: Columns, position: int, said: Values) -> None:
    """Read a column with the last days of members; report values that are no day."""
    days = days_in(said)
    columns.last_days[position] = days.of
    name = printable(table.header[position])
    not_so = "If the column says something else, write `map: {ends: ~}` at the roster."
    for values, fact in (
        (days.unread, "which is no day"),
        (days.either, "which has two meanings: the day may come first, or the month"),
    ):
        if values:
            line, *others = sorted(said[value] for value in values)
            first = next(value for value in values if said[value] == line)
            shown = _quoted(table, first)
            help = f"Write it as {day_as_written('' if table.has_secrets else clean(first))}."
            more = f"; {counted(len(others), 'other value is', 'other values are')} like that" if others else ""
            message = f'The column "{name}" says when people leave, but on line {line} it has {shown}, {fact}{more}.'
            where = table.at(line, position)
            table.found.append(Diagnostic("invalid-value", message, f"{help} {not_so}", where))


def _examine_marks(table: Table, presence: PresenceColumn, said: Values) -> None:
    """Report a column that marks members and says nothing of the others: an empty cell may be a no."""
    empty = [line for value, line in said.items() if not clean(value)]
    words = [clean(value) for value in said if clean(value)]
    if empty and words and all(word.casefold() in YES for word in words):
        name = printable(table.header[presence.position])
        fact = f'The column "{name}" says {_quoted(table, words[0])} of some and nothing of others, first on line {min(empty)}'
        message = f"{fact}. seatsync does not know whether these people are members."
        help = f"Write yes or no in each row. If the column says something else, write `map: {{{presence.field}: ~}}`."
        _wrong(table, presence.position, message, help)


def _quoted(table: Table, value: str) -> str:
    """A value for a message; not shown where the file has passwords, since values may have moved to another column."""
    return f'"{printable(clean(value))}"' if not table.has_secrets else "something"


def _wrong(table: Table, position: int, message: str, help: str) -> None:
    table.found.append(Diagnostic("unknown-status", message, help, table.at(table.header_line, position)))


def report_unclear(table: Table, columns: Columns, left: Left) -> None:
    """Report the values of which nobody knows whether they are those of a member: an error for each column."""
    by_column: dict[int, dict[str, list[int]]] = {}
    for (position, value), lines in left.unclear.items():
        by_column.setdefault(position, {})[value] = lines
    for position, values in by_column.items():
        said = [
            f"{_quoted(table, value)} ({counted(len(lines), 'row')}, first on line {lines[0]})"
            for value, lines in islice(values.items(), _MOST_VALUES)
        ]
        more = f" and {counted(len(values) - _MOST_VALUES, 'other value')}" if len(values) > _MOST_VALUES else ""
        header = printable(table.header[position])
        message = f'The column "{header}" says {", ".join(said)}{more}. seatsync does not know whether these people are members.'
        where = table.at(min(lines[0] for lines in values.values()), position)
        words = ["WORD"] if table.has_secrets else sorted(map(printable, islice(values, _MOST_VALUES)))
        table.found.append(Diagnostic("unknown-status", message, _help(columns, position, ", ".join(words)), where))
    left.unclear.clear()


def _help(columns: Columns, position: int, words: str) -> str:
    presence = next((one for one in columns.presence if one.position == position), None)
    if presence is None:
        return "Write the roles of members under `take: {roles: […]}` at the roster; all others are left out."
    help = f"If they are, write `take: {{status: [{words}]}}` at the roster"
    if presence.field == "status":
        help = f"If they are, write `take: {{status: [active, {words}]}}` at the roster; if not, `take: {{status: [active]}}`"
    return f"{help}. If the column says something else, write `map: {{{presence.field}: ~}}`."
