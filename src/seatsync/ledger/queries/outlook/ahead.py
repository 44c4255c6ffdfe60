"""Which seats end when."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from seatsync.domain.license import Kind
from seatsync.ledger import tables


class SeatsEnd(NamedTuple):
    """So many seats end after a ``day`` (ISO), their last one."""

    day: str
    number: int


def ends_ahead(connection: Connection, institution: str) -> dict[str, list[SeatsEnd]]:
    """The last days of the seats of each library, soonest first; without seats that have no end."""
    license = tables.license.c
    query = (
        select(license.library, license.until, func.count())
        .where(license.institution == institution, license.until != "", license.kind == Kind.TEMPORARY.value)
        .group_by(license.library, license.until)
        .order_by(license.until)
    )
    ends: dict[str, list[SeatsEnd]] = {}
    for library, day, number in connection.execute(query):
        ends.setdefault(library, []).append(SeatsEnd(day, number))
    return ends
