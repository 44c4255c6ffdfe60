"""The institutions of an administrator. Queried at every request, so that a removed administrator loses access at once."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, exists, select

from seatsync.domain.library import DeliveredBy
from seatsync.domain.text.emails import email_key
from seatsync.ledger import tables
from seatsync.ledger.queries.accounts.holdings import ACROSS


class Administered(NamedTuple):
    """An institution's id, name, time zone and last day (ISO; empty for no end).

    ``has_vendor`` says whether one of its libraries is at the vendor; only ``administered`` looks that up.
    """

    id: str
    name: str
    timezone: str
    retire: str = ""
    has_vendor: bool = False


def institutions_of(connection: Connection, email: str) -> list[Administered]:
    """The institutions that this e-mail is an administrator of, sorted by name."""
    institutions, admin = tables.institution.c, tables.admin.c
    query = (
        select(institutions.institution, institutions.name, institutions.timezone, institutions.retire)
        .select_from(tables.institution.join(tables.admin, institutions.institution == admin.institution))
        .where(admin.key == email_key(email))
        .order_by(institutions.name, institutions.institution)
    )
    return [Administered(*row) for row in connection.execute(query, execution_options=ACROSS)]


def administered(connection: Connection, institution: str, email: str) -> Administered | None:
    """The institution if this e-mail is its administrator; None otherwise, whether the institution exists or not."""
    institutions, admin, library = tables.institution.c, tables.admin.c, tables.library.c
    there = exists().where(library.institution == institution, library.delivered_by == DeliveredBy.VENDOR)
    query = (
        select(institutions.institution, institutions.name, institutions.timezone, institutions.retire, there)
        .join(tables.admin, institutions.institution == admin.institution)
        .where(institutions.institution == institution, admin.key == email_key(email))
    )
    row = connection.execute(query).one_or_none()
    return Administered(row[0], row[1], row[2], row[3], bool(row[4])) if row is not None else None
