"""Pages of a long list by key: what comes behind the last row that was seen, however far down that is.

No page counts or skips what is before it. Mostly the next rows that fit are near: they are sought among the next thousand
members, which an index has in order. Where too few of these fit, one pass over all of them finds the rest, which costs the
same for every filter. Either way gives the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, String, select, tuple_

from seatsync.ledger import tables

SIZE = 50
"""Rows of a page."""

NEAR = 1_000
"""Members that are looked at first."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list, and whether there are others before and behind them."""

    rows: Sequence[Row]
    has_before: bool
    has_after: bool


@dataclass(frozen=True)
class Order:
    """A way to sort: the columns of ``member`` and of ``license`` that it goes by, which no two rows have in common.

    ``is_indexed`` where the ledger has the columns of ``member`` in this order.
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
    """The rows of ``query`` behind the key ``at`` (None for the first), or before it.

    ``walk`` are the numbers of all members that may be in it, of which only the next are taken.
    """
    is_up = is_descending == is_before

    def turned(query: Select[Any], key: Sequence[ColumnElement[Any]], beyond: Sequence[Any] | None) -> Select[Any]:
        if beyond is not None:
            query = query.where(tuple_(*key) > tuple_(*beyond) if is_up else tuple_(*key) < tuple_(*beyond))
        return query.order_by(*(column.asc() if is_up else column.desc() for column in key)).limit(SIZE + 1)

    member = tables.member.c
    found: Sequence[Any] = ()
    if order.is_indexed:
        here = tuple_(*at[: len(order.member)]) if at is not None else None
        if here is not None:
            walk = walk.where(tuple_(*order.member) >= here if is_up else tuple_(*order.member) <= here)
        ways = (column.asc() if is_up else column.desc() for column in order.member)
        near = walk.order_by(*ways).limit(NEAR).subquery()
        found = connection.execute(turned(query.where(member.number.in_(select(near.c.number))), order.key, at)).all()
    if len(found) <= SIZE:
        found = connection.execute(turned(query.where(member.number > 0), _by_no_index(order.key), at)).all()
    is_more, rows = len(found) > SIZE, found[:SIZE]
    if is_before:
        return Page(rows[::-1], is_more, True)
    return Page(rows, at is not None, is_more)


def _by_no_index(key: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The same key, so that no database goes by an index of it, and looks up each member where the index says.

    A number above nought has SQLite go by the table's own key instead.
    """
    return [column.concat("") if isinstance(column.type, String) else column for column in key]
