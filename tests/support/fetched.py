"""Count the rows that the program fetches from its databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.pool import Pool


class Fetched:
    """``rows`` is the number of rows fetched so far."""

    def __init__(self) -> None:
        self.rows = 0

    def one(self, values: Sequence[Any]) -> tuple[Any, ...]:
        self.rows += 1
        return tuple(values)


@contextmanager
def fetched() -> Iterator[Fetched]:
    """Count every row that a driver fetches while the block runs."""
    found = Fetched()

    def maker(cursor: object) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
        return found.one

    def use(connection: Any, record: object, proxy: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.row_factory = maker
        else:
            connection.row_factory = lambda cursor, row: found.one(row)

    event.listen(Pool, "checkout", use)
    try:
        yield found
    finally:
        event.remove(Pool, "checkout", use)
