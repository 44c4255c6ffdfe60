"""Read CSV files that name members: selections ("Select by CSV") and grants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice

from seatsync.domain.desired import Grant, Selection, Selector
from seatsync.domain.diagnostic import Diagnostic, named
from seatsync.domain.library import Library
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin
from seatsync.domain.person import spoken
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.days import day_as_written, day_fault, parse_day
from seatsync.domain.text.emails import email_fault, email_to_write
from seatsync.domain.text.guesses import did_you_mean, one_letter_off
from seatsync.domain.text.ids import plain_email, plain_id
from seatsync.sources.rosters.meaning.meanings import NAMES, fields_of, names_of
from seatsync.sources.tables.content import Content
from seatsync.sources.tables.header import HeaderSpec
from seatsync.sources.tables.read import read_table
from seatsync.sources.tables.table import (
    Record,
    Table,
    names_in,
    report_two_columns,
    squeezed,
    unknown_names,
    warn_of_ignored_columns,
)


def _header_help(needs: str, names: tuple[str, ...], required: tuple[str, ...] = ()) -> Callable[[list[str]], str]:
    def help_for(cells: list[str]) -> str:
        given = {squeezed(cell) for cell in cells}
        lacking = [name for name in names if squeezed(name) not in given]
        known = {squeezed(name) for name in names}
        missing = [name for name in required if name in lacking] if given & known else []
        unknown = unknown_names(cells, known)
        guesses = "".join(
            f' "{printable(cell)}": {guess}' for cell in unknown if (guess := did_you_mean(cell, lacking))
        )
        lacks = f" It lacks {' and '.join(missing)}." if missing else ""
        return f"The header {needs}.{lacks}{guesses}"

    return help_for


_LISTED_BY = ("email", "student_id")
_LISTING = tuple(name for name in NAMES if any(squeezed(name) in names_of(field) for field in _LISTED_BY))
"""The names of columns with e-mails and student ids."""


def _positions(cells: Iterable[str]) -> dict[str, list[int]]:
    """Field → the positions of the columns that hold it, the surest names only."""
    found: dict[str, list[tuple[int, int]]] = {}
    for field, rank, position in fields_of(map(squeezed, cells)):
        found.setdefault(field, []).append((rank, position))
    return {field: [at for rank, at in sorted(columns) if rank == min(columns)[0]] for field, columns in found.items()}


SELECTION = HeaderSpec(
    lambda cells: any(field in _positions(cells) for field in _LISTED_BY),
    _LISTING,
    _header_help(f"must have a column with e-mails or student ids, for example {_LISTED_BY[0]}", _LISTING),
)
_GRANT_COLUMNS = ("library", "email", "kind", "until", "student_id", "from")
GRANTS = HeaderSpec(
    lambda cells: "library" in names_in(cells) and "email" in _positions(cells),
    _GRANT_COLUMNS,
    _header_help(
        "must have the columns library and email, and can have kind, from, until and student_id",
        _GRANT_COLUMNS,
        ("library", "email"),
    ),
)
_ENDS = {"end", "ends", "enddate", "expires", "expiry", "expirydate", "expiration", "expirationdate", "validuntil"}
_BEGINS = {"start", "starts", "startdate", "begin", "begins", "begindate", "validfrom"}
_OTHERWISE = {**dict.fromkeys(_ENDS, "until"), **dict.fromkeys(_BEGINS, "from")}
"""How other programs name the columns of days."""


def read_selection(
    content: Content, file: str, found: list[Diagnostic], most: int | None = None, sheet: str | None = None
) -> Selection | None:
    """Return the members that a table lists by e-mail, student id or both; other columns are ignored.

    None, and nothing read, where the file has more than ``most`` rows, empty ones included.
    """
    table = read_table(content, file, SELECTION, found, sheet)
    if table is None:
        return None
    picks: list[int | None] = []
    held = _positions(table.header)
    for field in _LISTED_BY:
        positions = held.get(field, [])
        if len(positions) > 1:
            report_two_columns(table, positions[1], spoken(field))
            return None
        picks.append(positions[0] if positions else None)
    email, student_id = picks
    rows = []
    records: Iterable[Record] = table.records()
    if most is not None:
        records = first_records = list(islice(records, most + 1))
        if len(first_records) > most:
            found.append(_too_many(most, table))
            return None
    for line, row in table.rows(records):
        address = plain_email(clean(row[email])) if email is not None else ""
        number = plain_id(clean(row[student_id])) if student_id is not None else ""
        if address and (fault := email_fault(address)):
            message = f"{fault}."
            found.append(Diagnostic("invalid-email", message, email_to_write(address), table.at(line, email or 0)))
        elif address or number:
            rows.append((number, address, line))
        else:
            message = f"Row {line} has neither an e-mail nor a student id, so it selects nobody."
            found.append(
                Diagnostic(
                    "missing-value",
                    message,
                    "Fill one in, or delete the row.",
                    table.at(line, email or student_id or 0),
                )
            )
    return Selection(file, rows)


def _too_many(most: int, table: Table) -> Diagnostic:
    message = f"A selection can have at most {most:,} rows, empty ones included; this file has more."
    help = "Split it into several files, or narrow the list of members with tags and filters instead."
    return Diagnostic("selection-too-long", message, help, table.at(table.header_line, 0))


def grant_columns(table: Table) -> dict[str, int]:
    """Return the columns of a grants file by their squeezed names; those with e-mails and student ids by what they mean, too."""
    columns = {name: position for position, name in enumerate(table.columns)}
    held = _positions(table.header)
    return columns | {squeezed(field): position for field in _LISTED_BY for position in held.get(field, [])}


class GrantsReader:
    """Reads grants from a CSV with the columns library, email and (optional) kind, from, until and student_id."""

    def __init__(self, file: str, libraries: dict[str, Library], found: list[Diagnostic]) -> None:
        self.file = file
        self.libraries = libraries
        self.found = found
        self.grants: list[Grant] = []

    def read(self, content: Content, sheet: str | None = None) -> None:
        """Read every row into ``grants``, and report mistakes to ``found``."""
        table = read_table(content, self.file, GRANTS, self.found, sheet)
        if table is None:
            return
        held = _positions(table.header)
        for field in _LISTED_BY:
            if len(positions := held.get(field, [])) > 1:
                report_two_columns(table, positions[1], spoken(field))
                return
        columns = grant_columns(table)
        misspelt = {name for name in columns if self._report_misspelt(table, name, columns)}
        named = {name for name, position in columns.items() if [position] in (held.get(field) for field in _LISTED_BY)}
        known = misspelt | named | {squeezed(name) for name in _GRANT_COLUMNS}
        warn_of_ignored_columns(table, known, _GRANT_COLUMNS, "a grants file")
        places = [columns.get(squeezed(name), -1) for name in GRANTS.names]
        for line, row in table.rows():
            row = [*row, ""]
            values = [clean(row[place]) for place in places]
            grant = self._grant(values, line, table, places)
            if grant is not None:
                self.grants.append(grant)

    def _report_misspelt(self, table: Table, column: str, columns: dict[str, int]) -> bool:
        """Whether a column looks like a missing one under another name; if so, report it: grants might begin earlier or
        last longer than intended."""
        for name in _GRANT_COLUMNS:
            lacks = squeezed(name) not in columns
            if lacks and (one_letter_off(column, squeezed(name)) or _OTHERWISE.get(column) == name):
                header = printable(table.header[columns[column]])
                message = f'The column "{header}" looks like {name}, but is ignored; the grants would have no {name}.'
                where = table.at(table.header_line, columns[column])
                self.found.append(Diagnostic("unknown-column", message, f"Name it {name}, or delete it.", where))
                return True
        return False

    def _grant(self, values: list[str], line: int, table: Table, places: list[int]) -> Grant | None:
        id, email, kind, until, student_id, begins = values
        email, student_id = plain_email(email), plain_id(student_id)
        before = len(self.found)

        def wrong(code: str, message: str, help: str, column: int) -> None:
            self.found.append(Diagnostic(code, message, help, table.at(line, max(places[column], 0))))

        filled = [column for column, value in enumerate(values) if value]
        if len(filled) == 1:
            message = f'Row {line} has only "{printable(values[filled[0]])}"; a grant needs a library and an e-mail.'
            wrong("missing-value", message, "Fill them in, or delete the row.", filled[0])
            return None
        library = self.libraries.get(id)
        for column, (name, value) in enumerate({"library": id, "e-mail": email}.items()):
            if not value:
                wrong("missing-value", f"Row {line} has no {name}.", "Fill it in, or delete the row.", column)
        if id and library is None:
            guess = did_you_mean(id, self.libraries)
            wrong(
                "unknown-library",
                f'"{printable(id)}" is not a library of seatsync.yaml. {guess}'.rstrip(),
                f"The libraries are {named(list(self.libraries), 20) or 'none'}.",
                0,
            )
        if email and (fault := email_fault(email)):
            wrong("invalid-email", f"{fault}.", email_to_write(email), 1)
        chosen = choose_kind(kind.lower(), library)
        if chosen is None:
            message = (
                f'"{printable(kind)}" is not a kind of license.'
                if kind
                else "The kind is missing, and the library has permanent licenses."
            )
            wrong("invalid-value", message, "Write temporary or permanent.", 2)
        first, end = _days(begins, until, chosen, wrong)
        if len(self.found) > before or library is None or chosen is None:
            return None
        # The student id also finds a member whose e-mail changed.
        known = Selector(selection=Selection(self.file, [(student_id, email, line)]))
        to = known if student_id else Selector(emails=(email,))
        return Grant(library.id, chosen, to, Origin(self.file, line), end, starts=first)


def _days(
    begins: str, until: str, kind: Kind | None, wrong: Callable[[str, str, str, int], None]
) -> tuple[date | None, date | None]:
    """Return the first and the last day of a row's grant, and say what is ``wrong`` with them."""
    first, end = parse_day(begins), parse_day(until)
    for column, written, day in ((3, until, end), (5, begins, first)):
        if written and day is None:
            wrong("invalid-value", f"{day_fault(written)}.", f"Write it as {day_as_written(written)}.", column)
    if end and kind is Kind.PERMANENT:
        wrong("invalid-value", "A permanent license has no `until`.", "Leave the date empty.", 3)
    if first and end and first > end:
        wrong("invalid-value", *never_in_force(first, end), 5)
    return first, end


def never_in_force(first: date, last: date) -> tuple[str, str]:
    """Say that a grant would begin after its end, and how to mend it."""
    return f"The grant begins on {first}, after its last day, {last}.", "Correct `from` or `until`."


def choose_kind(written: str, library: Library | None) -> Kind | None:
    """Return the kind as written, or if left out, temporary where the library has no other. None where it is wrong or unclear."""
    if written:
        return Kind(written) if written in ("temporary", "permanent") else None
    if library is None:  # reported elsewhere
        return Kind.TEMPORARY
    return Kind.TEMPORARY if library.kinds == (Kind.TEMPORARY,) else None
