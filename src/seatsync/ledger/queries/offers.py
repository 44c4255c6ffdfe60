"""What an institution offers to somebody: the words for a page that asks whether they want it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from seatsync.ledger import tables


class Offer(NamedTuple):
    """A library of an institution (``title`` is empty for an administrator's sign-in), the e-mail it is offered to, and the
    status of the license."""

    name: str
    title: str
    email: str
    may_decline: bool
    status: str = ""


def offer(connection: Connection, institution: str, library: str, member: int) -> Offer | None:
    """What a member is offered; None where the ledger knows no such member or library."""
    of, titles, people, license = tables.institution.c, tables.library.c, tables.member.c, tables.license.c
    held = and_(license.institution == of.institution, license.library == titles.id, license.member == people.number)
    query = (
        select(of.name, titles.title, people.email, of.opt_out, license.status)
        .select_from(
            tables.institution.join(tables.library, titles.institution == of.institution)
            .join(tables.member, people.institution == of.institution)
            .outerjoin(tables.license, held)
        )
        .where(of.institution == institution, titles.id == library, people.number == member)
    )
    row = connection.execute(query).one_or_none()
    return Offer(row.name, row.title, row.email, bool(row.opt_out), row.status or "") if row is not None else None


def welcome(connection: Connection, institution: str, admin: str) -> Offer | None:
    """What an administrator (by the key of their e-mail) is offered: to look at an institution."""
    of, people = tables.institution.c, tables.admin.c
    query = (
        select(of.name, people.email)
        .select_from(tables.institution.join(tables.admin, people.institution == of.institution))
        .where(of.institution == institution, people.key == admin)
    )
    row = connection.execute(query).one_or_none()
    return Offer(row.name, "", row.email, False) if row is not None else None


def name_of(connection: Connection, institution: str) -> str | None:
    """The institution's name; None for one that the ledger does not know."""
    of = tables.institution.c
    name = connection.execute(select(of.name).where(of.institution == institution)).scalar()
    return str(name) if name is not None else None


def may_decline(connection: Connection, institution: str) -> bool:
    """Whether its members may opt out."""
    of = tables.institution.c
    return bool(connection.execute(select(of.opt_out).where(of.institution == institution)).scalar())
