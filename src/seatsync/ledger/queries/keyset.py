"""Pages of a long list by key (keyset pagination): the rows after the last row of the page before.

No page counts or skips earlier rows. Usually the next matching rows are near, so they are searched among the next thousand
members in the order of an index. If too few of these match, one pass over all members finds the rest; its cost is the same for
every filter. Both ways give the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, String, select, tuple_

from seatsync.ledger import tables

SIZE = 50
"""Rows on a page."""

NEAR = 1_000
"""Members searched first."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list, and whether there are more before and after them."""

    rows: Sequence[Row]
    has_before: bool
    has_after: bool


@dataclass(frozen=True)
class Order:
    """A sort order: columns of ``member`` and ``license`` that together are unique.

    ``is_indexed`` if the ledger has an index on the columns of ``member`` in this order.
    """

    member: tuple[ColumnElement[Any], ...]
    license: tuple[ColumnElement[Any], ...] = ()
    is_indexed: bool = False

    @property
    def key(self) -> tuple[ColumnElement[Any], ...]:
        return self.member + self.license


def page(
    connection: Connection,
    query: Select[Any],
    walk: Select[Any],
    order: Order,
    at: Sequence[Any] | None,
    *,
    is_descending: bool,
    is_before: bool,
) -> Page[Any]:
    """The rows of ``query`` after the key ``at`` (None for the first page), or before it with ``is_before``.

    ``walk`` selects the numbers of all members that may be in the list; only the next of them are searched first.
    """
    is_up = is_descending == is_before

    def next_rows(query: Select[Any], key: Sequence[ColumnElement[Any]], start: Sequence[Any] | None) -> Select[Any]:
        if start is not None:
            query = query.where(tuple_(*key) > tuple_(*start) if is_up else tuple_(*key) < tuple_(*start))
        return query.order_by(*(column.asc() if is_up else column.desc() for column in key)).limit(SIZE + 1)

    member = tables.member.c
    found: Sequence[Any] = ()
    if order.is_indexed:
        position = tuple_(*at[: len(order.member)]) if at is not None else None
        if position is not None:
            walk = walk.where(tuple_(*order.member) >= position if is_up else tuple_(*order.member) <= position)
        directions = (column.asc() if is_up else column.desc() for column in order.member)
        near = walk.order_by(*directions).limit(NEAR).subquery()
        nearby = query.where(member.number.in_(select(near.c.number)))
        found = connection.execute(next_rows(nearby, order.key, at)).all()
    if len(found) <= SIZE:
        found = connection.execute(next_rows(query.where(member.number > 0), _by_no_index(order.key), at)).all()
    is_more, rows = len(found) > SIZE, found[:SIZE]
    if is_before:
        return Page(rows[::-1], is_more, True)
    return Page(rows, at is not None, is_more)


def _by_no_index(key: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The same key, written so that no database uses an index on it and looks up each member one by one.

    The condition ``number > 0`` makes SQLite use the table's own key instead.
    """
    return [column.concat("") if isinstance(column.type, String) else column for column in key]
