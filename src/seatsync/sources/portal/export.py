"""Read a portal's export: a list of members, and the kind and status of their licenses if it has columns for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.library import Library
from seatsync.domain.license import Kind, Status
from seatsync.domain.person import Person, RosterMember
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.domain.text.tags import IMPORTED
from seatsync.sources import csv_table
from seatsync.sources.csv_table import Table, squeezed
from seatsync.sources.rosters.dialects import ROSTER, dialect_of
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.read import check_words
from seatsync.systems.registry import EXPORT_MORE, LICENSE_COLUMNS, LISTS_OF_HOLDERS

Holding = tuple[Kind, Status]

_MEANING = {squeezed(name): what for columns in LICENSE_COLUMNS for what, name in columns._asdict().items()}
_BOTH = " or ".join(f"{columns.kind} and {columns.status}" for columns in LICENSE_COLUMNS)


class Portal(NamedTuple):
    """The members of an export and their licenses: library → e-mail key → (kind, status)."""

    members: list[RosterMember]
    holdings: dict[str, dict[str, Holding]]


def read_export(
    text: str, file: str, libraries: Mapping[str, Library], library: str | None, found: list[Diagnostic]
) -> Portal | None:
    """Read an export. Columns without a library's name, and lists of license holders, are about ``library``.

    Return None, and add errors to ``found``, where something is wrong.
    """
    before = len(found)
    table = csv_table.read(text, file, ROSTER, found)
    if table is None:
        return None
    before_columns = len(found)
    columns = _license_columns(table, libraries, library)
    if columns is None or len(found) > before_columns:
        return None
    portal = _Reader(table, libraries, columns, library).read()
    return portal if not any(d.severity is Severity.ERROR for d in found[before:]) else None


def _license_columns(
    table: Table, libraries: Mapping[str, Library], library: str | None
) -> dict[str, tuple[int, int]] | None:
    """Return library → the positions of its kind and status columns; None where one is wrong."""
    names = {squeezed(id): id for id in libraries} | {squeezed(entry.title): id for id, entry in libraries.items()}
    found: dict[str, dict[str, int]] = {}
    for position, column in enumerate(table.columns):
        ending = next(filter(column.endswith, _MEANING), None)
        if ending is None:
            continue
        owner = column.removesuffix(ending)
        id = names.get(owner) if owner else library
        if id is None:
            column_name = f'"{printable(table.header[position])}"'
            message = f"The column {column_name} does not say which library it is about."
            help = "Name the library these columns are about: --library ID."
            if owner:
                message = f"The column {column_name} is about a library that is not in seatsync.yaml."
                help = f"{did_you_mean(owner, names)} Add the library to seatsync.yaml, or delete the column.".strip()
            table.found.append(Diagnostic("unknown-library", message, help, table.at(table.header_line, position)))
            return None
        found.setdefault(id, {})[_MEANING[ending]] = position
    for id, positions in found.items():
        if len(positions) < 2:
            message = f"For {id} there is only one of the columns {_BOTH}; both are needed."
            table.found.append(Diagnostic("csv-header", message, "Export both.", table.at(table.header_line, 0)))
            return None
    return {id: (positions["kind"], positions["status"]) for id, positions in found.items()}


class _Reader:
    def __init__(
        self, table: Table, libraries: Mapping[str, Library], columns: dict[str, tuple[int, int]], library: str | None
    ) -> None:
        self.table = table
        self.columns = columns
        self.roster = RosterReader(table.file, [], table.found)
        dialect = dialect_of(set(table.columns))
        assert dialect is not None
        self.dialect = dialect
        known = {**{squeezed(name): field for name, field in EXPORT_MORE.items()}, **dialect.columns}
        self.column = {known[name]: position for position, name in enumerate(table.columns) if name in known}
        self.all_hold: str | None = None
        if library is not None and not columns:
            self._list_of_holders(library, libraries[library])

    def _list_of_holders(self, id: str, library: Library) -> None:
        """Accept a file without license columns from a portal that lists only members who hold a license."""
        if self.dialect.template in LISTS_OF_HOLDERS and library.delivery.facts.at_once:
            self.all_hold = id
            return
        message = f"There are no columns {_BOTH}, so seatsync can't tell who holds {id}."
        help = "Leave --library out to import only the members, or export with license columns."
        self.table.found.append(Diagnostic("csv-header", message, help, self.table.at(self.table.header_line, 0)))

    def read(self) -> Portal:
        holdings: dict[str, dict[str, Holding]] = {
            id: {} for id in (self.columns or ([self.all_hold] if self.all_hold else []))
        }
        picks = [self.column.get(name, -1) for name in Person._fields]
        tags = Person._fields.index("tags")
        for line, row in self.table.rows():
            row.append("")
            values = [row[pick] for pick in picks]
            values[tags] = ";".join(tag for tag in values[tags].split(";") if not tag.strip().startswith(IMPORTED))
            check_words(self.table, row, line, self.column, self.dialect)
            count = len(self.roster.members)
            self.roster.take(values, line, line, lambda at, name, part=0: self.table.at(at, self.column.get(name, 0)))
            if len(self.roster.members) == count:
                continue
            key = self.roster.members[-1].key
            if self.all_hold:
                holdings[self.all_hold][key] = (Kind.TEMPORARY, Status.DELIVERED)
            for id, (kind, status) in self.columns.items():
                holding = self._holding(row[kind], row[status], line, kind)
                if holding is not None:
                    holdings[id][key] = holding
        return Portal(self.roster.members, holdings)

    def _holding(self, kind: str, status: str, line: int, column: int) -> Holding | None:
        """Return a license from the portals' words: "Temporary", "Opted Out", "Permanent-Reserved"; None where they are wrong."""
        kind_word, status_word = _words(kind), _words(status)
        if kind_word.endswith("_reserved"):  # as in the portals' seat counts: Temporary-Reserved
            kind_word = kind_word.removesuffix("_reserved")
            status_word = "unclaimed" if status_word in ("", "unclaimed", "reserved") else f"reserved but {status_word}"
        try:
            holding = (
                Kind(kind_word or "none"),
                Status({"": "none", "reserved": "unclaimed"}.get(status_word, status_word)),
            )
        except ValueError:
            self._wrong(
                f'"{printable(kind)}" and "{printable(status)}" are not a kind and status of a license', line, column
            )
            return None
        if (holding[0] is Kind.NONE) == (holding[1] in (Status.UNCLAIMED, Status.DELIVERED)):
            self._wrong(f"a license can't be {holding[0]} and {holding[1].replace('_', ' ')} at once", line, column)
            return None
        return holding

    def _wrong(self, fact: str, line: int, column: int) -> None:
        help = (
            "Write one of the kinds None, Temporary, Permanent, "
            "and one of the statuses None, Unclaimed, Delivered, Opted Out, Revoked."
        )
        message = f"{fact[0].upper()}{fact[1:]}."
        self.table.found.append(Diagnostic("invalid-value", message, help, self.table.at(line, column)))


def _words(text: str) -> str:
    """Return the text in the ledger's form: ``Opted Out`` → ``opted_out``."""
    return clean(text).lower().replace(" ", "_").replace("-", "_")
