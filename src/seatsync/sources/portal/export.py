"""Read a portal's export: its users, and the kind and status of their licenses if it has columns for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import islice

from seatsync.domain.diagnostic import Diagnostic, Severity, named
from seatsync.domain.library import Library
from seatsync.domain.license import Kind, Status
from seatsync.domain.origin import Origin
from seatsync.domain.person import REQUIRED, Person
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.portal.export import Export, Holding
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.days import day_as_written, day_fault, parse_day
from seatsync.domain.text.tags import IMPORTED
from seatsync.sources.portal.columns import BOTH, HEADER, Columns, read_columns
from seatsync.sources.portal.words import HELP, read_license
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.tables.content import Content
from seatsync.sources.tables.read import read_table
from seatsync.sources.tables.table import Row, Table, squeezed
from seatsync.systems.portal import Portal
from seatsync.systems.registry import PORTALS, SYSTEMS, portal_of
from seatsync.systems.template import Template

_AT_ONCE = 5_000


def read_export(
    content: Content,
    file: str,
    libraries: Mapping[str, Library],
    library: str | None,
    found: list[Diagnostic],
    sheet: str | None = None,
) -> Export | None:
    """Read an export. Columns without a library's name, and lists of license holders, are about ``library``.

    Without it they are about the only library of such a portal. Return None, and add errors to ``found``, where something is
    wrong.
    """
    before = len(found)
    table = read_table(content, file, HEADER, found, sheet)
    if table is None:
        return None
    columns = read_columns(table, libraries, library)
    held_by_all = _held_by_all(table, columns, libraries, library)
    if any(d.severity is Severity.ERROR for d in found[before:]):
        return None
    export = _Reader(table, columns, libraries, held_by_all).read()
    return export if not any(d.severity is Severity.ERROR for d in found[before:]) else None


def _held_by_all(table: Table, columns: Columns, libraries: Mapping[str, Library], library: str | None) -> str:
    """The library of a list without license columns, from a portal that lists only holders of a license; empty for none."""
    if columns.licenses or any(d.severity is Severity.ERROR for d in table.found):
        return ""
    if library is None:
        if columns.type < 0:
            return ""
        lists = [id for id in libraries if _lists_holders(libraries[id])]
        if not lists:
            _tell_of_no_library(table, columns.type)
        return lists[0] if len(lists) == 1 else ""
    own = _portal_with_template(table)
    if _lists_holders(libraries[library]) and (own is None or own.lists_only_holders):
        return library
    message = f"There are no columns {BOTH}, so seatsync can't tell who holds {library}."
    help = "Leave --library out to read only the members, or export with license columns."
    table.found.append(Diagnostic("csv-header", message, help, table.at(table.header_line, 0)))
    return ""


def _tell_of_no_library(table: Table, position: int) -> None:
    """Say that the files have no library whose holders this list can name. A column of the types makes it such a list."""
    own = _portal_with_template(table)
    of = f" of {own.title}" if own is not None else ""
    column = printable(table.header[position])
    message = (
        f'The column "{column}" says that this is a list of license holders{of}, but there is no library of that kind.'
    )
    systems = " or ".join(f"`system: {system.name}`" for system in SYSTEMS.values() if system.portal.lists_only_holders)
    help = f"Add one with {systems} to seatsync.yaml, or use the export of a library that is there."
    table.found.append(Diagnostic("csv-header", message, help, table.at(table.header_line, position)))


def _lists_holders(library: Library) -> bool:
    portal = portal_of(library)
    return portal.lists_only_holders if portal is not None else library.delivery.facts.at_once


def _portal_with_template(table: Table) -> Portal | None:
    """The portal whose template has the header's names for all that the template needs; None if several have, or none."""
    names = {*table.columns}
    portals = [portal for portal in PORTALS.values() if _has_needed(portal.template, names)]
    return portals[0] if len(portals) == 1 else None


def _has_needed(template: Template, names: Set[str]) -> bool:
    """Whether the squeezed names have all columns that a person needs in the template, and those with a fixed word."""
    needed = (column for column in template.columns if column.field in REQUIRED or column.must_say)
    return all(any(squeezed(name) in names for name in (column.name, *column.other_names)) for column in needed)


def _portal(table: Table, libraries: Mapping[str, Library], spoken_of: Iterable[str]) -> str:
    """The name of the portal that the export is from: that of its libraries, else the one whose template the header is in."""
    of_libraries = {portal.name for id in spoken_of if (portal := portal_of(libraries[id])) is not None}
    if not of_libraries and (own := _portal_with_template(table)) is not None:
        return own.name
    if not of_libraries:
        of_libraries = {portal.name for library in libraries.values() if (portal := portal_of(library)) is not None}
    return of_libraries.pop() if len(of_libraries) == 1 else ""


class _Reader:
    def __init__(self, table: Table, columns: Columns, libraries: Mapping[str, Library], held_by_all: str) -> None:
        self.table = table
        self.columns = columns
        self.libraries = libraries
        self.held_by_all = held_by_all
        self.roster = RosterReader(table.file, [], table.found)
        self.role = columns.person.pop("role", -1) if held_by_all else -1
        self.picks = [columns.person.get(name, -1) for name in Person._fields]
        self.rows_of: dict[str, Row] = {}
        self.admins: list[int] = []
        self.known: dict[tuple[str, str | None, str], Holding | str] = {}
        self.holdings: dict[str, dict[str, Holding]] = {
            id: {} for id in columns.licenses or filter(None, [held_by_all])
        }
        self.there: dict[str, dict[str, str]] = {id: {} for id in columns.licenses if columns.licenses[id].there >= 0}
        self.ends: dict[str, dict[str, str]] = {id: {} for id in columns.licenses if columns.licenses[id].until >= 0}
        self.left: set[str] = set()

    def read(self) -> Export:
        rows = filter(self._is_person, self.table.rows())
        while batch := list(islice(rows, _AT_ONCE)):
            for key, line, row in self._people(batch):
                self._take_licenses(key, line, row)
        if self.admins:
            self._tell_of_admins()
        if not self.holdings and not any(one.severity is Severity.ERROR for one in self.table.found):
            self._tell_of_no_licenses()  # not beside an error, which may be why there are none
        return Export(
            self.table.file,
            self.roster.members,
            self.holdings,
            frozenset(self.columns.person),
            bool(self.held_by_all),
            _portal(self.table, self.libraries, self.holdings),
            self.columns.on_roster >= 0,
            self.ends,
            self.there,
            frozenset(self.left),
        )

    def _is_person(self, row: Row) -> bool:
        """Whether the row is a person whom no row above is about; tell of the others."""
        line, cells = row
        cells.append("")  # at -1: the column of what the file does not have
        person = [clean(cells[position]) for field, position in self.columns.person.items() if field in _NAMING]
        email = clean(cells[self.columns.person["email"]])
        if not email and sum(map(bool, person)) <= 1:
            text = printable(clean(" ".join(filter(None, cells))))
            self._skipped(line, f'The row "{text}" names nobody and is skipped, like a total below a list.')
            return False
        if self._is_admin(line, cells):
            self.admins.append(line)
            return False
        first = self.rows_of.setdefault(email.lower(), row)
        if first is row or first[1] != cells:
            return True
        self._skipped(line, f"This row repeats line {first[0]} and is skipped.")
        return False

    def _is_admin(self, line: int, cells: list[str]) -> bool:
        """Whether the portal lists the person as an administrator. Only lists of license holders have such rows."""
        if self.columns.type >= 0 and (word := clean(cells[self.columns.type]).lower()):
            if word in (self.columns.member, *_MEMBERS):
                return False
            if word not in _ADMINS:
                message = f'The type "{printable(word)}" is neither {self.columns.member} nor admin.'
                help = f"Write {self.columns.member} for a member who holds a license."
                where = self.table.at(line, self.columns.type)
                self.table.found.append(Diagnostic("invalid-value", message, help, where))
                return False
            return True
        return self.role >= 0 and clean(cells[self.role]).lower() in _ADMINS

    def _people(self, rows: list[Row]) -> Iterator[tuple[str, int, list[str]]]:
        """Check and keep the persons of these rows; yield (key, line, cells) of each that is kept."""
        members = self.roster.members
        before = len(members)
        lines = [line for line, _ in rows]
        values = [self._values(cells) for _, cells in rows]
        if self.roster.take_plain(list(zip(*values, strict=True)), lines):
            kept = rows
        else:
            kept = []
            for row, person in zip(rows, values, strict=True):
                count = len(members)
                self.roster.take(person, row[0], row[0], self._locate)
                kept += [row] if len(members) > count else []
        for member, (line, cells) in zip(islice(members, before, None), kept, strict=True):
            yield member.key, line, cells

    def _values(self, cells: list[str]) -> list[str]:
        values = [cells[pick] for pick in self.picks]
        if IMPORTED in values[_TAGS]:  # the ledger has its own
            tags = values[_TAGS].split(";")
            values[_TAGS] = ";".join(tag for tag in tags if not tag.strip().startswith(IMPORTED))
        return values

    def _locate(self, line: int, name: str, part: int = 0) -> Origin:
        return self.table.at(line, self.columns.person.get(name, 0))

    def _take_licenses(self, key: str, line: int, cells: list[str]) -> None:
        if self.held_by_all:
            self.holdings[self.held_by_all][key] = (Kind.TEMPORARY, Status.DELIVERED)
        for id, (kind, status, until, there) in self.columns.licenses.items():
            said = (id, cells[kind] if kind >= 0 else None, cells[status])
            holding = self.known.get(said)
            if holding is None:
                holding = self.known[said] = read_license(said[1], said[2], self.libraries[id])
            if isinstance(holding, str):
                self._wrong(holding, HELP, line, kind if kind >= 0 else status)
                continue
            self.holdings[id][key] = holding
            if there >= 0 and (word := clean(cells[there]).lower()):
                if word not in {*There}:
                    message = f'"{printable(word)}" is not a state of a license in a portal.'
                    self._wrong(message, f"Write one of {', '.join(filter(None, There))}, or nothing.", line, there)
                self.there[id][key] = word
            if until >= 0 and (end := clean(cells[until])):
                if parse_day(end) is None:
                    self._wrong(f"{day_fault(end)}.", f"Write it as {day_as_written(end)}.", line, until)
                self.ends[id][key] = end
        if clean(cells[self.columns.on_roster]).lower() == "no":
            self.left.add(key)

    def _wrong(self, message: str, help: str, line: int, column: int) -> None:
        self.table.found.append(Diagnostic("invalid-value", message, help, self.table.at(line, column)))

    def _skipped(self, line: int, message: str) -> None:
        where = self.table.at(line, 0)
        help = "Delete the row, if it is not about a member."
        self.table.found.append(Diagnostic("row-skipped", message, help, where, Severity.WARNING))

    def _tell_of_no_licenses(self) -> None:
        message = f"The export says nothing of licenses: it has no columns {BOTH}."
        help = "To compare licenses, use the portal's export of user data. For a list of license holders, add --library ID."
        where = self.table.at(self.table.header_line, 0)
        self.table.found.append(Diagnostic("export-without-licenses", message, help, where, Severity.NOTICE))

    def _tell_of_admins(self) -> None:
        lines = [f"{line:,}" for line in self.admins]
        rows = "row of an administrator is" if len(lines) == 1 else "rows of administrators are"
        message = f"{len(lines):,} {rows} skipped, in line {named(lines, 10)}."
        member = self.columns.member or "participant"
        help = f"Nothing is to be done, unless one of them holds a license: then write {member} as their type."
        where = self.table.at(self.admins[0], max(self.columns.type, 0))
        self.table.found.append(Diagnostic("row-skipped", message, help, where, Severity.NOTICE))


_TAGS = Person._fields.index("tags")
_NAMING = (*REQUIRED, "student_id")
_MEMBERS = ("member", "student", "user")
_ADMINS = ("admin", "administrator", "organization admin", "organisation admin", "portal admin", "owner")
