"""The lists as CSV, whole, some thousands of rows at a time: what ``seatsync export`` and ``licenses --format csv`` write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from seatsync.domain.filters import Filters
from seatsync.domain.license import ABSENT
from seatsync.ledger import tables
from seatsync.ledger.filters import of_holders, of_listed, of_members
from seatsync.ledger.read import read_snapshot
from seatsync.outbox.queue import bounced, mail_of
from seatsync.reports import spreadsheet

AT_ONCE = 2_000
"""Members that are read at a time."""

_member, _license = tables.member.c, tables.license.c


def members_csv(
    connection: Connection,
    institution: str,
    filters: Filters,
    libraries: Sequence[str],
    only: Sequence[int] | None = None,
) -> Iterator[str]:
    """The members to whom the filters apply, of these numbers or of all, with the licenses of each library."""
    meant = [filters.library] if filters.library else list(libraries)
    yield spreadsheet.text([spreadsheet.member_header(meant)])
    query = select(_member.number).where(
        *of_members(filters, institution), *of_holders(filters, institution, libraries)
    )
    for numbers in _parts(connection, query, only):
        books = read_snapshot(connection, institution, numbers)
        yield spreadsheet.text(
            spreadsheet.member_row(
                books.members[number], [books.licenses.get(id, {}).get(number, ABSENT) for id in meant]
            )
            for number in numbers
        )


def licenses_csv(connection: Connection, institution: str, filters: Filters, libraries: Sequence[str]) -> Iterator[str]:
    """The licenses to which the filters apply, by library and member."""
    yield spreadsheet.text([spreadsheet.OF_LICENSES])
    for library in [filters.library] if filters.library else libraries:
        query = select(_member.number).where(
            *of_members(filters, institution), *of_listed(filters, institution, [library])
        )
        for numbers in _parts(connection, query):
            books, back = read_snapshot(connection, institution, numbers), bounced(connection, institution, numbers)
            held = books.licenses[library]
            yield spreadsheet.text(
                spreadsheet.license_row(
                    library, books.members[number], held[number], mail_of(held[number], (library, number) in back)
                )
                for number in numbers
            )


def _parts(connection: Connection, query: Select[Any], only: Sequence[int] | None = None) -> Iterator[Sequence[int]]:
    """The numbers that a query finds, or those of ``only`` among them, in order, some thousands at a time."""
    if only is not None:
        for start in range(0, len(only), AT_ONCE):
            some = query.where(_member.number.in_(only[start : start + AT_ONCE]))
            yield connection.execute(some.order_by(_member.number)).scalars().all()
        return
    last = 0
    while True:
        here = query.where(_member.number > last).order_by(_member.number).limit(AT_ONCE)
        numbers = connection.execute(here).scalars().all()
        if numbers:
            yield numbers
        if len(numbers) < AT_ONCE:
            return
        last = numbers[-1]
