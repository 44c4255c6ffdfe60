"""The institutions of a ledger at which somebody must still look."""

from __future__ import annotations

from sqlalchemy import Connection, exists, or_, select

from seatsync.domain.license import Kind, Status
from seatsync.ledger import tables
from seatsync.ledger.queries.accounts.holdings import ACROSS


def unfinished(connection: Connection, today: str) -> list[str]:
    """The ids of all institutions that the role can see, without those whose last day is before ``today`` (ISO) and that have
    no temporary seats; sorted."""
    institution, license = tables.institution.c, tables.license.c
    has_seats = exists().where(
        license.institution == institution.institution,
        license.kind == Kind.TEMPORARY.value,
        license.status.in_([Status.UNCLAIMED.value, Status.DELIVERED.value]),
    )
    is_open = or_(institution.retire == "", institution.retire >= today, has_seats)
    query = select(institution.institution).where(is_open).order_by(institution.institution)
    return [str(id) for id in connection.execute(query, execution_options=ACROSS).scalars()]
