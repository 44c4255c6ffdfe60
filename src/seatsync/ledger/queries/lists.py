"""The lists of members and licenses, one page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, case, func, select

from seatsync.domain.filters import Filters
from seatsync.domain.library import Library, Slots
from seatsync.domain.license import ABSENT, Kind, License, Status
from seatsync.domain.person import Member
from seatsync.domain.portal.progress import progress, saying_more
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.tags import tags_with_day
from seatsync.domain.waiting import invitation_waits
from seatsync.ledger import tables
from seatsync.ledger.queries.conditions import of_holders, of_listed, of_members
from seatsync.ledger.queries.keyset import Order, Page, page
from seatsync.ledger.queries.line import places
from seatsync.ledger.queries.origins import LicenseOrigin, license_origins
from seatsync.ledger.queries.outbox import bounced, mail_of
from seatsync.ledger.queries.waiting import letters_of_seats
from seatsync.ledger.read import read_snapshot

_member, _license = tables.member.c, tables.license.c
_NO_END = "9999-12-31"


_end = case((and_(_license.kind != Kind.NONE.value, _license.until != ""), _license.until), else_=_NO_END)
"""The last day of a license, to sort by; after all others if it has none."""

_MEMBERS = {
    "family_name": Order((_member.found_by, _member.number), is_indexed=True),
    "email": Order((_member.key, _member.number), is_indexed=True),
    "student_id": Order((_member.student_id, _member.number)),
    "imported_on": Order((_member.number,), is_indexed=True),  # members are numbered in the order of import
}
_LICENSES = {
    **{name: Order(order.member, (_license.library,), order.is_indexed) for name, order in _MEMBERS.items()},
    **{
        name: Order((), (column, _license.library, _license.member))
        for name, column in {
            "kind": _license.kind,
            "status": _license.status,
            "until": _end,
            "invited_on": _license.invited_on,
            "place": _license.place,
        }.items()
    },
}
_MEMBERS_OF_ONE = {
    name: Order((), (func.coalesce(column, absent), _member.number))
    for name, column, absent in (
        ("kind", _license.kind, ABSENT.kind.value),
        ("status", _license.status, ABSENT.status.value),
        ("until", _end, _NO_END),
    )
}
MEMBER_SORTS, LICENSE_SORTS, SORTS_OF_ONE = tuple(_MEMBERS), tuple(_LICENSES), tuple(_MEMBERS_OF_ONE)
"""The sort orders of the lists; a leading minus reverses them. A list of members has the last ones if one library is chosen."""


class NoSuchPage(ValueError):
    """The request is not valid for a list; the message is the name of the wrong parameter."""


@dataclass(frozen=True)
class PageRequest:
    """Which page of a list: its sort order, and the row that it comes after or before (empty for the first page)."""

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
    """A license in a list, with its member, the state of its mail, its origin in the files, its progress at the vendor where that says
    more than the status, the number in the line of who waits (0 for who does not), and whether the invitation still waits to be
    sent."""

    library: str
    number: int
    member: Member
    license: License
    mail: str
    origin: LicenseOrigin | None
    at_vendor: str
    place: int
    is_unsent: bool

    @property
    def cursor(self) -> str:
        return f"{self.number}~{self.library}"


class Listed(NamedTuple):
    """A member in a list, with their licenses: of the requested library, or of all."""

    number: int
    member: Member
    held: Sequence[ListedLicense]

    @property
    def cursor(self) -> str:
        return str(self.number)


def members(
    connection: Connection, institution: str, filters: Filters, request: PageRequest, libraries: Sequence[str]
) -> Page[Listed]:
    """A page of members.

    Raises:
        NoSuchPage: the request is not valid.
    """
    order = _order(request, _MEMBERS | (_MEMBERS_OF_ONE if filters.library else {}), filters)
    query, key_query = select(_member.number), select(*order.key)
    if request.by in _MEMBERS_OF_ONE:
        of_member = and_(_license.institution == institution, _license.member == _member.number)
        joined = tables.member.outerjoin(tables.license, of_member & (_license.library == filters.library))
        query, key_query = query.select_from(joined), key_query.select_from(joined)
    key_query = key_query.where(_member.institution == institution)
    at = _at(request, lambda cursor: key_query.where(_member.number == _number(cursor)), connection)
    found = page(
        connection,
        _of_members(query, institution, filters, libraries),
        _walk(institution, filters),
        order,
        at,
        is_descending=request.is_descending,
        is_before=bool(request.before),
    )
    numbers = [row.number for row in found.rows]
    return Page(read_members(connection, institution, numbers, filters.library), found.has_before, found.has_after)


def licenses(
    connection: Connection, institution: str, filters: Filters, request: PageRequest, libraries: Sequence[str]
) -> Page[ListedLicense]:
    """A page of licenses.

    Raises:
        NoSuchPage: the request is not valid.
    """
    order = _order(request, _LICENSES, filters)
    query = _of_licenses(select(_license.library, _member.number), institution, filters, libraries)
    key_query = select(*order.key).where(
        _member.institution == institution,
        _license.institution == institution,
        _license.member == _member.number,
    )

    def row(cursor: str) -> Any:
        number, _, library = cursor.partition("~")
        return key_query.where(_member.number == _number(number), _license.library == library)

    found = page(
        connection,
        query,
        _walk(institution, filters),
        order,
        _at(request, row, connection),
        is_descending=request.is_descending,
        is_before=bool(request.before),
    )
    numbers = sorted({row.number for row in found.rows})
    held = {
        (each.library, each.number): each
        for listed in read_members(connection, institution, numbers)
        for each in listed.held
    }
    return Page([held[row.library, row.number] for row in found.rows], found.has_before, found.has_after)


def count_listed(
    connection: Connection, institution: str, filters: Filters, libraries: Sequence[str], *, is_of_licenses: bool
) -> int:
    """How many members or licenses match the filters. It looks at all of them."""
    of = _of_licenses if is_of_licenses else _of_members
    query = of(select(func.count()).select_from(tables.member), institution, filters, libraries)
    # With `number > 0`, SQLite reads the members in its own order, as `keyset.page` does.
    return int(connection.execute(query.where(_member.number > 0)).scalar_one())


def count_tags(connection: Connection, institution: str) -> Counter[str]:
    """How many members on a roster have each tag, with the automatic tags of their import. It looks at all of them."""
    found = Counter[str]()
    tags, imported = _member.tags, _member.imported_on
    query = select(tags, imported, func.count()).where(
        *of_members(Filters(roster="on"), institution), _member.number > 0
    )
    for joined, day, number in connection.execute(query.group_by(tags, imported)):
        for tag in tags_with_day(joined, day):
            found[tag] += number
    return found


def _of_members(query: Select[Any], institution: str, filters: Filters, libraries: Sequence[str]) -> Select[Any]:
    return query.where(*of_members(filters, institution), *of_holders(filters, institution, libraries))


def _of_licenses(query: Select[Any], institution: str, filters: Filters, libraries: Sequence[str]) -> Select[Any]:
    return query.where(*of_members(filters, institution), *of_listed(filters, institution, libraries))


def read_members(connection: Connection, institution: str, numbers: Sequence[int], library: str = "") -> list[Listed]:
    """These members, in this order, with their licenses.

    With ``library``, each has exactly one license, of that library; its kind is none if they never had one.
    """
    books = read_snapshot(connection, institution, numbers)
    bounces = bounced(connection, institution, numbers)
    origins = license_origins(connection, institution, numbers)
    with_line = [id for id, held in books.licenses.items() if any(license.place for license in held.values())]
    line = {id: places(connection, institution, id) for id in with_line}

    unclaimed = [
        (id, number)
        for id, held in books.licenses.items()
        for number, license in held.items()
        if license.status is Status.UNCLAIMED
    ]
    found = letters_of_seats(connection, institution, unclaimed, "")
    unsent = {key for key, letters in found if invitation_waits(one.letter for one in letters)}

    def held(number: int, id: str, license: License) -> ListedLicense:
        mail = mail_of(license, (id, number) in bounces)
        there = saying_more(license.status, progress(books.libraries.get(id), license).value)
        place = line.get(id, {}).get(license.place, 0)
        origin, is_unsent = origins.get((id, number)), (id, number) in unsent
        return ListedLicense(id, number, books.members[number], license, mail, origin, there, place, is_unsent)

    return [
        Listed(number, books.members[number], [held(number, *one) for one in _licenses_of(books, number, library)])
        for number in numbers
    ]


def _licenses_of(books: Snapshot, number: int, library: str) -> list[tuple[str, License]]:
    if library:
        return [(library, books.licenses.get(library, {}).get(number, ABSENT))]
    return [(id, books.licenses[id][number]) for id in books.libraries if number in books.licenses.get(id, {})]


def libraries_of(connection: Connection, institution: str) -> list[tuple[Library, Slots]]:
    """The libraries with their slots, sorted by id."""
    books = read_snapshot(connection, institution, ())
    return [(library, books.slots(id)) for id, library in books.libraries.items()]


def _walk(institution: str, filters: Filters) -> Any:
    """A superset of the members in the list, with conditions that match an index."""
    return select(_member.number).where(*of_members(Filters(roster=filters.roster), institution))


def _order(request: PageRequest, orders: dict[str, Order], filters: Filters) -> Order:
    if request.by not in orders:
        raise NoSuchPage("sort")
    if request.by == "email" and filters.roster == "any":  # members on and off the roster have separate indexes
        return replace(orders[request.by], is_indexed=False)
    return orders[request.by]


def _at(request: PageRequest, row: Any, connection: Connection) -> Row[Any] | None:
    """The key of the row that the page comes after or before."""
    cursor = request.before or request.after
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
