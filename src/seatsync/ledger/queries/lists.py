"""The lists of members and of licenses, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from seatsync.domain.filters import Filters
from seatsync.domain.library import Library, Slots
from seatsync.domain.license import ABSENT, License
from seatsync.domain.person import Member
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.queries.filters import of_holders, of_listed, of_members
from seatsync.ledger.queries.keyset import Order, Page, page
from seatsync.ledger.queries.origins import Asked, asked_for
from seatsync.ledger.queries.outbox import bounced, mail_of
from seatsync.ledger.read import read_snapshot

_member, _license = tables.member.c, tables.license.c

_MEMBERS = {
    "family_name": Order((_member.found_by, _member.number), is_indexed=True),
    "email": Order((_member.key, _member.number), is_indexed=True),
    "student_id": Order((_member.student_id, _member.number)),
    "imported_on": Order((_member.number,), is_indexed=True),  # numbers are given in the order of arrival
}
_LICENSES = {
    **{name: Order(order.member, (_license.library,), order.is_indexed) for name, order in _MEMBERS.items()},
    "invited_on": Order((), (_license.invited_on, _license.library, _license.member)),
}
MEMBER_SORTS, LICENSE_SORTS = tuple(_MEMBERS), tuple(_LICENSES)
"""What the lists can be sorted by; with a minus in front, the other way round."""


class NoSuchPage(ValueError):
    """What was asked for is no page of a list; the message is the word that was wrong."""


@dataclass(frozen=True)
class Turn:
    """Which page: sorted how, and behind or before which row (empty for the first)."""

    sort: str = "family_name"
    after: str = ""
    before: str = ""

    @property
    def by(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")


class ListedLicense(NamedTuple):
    """A license in a list: whose it is, how it stands, what is the matter with its mail, and what asks for it."""

    library: str
    number: int
    member: Member
    license: License
    mail: str
    asked: Asked | None

    @property
    def cursor(self) -> str:
        return f"{self.number}~{self.library}"


class Listed(NamedTuple):
    """A member in a list, with the licenses of the library asked for, or of all."""

    number: int
    member: Member
    held: Sequence[ListedLicense]

    @property
    def cursor(self) -> str:
        return str(self.number)


def members(
    connection: Connection, institution: str, filters: Filters, turn: Turn, libraries: Sequence[str]
) -> Page[Listed]:
    """A page of members.

    Raises:
        NoSuchPage: the page asked for can't be.
    """
    order = _order(turn, _MEMBERS, filters)
    query = select(_member.number).where(
        *of_members(filters, institution), *of_holders(filters, institution, libraries)
    )
    named = select(*order.key).where(_member.institution == institution)
    at = _at(turn, lambda cursor: named.where(_member.number == _number(cursor)), connection)
    found = page(
        connection,
        query,
        _walk(institution, filters),
        order,
        at,
        is_descending=turn.is_descending,
        is_before=bool(turn.before),
    )
    numbers = [row.number for row in found.rows]
    return Page(read_members(connection, institution, numbers, filters.library), found.has_before, found.has_after)


def licenses(
    connection: Connection, institution: str, filters: Filters, turn: Turn, libraries: Sequence[str]
) -> Page[ListedLicense]:
    """A page of licenses.

    Raises:
        NoSuchPage: the page asked for can't be.
    """
    order = _order(turn, _LICENSES, filters)
    query = select(_license.library, _member.number).where(
        *of_members(filters, institution), *of_listed(filters, institution, libraries)
    )
    named = select(*order.key).where(
        _member.institution == institution,
        _license.institution == institution,
        _license.member == _member.number,
    )

    def row(cursor: str) -> Any:
        number, _, library = cursor.partition("~")
        return named.where(_member.number == _number(number), _license.library == library)

    found = page(
        connection,
        query,
        _walk(institution, filters),
        order,
        _at(turn, row, connection),
        is_descending=turn.is_descending,
        is_before=bool(turn.before),
    )
    numbers = sorted({row.number for row in found.rows})
    held = {
        (each.library, each.number): each
        for listed in read_members(connection, institution, numbers)
        for each in listed.held
    }
    return Page([held[row.library, row.number] for row in found.rows], found.has_before, found.has_after)


def read_members(connection: Connection, institution: str, numbers: Sequence[int], library: str = "") -> list[Listed]:
    """These members, in this order, with their licenses; those of a ``library`` also if there is none."""
    books = read_snapshot(connection, institution, numbers)
    back = bounced(connection, institution, numbers)
    asked = asked_for(connection, institution, numbers)

    def held(number: int, id: str, license: License) -> ListedLicense:
        mail = mail_of(license, (id, number) in back)
        return ListedLicense(id, number, books.members[number], license, mail, asked.get((id, number)))

    return [
        Listed(number, books.members[number], [held(number, *one) for one in _licenses_of(books, number, library)])
        for number in numbers
    ]


def _licenses_of(books: Snapshot, number: int, library: str) -> list[tuple[str, License]]:
    if library:
        return [(library, books.licenses.get(library, {}).get(number, ABSENT))]
    return [(id, books.licenses[id][number]) for id in books.libraries if number in books.licenses.get(id, {})]


def libraries_of(connection: Connection, institution: str) -> list[tuple[Library, Slots]]:
    """The libraries, by their id, with their slots."""
    books = read_snapshot(connection, institution, ())
    return [(library, books.slots(id)) for id, library in books.libraries.items()]


def _walk(institution: str, filters: Filters) -> Any:
    """The members among whom the next are: in words that an index was made for."""
    return select(_member.number).where(*of_members(Filters(roster=filters.roster), institution))


def _order(turn: Turn, orders: dict[str, Order], filters: Filters) -> Order:
    if turn.by not in orders:
        raise NoSuchPage("sort")
    if turn.by == "email" and filters.roster == "any":  # there is one index of those on the roster, one of the others
        return replace(orders[turn.by], is_indexed=False)
    return orders[turn.by]


def _at(turn: Turn, row: Any, connection: Connection) -> Row[Any] | None:
    """The key of the row that the page lies behind or before."""
    cursor = turn.before or turn.after
    if not cursor:
        return None
    found: Row[Any] | None = connection.execute(row(cursor)).one_or_none()
    if found is None:
        raise NoSuchPage("after")
    return found


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise NoSuchPage("after")
    return int(cursor)
