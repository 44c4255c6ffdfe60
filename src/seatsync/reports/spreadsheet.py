"""Lists as CSV, for spreadsheets: the command line's and the pages' alike."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from operator import attrgetter

from seatsync.domain.license import License
from seatsync.domain.person import Member
from seatsync.domain.text.formulas import defused
from seatsync.domain.text.tags import IMPORTED, TAG_SEPARATOR
from seatsync.systems.registry import EXPORT_LICENSE_COLUMNS, EXPORT_MORE, EXPORT_TEMPLATE

OF_MEMBERS = (*EXPORT_TEMPLATE.names, *EXPORT_MORE)
"""A portal's names; `seatsync import` reads them back."""

_FIELDS = (*(column.field for column in EXPORT_TEMPLATE.columns), *EXPORT_MORE.values())
_fields, _TAGS = attrgetter(*_FIELDS), _FIELDS.index("tags")

OF_LICENSES = ("library", "email", "given_name", "family_name", "kind", "status", "invited_on", "mail")

_END = ";\t\r\n"
"""A writer quotes cells that have a character of what ends its lines."""


class _Echo:
    """Has a csv.writer give back what it would write."""

    def write(self, line: str) -> str:
        return line


def text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV, of which no spreadsheet makes a formula. A cell with a semicolon or a tab is quoted, so that it stays one
    where these are separators beside the comma."""
    writer = csv.writer(_Echo(), lineterminator=_END)
    return "".join(writer.writerow(defused(row)).removesuffix(_END) + "\n" for row in rows)


def member_header(libraries: Iterable[str]) -> list[str]:
    """The columns of "Export user data"."""
    return [*OF_MEMBERS, *(f"{library} {column}" for library in libraries for column in EXPORT_LICENSE_COLUMNS)]


def member_row(member: Member, held: Iterable[License]) -> list[str]:
    """A member with the licenses of each library, under ``member_header``."""
    who = list(_fields(member))
    who[_TAGS] = TAG_SEPARATOR.join(filter(None, (member.tags, IMPORTED + member.imported_on)))
    return [*who, *(value for license in held for value in (license.kind.value, license.status.value))]


def license_row(library: str, member: Member, license: License, mail: str) -> list[str]:
    """A license under ``OF_LICENSES``."""
    who = (member.email, member.given_name, member.family_name)
    return [library, *who, license.kind.value, license.status.value, license.invited_on, mail]
