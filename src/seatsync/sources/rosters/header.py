"""Find the header of a roster, and say what is wrong with it: what it lacks, and what it may have meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from json import dumps
from types import MappingProxyType

from seatsync.domain.diagnostic import MORE_MAY_COME, Diagnostic, Severity, counted
from seatsync.domain.person import REQUIRED, spoken
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean, nearest
from seatsync.sources.rosters.columns import Columns
from seatsync.sources.rosters.finder import columns_of
from seatsync.sources.rosters.formats.registry import FORMATS
from seatsync.sources.rosters.how import HowToRead
from seatsync.sources.rosters.meaning.meanings import NAMES, names_of, spelled_as
from seatsync.sources.rosters.meaning.spellings import EXAMPLES, SPELLINGS
from seatsync.sources.tables.header import HeaderSpec
from seatsync.sources.tables.table import MOST_UNREAD, Table, squeezed

_EXAMPLE = "The first row must name the columns, for example: email, given_name, family_name, student_id, role, tags."
_EXAMPLE_OF_TAGS = "The first row must name the columns, for example: email, student_id, tags."
_COLUMN, _PLAIN = "COLUMN", re.compile("[A-Za-z][A-Za-z0-9._/-]*")
_USER_NAMES = frozenset(
    map(
        squeezed,
        ("Username", "User Name", "Login", "Login ID", "SIS Username", "Benutzername", "Identifiant", "Usuario"),
    )
)
_WHOLE_NAMES = frozenset(
    map(squeezed, ("Name", "Full Name", "Display Name", "Student Name", "Student", "Nombre completo", "Nom complet"))
)


def spec_of(how: HowToRead, file: str = "FILE") -> HeaderSpec:
    """The header of a roster that is read in this way; messages about it name the ``file``."""

    def matches(cells: list[str]) -> bool:
        columns = columns_of(cells, how)
        return bool(columns.fields) and not {*columns.missing} - {name for name, written in how.map.items() if written}

    preamble = tuple(line.lower() for format in FORMATS for line in format.preamble)
    return HeaderSpec(matches, NAMES, lambda cells: help_for(cells, how, file), distinct=False, preamble=preamble)


def help_for(cells: Sequence[str], how: HowToRead, file: str) -> str:
    """What to do about a row that is no header: what exactly is missing, and how to say where it is."""
    columns = columns_of(cells, how)
    if not columns.fields and not columns.passed:
        example, fields = (_EXAMPLE_OF_TAGS, ("email", "tags")) if how.adds_tags else (_EXAMPLE, REQUIRED)
        return f"{example} If they have other names, say which is which{_at_the_roster(file, dict.fromkeys(fields, _COLUMN))}"
    missing = [f"the {spoken(name)} ({EXAMPLES[name]})" for name in columns.missing]
    if how.adds_tags and "email" in columns.missing:
        missing[0] += " or the student id"
    parts = [f"There is no column with {_listed(missing)}."] if missing else []
    meant: dict[str, str] = {}
    for cell in (cells[at] for at in columns.unread):
        if near := _near(cell, columns.missing):
            parts.append(f'"{printable(cell)}": Did you mean "{near}"?')
            field = _field_of(near, columns.missing)
            meant[field] = cell if field not in meant else _COLUMN
    parts += _ways(cells, columns.missing, file, meant)
    return " ".join(parts)


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _near(cell: str, fields: Sequence[str]) -> str | None:
    """A guess at a name of one of these fields; it must be so near that it is no other word."""
    if len(squeezed(cell)) < 4 or squeezed(cell) in _WHOLE_NAMES:
        return None
    wanted = {name for field in fields for name in names_of(field)}
    names = [name for name in NAMES if squeezed(name) in wanted]
    return nearest(cell, (*fields, *names), 0.8)


def _field_of(name: str, fields: Sequence[str]) -> str:
    return name if name in fields else next(field for field in fields if squeezed(name) in names_of(field))


def _ways(
    cells: Sequence[str], missing: Sequence[str], file: str, meant: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """How to say where a missing field is: a template over user names, or names that the columns have here.

    ``meant`` has the columns whose names are nearly those of a field.
    """
    named = {squeezed(name): cell for cell in cells for name in spelled_as(cell)}
    ways = {}
    if "email" in missing:
        user = next((cell for name, cell in named.items() if name in _USER_NAMES), None)
        ways["email"] = f"{{{user}}}@school.example" if user else _COLUMN
    whole = next((cell for name, cell in named.items() if name in _WHOLE_NAMES and cell in cells), None)
    others = [name for name in missing if name != "email"]
    ways |= dict.fromkeys(others, _COLUMN) | dict(meant)
    mend = "Correct the header" if ways.keys() == meant.keys() else "Add it"
    told = [f"{mend}, or say where it is{_at_the_roster(file, ways)}"] if ways else []
    if whole and others:
        told.insert(
            0,
            f'"{printable(whole)}" may be a whole name, which seatsync does not take apart: export first and last name in two columns.',
        )
    return told


def _at_the_roster(file: str, ways: Mapping[str, str]) -> str:
    """Say where `map:` goes, with the line to paste."""
    found = ", ".join(f"{field}: {_as_yaml(way)}" for field, way in ways.items())
    return (
        ": in seatsync.yaml, add `map:` to this roster's entry, with the file's own names of columns:\n"
        f"  - {{path: {_as_yaml(file)}, map: {{{found}}}}}"
    )


def _as_yaml(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else dumps(text, ensure_ascii=not text.isprintable())


def report_no_emails(table: Table, position: int, lines: Sequence[int]) -> None:
    """Report a list in which nobody has an e-mail; ``lines`` are those of the people who would be members.

    ``position`` is that of the column which should have them, -1 if there is none.
    """
    why = "it has no column for it"
    if position >= 0:
        why = f'"{printable(table.header[position])}" is empty for {counted(len(lines), "person", "people")}'
    message = f"Nobody in this list has an e-mail: {why}."
    help = " ".join(_ways(table.header, ("email",), table.file)).replace("Add it, or say", "Fill it in, or say")
    table.found.append(Diagnostic("missing-value", message, help, table.at(lines[0], max(position, 0))))


def if_user_names(columns: Columns) -> str:
    """The help for a person whose column of e-mails has user names; "" if that is no column as it stands."""
    bound = columns.fields.get("email")
    if bound is None or bound.position is None:
        return ""
    name = printable(columns.header[bound.position])
    return f'If the column has user names, write `map: {{email: "{{{name}}}@school.example"}}` at the roster.'


def report(table: Table, columns: Columns) -> None:
    """Add the faults of a header, and of what the roster's entry says of it, to the table's findings."""
    missing = {("map", name) for name in columns.missing}  # without these fields no row is read
    for fault in columns.faults:
        where = columns.how.place(*fault.path) if fault.path else table.at(table.header_line, fault.position)
        guess = did_you_mean(fault.name, fault.near) if fault.near else ""
        more = MORE_MAY_COME if fault.path in missing else ""
        message = " ".join(filter(None, (fault.message, guess, more)))
        table.found.append(Diagnostic(fault.code, message, fault.help, where))
    for position in columns.unread[:MOST_UNREAD] if columns.format is None or not columns.format.quiet else ():
        _warn_of_a_near_miss(table, columns, position)


def _warn_of_a_near_miss(table: Table, columns: Columns, position: int) -> None:
    """Warn of a column that is not read, and whose name is nearly that of a field that no column has."""
    lacking = [name for name in SPELLINGS if name not in columns.fields and name not in columns.how.map]
    header = table.header[position]
    if near := _near(header, lacking):
        message = f'The column "{printable(header)}" is not read. Did you mean "{near}"?'
        help = "Correct its name, or delete the column if you don't need it here."
        where = table.at(table.header_line, position)
        table.found.append(Diagnostic("unknown-column", message, help, where, Severity.WARNING))
