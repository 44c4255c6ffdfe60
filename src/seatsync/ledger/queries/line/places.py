"""The places in a line, and when a seat is expected for one."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from seatsync.domain.license import Kind
from seatsync.domain.line import numbered
from seatsync.domain.text.days import next_day
from seatsync.ledger import tables

_license = tables.license.c
_WAITS = text("place != ''")  # exactly the condition of the index


def places(connection: Connection, institution: str, library: str) -> dict[str, int]:
    """The places in the line of a library, each with its number: 1 is the next."""
    query = select(_license.place).where(_license.institution == institution, _license.library == library, _WAITS)
    return numbered(connection.execute(query).scalars())


def line_lengths(connection: Connection, institution: str) -> dict[str, int]:
    """How many wait for each library; libraries without a line are left out."""
    counted = select(_license.library, func.count().label("number"))
    query = counted.where(_license.institution == institution, _WAITS)
    return {row.library: row.number for row in connection.execute(query.group_by(_license.library))}


def number_of(connection: Connection, institution: str, library: str, place: str) -> int:
    """The number of a place in the line: 1 is the next."""
    before = (_license.library == library) & (_license.place <= place)
    query = select(func.count()).where(_license.institution == institution, before, _WAITS)
    return int(connection.execute(query.select_from(tables.license)).scalar_one())


class Line(NamedTuple):
    """How many wait for a library, and since which day (ISO) the first of them does. ``expected`` is the first day on which end dates
    have freed a seat for the first, ``all_by`` that for the last; empty if they do not."""

    waiting: int
    since: str
    expected: str
    all_by: str


def lines(connection: Connection, institution: str) -> dict[str, Line]:
    """The line of each library that has one."""
    found = {}
    columns = select(_license.place, _license.invited_on, _license.until)
    for library, waiting in line_lengths(connection, institution).items():
        of_library = columns.where(_license.institution == institution, _license.library == library, _WAITS)
        first = connection.execute(of_library.order_by(_license.place).limit(1)).one()
        last = connection.execute(of_library.order_by(_license.place.desc()).limit(1)).one()
        next_one, last_one = (turn(connection, institution, library, one.place, one.until) for one in (first, last))
        found[library] = Line(waiting, first.invited_on, next_one.expected, last_one.expected)
    return found


class Turn(NamedTuple):
    """Whose turn it is when: the ``number`` in the line, of 1 for the next, and the first day (ISO) on which end dates have freed a
    seat for it; empty if they do not."""

    number: int
    expected: str


def turn(connection: Connection, institution: str, library: str, place: str, until: str) -> Turn:
    """The number of a place in the line, and when it is expected to come; not after the last day (ISO) of what asks for them."""
    number = number_of(connection, institution, library, place)
    expected = _expected_on(connection, institution, library, number)
    return Turn(number, "" if "" < until < expected else expected)


def _expected_on(connection: Connection, institution: str, library: str, number: int) -> str:
    """The first day (ISO) on which end dates have freed a seat for this number in the line; empty if they do not."""
    until = _license.until
    ending = (_license.library == library) & (_license.kind == Kind.TEMPORARY.value) & (until != "")
    query = select(until, func.count()).where(_license.institution == institution, ending)
    free = 0
    for day, seats in connection.execute(query.group_by(until).order_by(until)):
        free += seats
        if free >= number and day < date.max.isoformat():
            return next_day(day)
    return ""
