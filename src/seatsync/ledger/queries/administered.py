"""Whom an administrator looks after. Asked at every request: who is taken out of the files sees nothing any more."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from seatsync.domain.text.emails import email_key
from seatsync.ledger import tables
from seatsync.ledger.queries.accounts.holdings import ACROSS


class Administered(NamedTuple):
    """An institution, by its id and name."""

    id: str
    name: str


def institutions_of(connection: Connection, email: str) -> list[Administered]:
    """The institutions whose administrator has this e-mail, by name."""
    of, admin = tables.institution.c, tables.admin.c
    theirs = (
        select(of.institution, of.name)
        .select_from(tables.institution.join(tables.admin, of.institution == admin.institution))
        .where(admin.key == email_key(email))
        .order_by(of.name, of.institution)
    )
    return [Administered(*row) for row in connection.execute(theirs, execution_options=ACROSS)]


def administered(connection: Connection, institution: str, email: str) -> Administered | None:
    """The institution, if its administrator has this e-mail; None for all others, whether it is there or not."""
    of, admin = tables.institution.c, tables.admin.c
    theirs = (
        select(of.institution, of.name)
        .join(tables.admin, of.institution == admin.institution)
        .where(of.institution == institution, admin.key == email_key(email))
    )
    row = connection.execute(theirs).one_or_none()
    return Administered(*row) if row is not None else None
