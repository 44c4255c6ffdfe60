"""All members and licenses that match filters, some thousands of members at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from seatsync.domain.filters import Filters
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.queries.conditions import of_holders, of_listed, of_members
from seatsync.ledger.read import read_snapshot

AT_ONCE = 2_000
"""Members read at a time."""

_member = tables.member.c


class MemberBatch(NamedTuple):
    """Some of the matching members: their ``numbers``, and a snapshot with them."""

    numbers: Sequence[int]
    books: Snapshot


def member_batches(
    connection: Connection,
    institution: str,
    filters: Filters,
    libraries: Sequence[str],
    only: Sequence[int] | None = None,
) -> Iterator[MemberBatch]:
    """The members that match the filters, among the numbers ``only`` if given."""
    query = select(_member.number).where(
        *of_members(filters, institution), *of_holders(filters, institution, libraries)
    )
    for numbers in _batches(connection, query, only):
        yield MemberBatch(numbers, read_snapshot(connection, institution, numbers))


def holder_batches(
    connection: Connection, institution: str, filters: Filters, library: str, only: Sequence[int] | None = None
) -> Iterator[MemberBatch]:
    """The members whose license of ``library`` matches the filters, among the numbers ``only`` if given."""
    query = select(_member.number).where(*of_members(filters, institution), *of_listed(filters, institution, [library]))
    for numbers in _batches(connection, query, only):
        yield MemberBatch(numbers, read_snapshot(connection, institution, numbers, [library]))


def tags_and_roles(connection: Connection, institution: str, filters: Filters) -> list[tuple[str, str, str]]:
    """Each combination of tags, day of import and role among the members that match. It looks at all of them."""
    query = select(_member.tags, _member.imported_on, _member.role).distinct()
    # With `number > 0`, SQLite reads the members in its own order, as `keyset.page` does.
    found = connection.execute(query.where(*of_members(filters, institution), _member.number > 0))
    return [(tags, day, role) for tags, day, role in found]


def _batches(connection: Connection, query: Select[Any], only: Sequence[int] | None = None) -> Iterator[Sequence[int]]:
    """The numbers that a query finds (only those in ``only`` if given), in order, some thousands at a time."""
    if only is not None:
        for start in range(0, len(only), AT_ONCE):
            batch = query.where(_member.number.in_(only[start : start + AT_ONCE]))
            yield connection.execute(batch.order_by(_member.number)).scalars().all()
        return
    last = 0
    while True:
        batch = query.where(_member.number > last).order_by(_member.number).limit(AT_ONCE)
        numbers = connection.execute(batch).scalars().all()
        if numbers:
            yield numbers
        if len(numbers) < AT_ONCE:
            return
        last = numbers[-1]
