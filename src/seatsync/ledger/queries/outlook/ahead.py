"""Which seats end when."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from seatsync.domain.license import Kind, Status
from seatsync.ledger import tables


class SeatsEnd(NamedTuple):
    """So many seats end after a ``day`` (ISO), their last one; so many of them are ``unclaimed``."""

    day: str
    number: int
    unclaimed: int = 0


def ends_ahead(connection: Connection, institution: str) -> dict[str, list[SeatsEnd]]:
    """The last days of the seats of each library, soonest first; without seats that have no end."""
    license = tables.license.c
    unclaimed = func.sum(case((license.status == Status.UNCLAIMED.value, 1), else_=0))
    query = (
        select(license.library, license.until, func.count(), unclaimed)
        .where(license.institution == institution, license.until != "", license.kind == Kind.TEMPORARY.value)
        .group_by(license.library, license.until)
        .order_by(license.until)
    )
    ends: dict[str, list[SeatsEnd]] = {}
    for library, *end in connection.execute(query):
        ends.setdefault(library, []).append(SeatsEnd(*end))
    return ends
