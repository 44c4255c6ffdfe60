"""Which licenses are in whose account, and which wait to be claimed: what the members' pages ask.

An account is a person's and may hold licenses of several institutions. Only two statements look across them, to find out
where somebody is a member; they say so (``ACROSS``), and row-level security bounds them like all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select, text

from seatsync.domain.action import Action
from seatsync.domain.library import Delivery
from seatsync.domain.license import Status
from seatsync.domain.text.emails import email_key
from seatsync.ledger import tables
from seatsync.ledger.account_tables import account, holding
from seatsync.ledger.queries.accounts.emails import email_hash

ACROSS = {"across_institutions": True}
"""Marks a statement that is about a person and not about one institution."""


NOBODY = "-"
"""Whose a license is of which the account was deleted; no account has this id."""


class AccountHolder(NamedTuple):
    """Somebody's own sign-in. ``id`` is empty where it is a portal's, of which nothing but the e-mail is known."""

    email: str
    id: str = ""


class Seat(NamedTuple):
    """A license as its member sees it: ``name`` is the institution's, ``kind`` none once it was taken back; ``granted_on``
    and ``until`` (empty for no end) are days (ISO), as the last grant has them."""

    institution: str
    name: str
    library: str
    title: str
    member: int
    kind: str
    status: str
    delivery: Delivery
    granted_on: str
    until: str


def open_licenses(connection: Connection, institution: str, email: str) -> list[Seat]:
    """What waits to be claimed by whom the institution knows under this e-mail."""
    numbers = [number for _, number in _members(connection, email, institution)]
    return [seat for seat, *_ in _seats(connection, institution, numbers) if seat.status == Status.UNCLAIMED]


def open_for_email(connection: Connection, email: str) -> list[Seat]:
    """What waits to be claimed by whom any institution knows under this e-mail."""
    homes = sorted({institution for institution, _ in _members(connection, email)})
    return [seat for institution in homes for seat in open_licenses(connection, institution, email)]


def licenses_of(connection: Connection, account_id: str) -> list[Seat]:
    """What is in an account, of all institutions: what was claimed with it, and what an apply has delivered to its e-mail.

    Of a library that is delivered to accounts also what was taken back: the account is still there.
    """
    of = select(account.c.email).where(account.c.id == account_id)
    email = connection.execute(of).scalar() or ""
    whose = AccountHolder(email, account_id)
    homes: dict[str, set[int]] = {}
    for institution, number in _homes(connection, whose):
        homes.setdefault(institution, set()).add(number)
    return [
        seat
        for institution in sorted(homes)
        for seat, signs_in, holder in _seats(connection, institution, homes[institution])
        if _is_had(seat) and _is_in(whose, holder, signs_in)
    ]


def is_in(
    connection: Connection, institution: str, library: str, member: int, signs_in: str, whose: AccountHolder
) -> bool:
    """Whether a delivered license is in this account. ``signs_in`` is the e-mail that the ledger has for the member's."""
    columns = holding.c
    this = (columns.institution == institution) & (columns.library == library) & (columns.member == member)
    return _is_in(whose, connection.execute(select(columns.account).where(this)).scalar(), signs_in)


def hold(connection: Connection, institution: str, library: str, member: int, whose: AccountHolder) -> None:
    """The member's license is in this account now; in none, where it has no id."""
    columns = holding.c
    this = (columns.institution == institution) & (columns.library == library) & (columns.member == member)
    connection.execute(delete(holding).where(this))
    if whose.id:
        row = {"institution": institution, "library": library, "member": member, "account": whose.id}
        connection.execute(insert(holding).values(row))


def keep_holding(connection: Connection, institution: str, member: int, signs_in: str) -> None:
    """Whatever the member has, and of which nothing but the e-mail of a sign-in told whose it is, stays in that account,
    if there is one, when they sign in with another from now on."""
    whose = connection.execute(select(account.c.id).where(account.c.email_hash == email_hash(signs_in))).scalar()
    if whose is None:
        return
    license, held = tables.license.c, holding.c
    known = and_(
        held.institution == license.institution, held.library == license.library, held.member == license.member
    )
    had = (
        select(license.library)
        .select_from(tables.license.outerjoin(holding, known))
        .where(license.institution == institution, license.member == member, held.account.is_(None))
        .where(license.status.in_((Status.DELIVERED.value, Status.REVOKED.value)))
    )
    libraries = (
        connection.execute(had.where(license.library.in_(_all_libraries(connection, institution)))).scalars().all()
    )
    rows = [
        {"institution": institution, "library": library, "member": member, "account": whose} for library in libraries
    ]
    if rows:
        connection.execute(insert(holding), rows)


def stay_in(connection: Connection, whose: AccountHolder) -> None:
    """Whatever is in the account because of its e-mail alone stays in it, whatever e-mail it has from now on."""
    homes = {*_homes(connection, whose)}
    member, key = tables.member.c, email_key(whose.email)
    for institution in sorted({home for home, _ in homes}):
        numbers = sorted(number for home, number in homes if home == institution)
        query = select(member.number, member.account).where(member.institution == institution)
        for number, signs_in in connection.execute(query.where(member.number.in_(numbers))).all():
            if email_key(signs_in) == key:
                keep_holding(connection, institution, number, signs_in)


def _homes(connection: Connection, whose: AccountHolder) -> list[tuple[str, int]]:
    """(institution, number) of the members of whom something may be in this account."""
    held = select(holding.c.institution, holding.c.member).where(holding.c.account == whose.id)
    found = connection.execute(held, execution_options=ACROSS)
    return [*((row.institution, row.member) for row in found), *_members(connection, whose.email)]


def _all_libraries(connection: Connection, institution: str) -> list[str]:
    """By which the key of licenses begins, so that one member's are found at once."""
    return list(
        connection.execute(select(tables.library.c.id).where(tables.library.c.institution == institution)).scalars()
    )


def _is_in(whose: AccountHolder, holder: str | None, signs_in: str) -> bool:
    """By the account it was claimed with; where that is not known, by the e-mail of the sign-in."""
    if not whose.id:
        return False
    return holder == whose.id if holder else bool(signs_in) and email_key(signs_in) == email_key(whose.email)


def _is_had(seat: Seat) -> bool:
    return seat.status == Status.DELIVERED or (seat.status == Status.REVOKED and seat.delivery.facts.outlasts_revoke)


def _members(connection: Connection, email: str, institution: str = "") -> list[tuple[str, int]]:
    """(institution, number) of the members with this e-mail, who are there or have left: of one institution, or of all."""
    of, member = tables.institution.c, tables.member.c
    if not (key := email_key(email)):
        return []  # so are those who were erased
    query = (
        select(member.institution, member.number)
        .select_from(tables.institution.join(tables.member, member.institution == of.institution))
        .where(member.key == key, *([of.institution == institution] if institution else []))
        .execution_options(**({} if institution else ACROSS))
    )
    indexed = ("member.on_roster", "NOT member.on_roster")  # as the indexes say it
    return [(row.institution, row.number) for which in indexed for row in connection.execute(query.where(text(which)))]


def _seats(connection: Connection, institution: str, members: Iterable[int]) -> Iterator[tuple[Seat, str, str | None]]:
    """All licenses of these members, each with the e-mail they sign in with and the account that it was claimed with."""
    numbers = sorted(members)
    if not numbers:
        return
    of, library, license, member = tables.institution.c, tables.library.c, tables.license.c, tables.member.c
    event, here = tables.event.c, license.institution
    granted = (
        select(event.detail)
        .where(event.institution == institution, event.member == license.member, event.library == license.library)
        .where(event.action == Action.GRANT.value)
        .order_by(event.serial.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            *(of.institution, of.name, library.id, library.title, license.member, license.kind, license.status),
            *(library.delivery, license.invited_on, granted, member.account, holding.c.account),
        )
        .select_from(
            tables.license.join(tables.institution, of.institution == here)
            .join(tables.library, and_(library.institution == here, library.id == license.library))
            .join(tables.member, and_(member.institution == here, member.number == license.member))
            .outerjoin(
                holding,
                and_(
                    holding.c.institution == here,
                    holding.c.library == license.library,
                    holding.c.member == license.member,
                ),
            )
        )
        .where(here == institution, license.member.in_(numbers))
        .order_by(library.title, library.id, license.member)
    )
    for *told, delivery, granted_on, detail, signs_in, holder in rows:
        yield Seat._make([*told, Delivery(delivery), granted_on, _until(detail)]), signs_in, holder


def _until(detail: Any) -> str:
    return str(json.loads(detail).get("until", "")) if detail else ""
