"""Whether an institution has ended, so that its folder may go."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from seatsync.domain.license import Kind
from seatsync.domain.text.days import day_in
from seatsync.ledger import tables


class End(NamedTuple):
    """The last day of an institution (ISO; empty for no end), whether it ``has_passed``, and its temporary ``seats``."""

    last_day: str
    has_passed: bool
    seats: int

    @property
    def may_go(self) -> bool:
        """Whether the institution's folder may be deleted: no seat is left that somebody would have to end."""
        return self.has_passed and not self.seats


def end_of_institution(connection: Connection, institution: str, now: datetime) -> End | None:
    """The institution's end, at the moment ``now`` (``text.days``). None where the ledger does not know the institution."""
    row, license = tables.institution.c, tables.license.c
    known = connection.execute(select(row.retire, row.timezone).where(row.institution == institution)).one_or_none()
    if known is None:
        return None
    temporary = (license.institution == institution) & (license.kind == Kind.TEMPORARY.value)
    seats = connection.execute(select(func.count()).select_from(tables.license).where(temporary)).scalar_one()
    return End(known.retire, "" < known.retire < day_in(now, known.timezone).isoformat(), seats)
