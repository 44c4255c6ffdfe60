"""The members and licenses that filters find, whole, some thousands of members at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from seatsync.domain.filters import Filters
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.queries.filters import of_holders, of_listed, of_members
from seatsync.ledger.read import read_snapshot

AT_ONCE = 2_000
"""Members that are read at a time."""

_member = tables.member.c


class Part(NamedTuple):
    """Some of the members found, by their ``numbers``, and what the ledger says of them."""

    numbers: Sequence[int]
    books: Snapshot


def parts_of_members(
    connection: Connection,
    institution: str,
    filters: Filters,
    libraries: Sequence[str],
    only: Sequence[int] | None = None,
) -> Iterator[Part]:
    """The members to whom the filters apply, of the numbers ``only`` or of all."""
    query = select(_member.number).where(
        *of_members(filters, institution), *of_holders(filters, institution, libraries)
    )
    for numbers in _parts(connection, query, only):
        yield Part(numbers, read_snapshot(connection, institution, numbers))


def parts_of_holders(connection: Connection, institution: str, filters: Filters, library: str) -> Iterator[Part]:
    """The members whose license of ``library`` the filters find."""
    query = select(_member.number).where(*of_members(filters, institution), *of_listed(filters, institution, [library]))
    for numbers in _parts(connection, query):
        yield Part(numbers, read_snapshot(connection, institution, numbers))


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
