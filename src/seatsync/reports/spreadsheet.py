"""Lists as CSV for spreadsheets, used by the command line and the administrators' pages."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from operator import attrgetter

from seatsync.domain.library import Library
from seatsync.domain.license import License
from seatsync.domain.person import Member
from seatsync.domain.portal.export import IN_PORTAL, ON_ROSTER, UNTIL
from seatsync.domain.portal.progress import progress
from seatsync.domain.text.formulas import defused
from seatsync.domain.text.tags import TAG_SEPARATOR, tags_with_day
from seatsync.systems.registry import EXPORT_LICENSE_COLUMNS, EXPORT_MORE, EXPORT_TEMPLATE

OF_MEMBERS = (*EXPORT_TEMPLATE.names, *EXPORT_MORE, ON_ROSTER)
"""The column names of the vendor's portal, and our own; `seatsync import` can read them."""

_FIELDS = (*(column.field for column in EXPORT_TEMPLATE.columns), *EXPORT_MORE.values())
_fields, _TAGS = attrgetter(*_FIELDS), _FIELDS.index("tags")

OF_LICENSES = ("library", "email", "given_name", "family_name", "kind", "status", "until", "invited_on", "mail")
AT_VENDOR = "at_vendor"

"""The further column of lists where a library is at the vendor: how far the license has come there (``Progress``)."""
PLACE = "place"
"""The further column of a list of who waits: the number in the line of the library."""

_END = ";\t\r\n"
"""The writer's line terminator. The writer quotes every cell that has a character of it."""


class _Echo:
    """A file whose ``write`` returns the text, so that ``csv.writer.writerow`` returns the line."""

    def write(self, line: str) -> str:
        return line


def text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV in which no spreadsheet finds a formula.

    Cells with a semicolon or a tab are quoted, so that spreadsheets that also split at these keep them whole.
    """
    writer = csv.writer(_Echo(), lineterminator=_END)
    return "".join(writer.writerow(defused(row)).removesuffix(_END) + "\n" for row in rows)


def member_header(libraries: Iterable[Library]) -> list[str]:
    """Return the column names of the portal's "Export user data", and our own."""
    columns = {False: (*EXPORT_LICENSE_COLUMNS, UNTIL), True: (*EXPORT_LICENSE_COLUMNS, UNTIL, IN_PORTAL)}
    return [
        *OF_MEMBERS,
        *(f"{library.id} {column}" for library in libraries for column in columns[library.is_at_vendor]),
    ]


def member_row(member: Member, libraries: Iterable[Library], held: Iterable[License]) -> list[str]:
    """Return a row for ``member_header``: a member with a license for each library."""
    fields = list(_fields(member))
    fields[_TAGS] = TAG_SEPARATOR.join(tags_with_day(member.tags, member.imported_on))
    row = [*fields, "yes" if member.on_roster else "no"]
    for library, license in zip(libraries, held, strict=True):
        row += (license.kind.value, license.status.value, license.ends)
        if library.is_at_vendor:
            row.append(license.there)
    return row


def license_columns(libraries: Iterable[Library]) -> tuple[str, ...]:
    """Return the columns of a list of licenses; one more where one of the institution's ``libraries`` is at the vendor."""
    return (*OF_LICENSES, AT_VENDOR) if any(library.is_at_vendor for library in libraries) else OF_LICENSES


def license_row(library: Library | str, member: Member, license: License, mail: str) -> list[str]:
    """Return a row for ``OF_LICENSES``, then ``AT_VENDOR``. Of a removed library only the id is known."""
    names = (member.email, member.given_name, member.family_name)
    known, id = (None, library) if isinstance(library, str) else (library, library.id)
    held = (license.kind.value, license.status.value, license.ends, license.invited_on)
    return [id, *names, *held, mail, progress(known, license).value]
