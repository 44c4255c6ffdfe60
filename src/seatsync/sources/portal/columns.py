"""The columns of a portal's export: those of a person, and those of each library's licenses."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.library import Library
from seatsync.domain.person import REQUIRED, spoken
from seatsync.domain.portal.export import IN_PORTAL, ON_ROSTER, UNTIL
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.sources.rosters.meaning.meanings import NAMES, fields_of
from seatsync.sources.rosters.meaning.spellings import EXAMPLES
from seatsync.sources.tables.content import Content
from seatsync.sources.tables.header import HeaderSpec
from seatsync.sources.tables.read import read_table
from seatsync.sources.tables.table import MOST_UNREAD, Table, report_two_columns, squeezed
from seatsync.systems.registry import LICENSE_COLUMNS, TEMPLATES, portal_of

_SURE = (
    *((name, what) for columns in LICENSE_COLUMNS for what, name in columns._asdict().items()),
    ("Licence Kind", "kind"),
    ("Licence Status", "status"),
    (UNTIL, "until"),
    (IN_PORTAL, "there"),
)
"""The names that nothing but a license has, and what they say."""
_MEANINGS = sorted(
    ((squeezed(name), what, (name, what) in _SURE) for name, what in (*_SURE, ("Kind", "kind"), ("Status", "status"))),
    key=lambda meaning: -len(meaning[0]),
)
"""(squeezed name, what it says, whether nothing but a license has the name), the longest first"""

_FIXED_WORDS = {
    squeezed(column.name): column.must_say for template in TEMPLATES for column in template.columns if column.must_say
}

BOTH = " or ".join(f"{columns.kind} and {columns.status}" for columns in LICENSE_COLUMNS)


class OfLicense(NamedTuple):
    """The positions of a library's columns; -1 for one that is not there."""

    kind: int = -1
    status: int = -1
    until: int = -1
    there: int = -1


@dataclass
class Columns:
    """The positions of an export's columns. ``person`` is by field of ``Person``, ``licenses`` by library.

    ``type`` and ``on_roster`` are -1 without such a column. ``type`` says ``member`` of everybody who is no administrator.
    """

    person: dict[str, int] = field(default_factory=dict)
    licenses: dict[str, OfLicense] = field(default_factory=dict)
    type: int = -1
    member: str = ""
    on_roster: int = -1


def _is_header(cells: list[str]) -> bool:
    return {*REQUIRED} <= {field for field, _, _ in fields_of(map(squeezed, cells))}


def _help_for(cells: list[str]) -> str:
    there = {field for field, _, _ in fields_of(map(squeezed, cells))}
    missing = [f"the {spoken(name)} ({EXAMPLES[name]})" for name in REQUIRED if name not in there]
    return (
        f"Add {'a column' if len(missing) == 1 else 'columns'} with {' and '.join(missing)}."
        " A member needs all three: e-mail, given name and family name."
    )


HEADER = HeaderSpec(_is_header, NAMES, _help_for)
"""The header of an export."""


def read_columns(table: Table, libraries: Mapping[str, Library], library: str | None) -> Columns:
    """Return what the columns of the header mean. Add what is wrong to ``table.found``, and name the columns that are not read."""
    found = Columns()
    ranks: dict[str, int] = {}
    read: set[int] = set()
    for name, rank, position in sorted(fields_of(table.columns), key=lambda column: column[1:]):
        if ranks.setdefault(name, rank) == rank:
            if name in found.person:
                report_two_columns(table, position, spoken(name))
            found.person[name] = position
            read.add(position)
    owners = _Owners(table, libraries, library)
    for position, column in enumerate(table.columns):
        if position in read:
            continue
        if column in _FIXED_WORDS:
            found.type, found.member = position, _FIXED_WORDS[column]
        elif column == squeezed(ON_ROSTER):
            found.on_roster = position
        elif not owners.take(position, column):
            continue
        read.add(position)
    found.licenses = owners.complete()
    _name_unread(
        table, [printable(name) for position, name in enumerate(table.header) if name and position not in read]
    )
    return found


def titles_in(content: Content, file: str, found: list[Diagnostic]) -> list[str] | None:
    """Return the libraries' names in the license columns as they are written, each once; "" stands for columns without one.

    Return None, and add to ``found``, where the file has no header of an export.
    """
    table = read_table(content, file, HEADER, found)
    if table is None:
        return None
    titles = [_OF_LICENSE.sub("", name).strip(_AROUND) for name in table.header if _OF_LICENSE.search(name)]
    return list({squeezed(title): title for title in reversed(titles)}.values())[::-1]


def as_csv(content: Content, file: str) -> str:
    """Return an export as CSV text: a text as it is, of a workbook the sheet that is read."""
    if isinstance(content, str):
        return content
    table, written = read_table(content, file, HEADER, []), io.StringIO(newline="")
    if table is not None:
        csv.writer(written, lineterminator="\n").writerows([table.header, *(row for _, row in table.rows())])
    return written.getvalue()


_OF_LICENSE = re.compile(
    "|".join(r"[\W_]*".join(map(re.escape, name.split())) for name in sorted(dict(_SURE), key=len, reverse=True)),
    re.IGNORECASE,
)
_AROUND = " \t()[]{}:;,./|-_\u2013\u2014"


_IN_WORDS = {"until": "end date", "there": "state in the portal"}


class _Owners:
    """Finds out which library each license column is about."""

    def __init__(self, table: Table, libraries: Mapping[str, Library], library: str | None) -> None:
        self.table = table
        self.libraries = libraries
        self.names: dict[str, list[str]] = {}
        for id, entry in libraries.items():
            self.names.setdefault(squeezed(entry.title), []).append(id)
        self.names |= {squeezed(id): [id] for id in libraries}
        self.names[""] = [library] if library is not None else [*filter(self._has_columns, libraries)]
        self.found: dict[str, OfLicense] = {}

    def _has_columns(self, id: str) -> bool:
        portal = portal_of(self.libraries[id])
        return portal is None or not portal.lists_only_holders

    def take(self, position: int, column: str) -> bool:
        """Take a column if it is one of a license; return whether it is."""
        for name, what, is_sure in _MEANINGS:
            owner = column.removesuffix(name) if column.endswith(name) else column.removeprefix(name)
            if owner == column:
                continue
            ids = self.names.get(owner, [])
            if len(ids) == 1:
                self._put(ids[0], what, position)
            elif is_sure or not owner:
                self._unclear(position, owner, ids)
            else:
                continue
            return True
        return False

    def _put(self, id: str, what: str, position: int) -> None:
        columns = self.found.get(id, OfLicense())
        if getattr(columns, what) >= 0:
            report_two_columns(self.table, position, f"{_IN_WORDS.get(what, what)} of licenses of {id}".strip())
        self.found[id] = columns._replace(**{what: position})

    def _unclear(self, position: int, owner: str, ids: list[str]) -> None:
        column = f'"{printable(self.table.header[position])}"'
        if owner and not ids:
            message = f"The column {column} is about a library that is not in seatsync.yaml."
            written = _OF_LICENSE.sub("", self.table.header[position]).strip(_AROUND)
            guess = did_you_mean(written, (*self.libraries, *(library.title for library in self.libraries.values())))
            help = f"{guess} Add the library to seatsync.yaml, or delete the column.".strip()
        elif owner:
            message = f"The column {column} can be about {' or '.join(ids)}, which have the same title."
            help = f"Write the library's id into the column's name: {ids[0]} {LICENSE_COLUMNS[0].kind}."
        else:
            message = f"The column {column} does not say which library it is about."
            help = "Name the library these columns are about: --library ID, or `library: ID` under `exports`."
        self._wrong("unknown-library", message, help, position)

    def complete(self) -> dict[str, OfLicense]:
        """Return the columns of each library, and report those of which a needed one is missing."""
        for id, columns in self.found.items():
            if columns.status < 0:
                message = f"For {id} there is no column of the status; {BOTH} are needed."
                self._wrong("csv-header", message, "Export both.", max(columns))
        return self.found

    def _wrong(self, code: str, message: str, help: str, position: int) -> None:
        where = self.table.at(self.table.header_line, position)
        self.table.found.append(Diagnostic(code, message, help, where))


def _name_unread(table: Table, names: list[str]) -> None:
    if not names:
        return
    shown = ", ".join(f'"{name}"' for name in names[:MOST_UNREAD])
    more = f" and {len(names) - MOST_UNREAD} more" if len(names) > MOST_UNREAD else ""
    message = f"{'This column is' if len(names) == 1 else 'These columns are'} not read: {shown}{more}."
    help = "If one of them says who somebody is or what they hold, give it the name that the portal gives it."
    where = table.at(table.header_line, 0)
    table.found.append(Diagnostic("unknown-column", message, help, where, Severity.NOTICE))
