"""Lists as CSV, for spreadsheets: the command line's and the pages' alike."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

from seatsync.domain.formulas import defused
from seatsync.domain.license import License
from seatsync.domain.names import IMPORTED, TAG_SEPARATOR
from seatsync.domain.people import Member

OF_MEMBERS = ("Role", "Institution Student ID", "Given Name", "Family Name", "Institution Email Address", "Tags")
"""The Logos portal's names; `seatsync import` reads them back."""

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
    return [*OF_MEMBERS, *(f"{library} License {what}" for library in libraries for what in ("Kind", "Status"))]


def member_row(member: Member, held: Iterable[License]) -> list[str]:
    """A member with the licenses of each library, under ``member_header``."""
    who = [member.role, member.student_id, member.given_name, member.family_name, member.email]
    tags = TAG_SEPARATOR.join(filter(None, (member.tags, IMPORTED + member.imported_on)))
    return [*who, tags, *(value for license in held for value in (license.kind.value, license.status.value))]


def license_row(library: str, member: Member, license: License, mail: str) -> list[str]:
    """A license under ``OF_LICENSES``."""
    who = (member.email, member.given_name, member.family_name)
    return [library, *who, license.kind.value, license.status.value, license.invited_on, mail]
