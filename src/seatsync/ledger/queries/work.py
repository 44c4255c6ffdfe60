"""What is to be done at the vendors: only what is open is read, by index."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, select, text, union

from seatsync.domain.person import ERASED
from seatsync.domain.portal.at_vendor import portal_of
from seatsync.domain.portal.namesakes import emails_of
from seatsync.domain.portal.steps import Step, StepKind, kinds_of, steps
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.ledger import tables
from seatsync.ledger.journal import DONE
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.read import read_snapshot

_license, _member = tables.license.c, tables.member.c


def open_work(connection: Connection | None, institution: str) -> tuple[Snapshot, list[Step]]:
    """The open steps in the order in which they must be done, and a snapshot with the members whom they are about and with
    all who have or had an e-mail of theirs.
    """
    books = read_snapshot(connection, institution, ())
    libraries = [id for id, library in books.libraries.items() if portal_of(library)]
    if connection is None or not libraries:
        return books, []
    numbers = open_members(connection, institution, libraries)
    books = read_snapshot(connection, institution, numbers)
    if others := _namesakes(connection, institution, books) - numbers:
        books = read_snapshot(connection, institution, numbers | others)
    return books, steps(books)


def _namesakes(connection: Connection, institution: str, books: Snapshot) -> set[int]:
    """The numbers of all who have or had an e-mail of these members, also of who gave it up as a key."""
    keys = {email for member in books.members.values() for email in emails_of(member)}
    if not keys:
        return set()
    without_key = select(_member.number, _member.email).where(
        _member.institution == institution, _member.key == "", text("NOT member.on_roster"), _member.email != ERASED
    )
    replaced = {number for number, email in connection.execute(without_key) if email_key(email) in keys}
    return replaced | numbers_of(connection, institution, keys, ()).keys()


def open_counts(connection: Connection | None, institution: str) -> tuple[Snapshot, Counter[StepKind]]:
    """The number of people in each open step, and a snapshot with some of them: one of all who are equal there.

    Nearly all are equal, so this is much faster than ``open_work``.
    """
    books = read_snapshot(connection, institution, ())
    libraries = [id for id, library in books.libraries.items() if portal_of(library)]
    if connection is None or not libraries:
        return books, Counter()
    people = {row.first: row.people for row in connection.execute(_equal_members(institution, libraries))}
    books = read_snapshot(connection, institution, people)
    found: Counter[StepKind] = Counter()
    for first, number in people.items():
        found.update(dict.fromkeys(kinds_of(books, first), number))
    return books, found


def _equal_members(institution: str, libraries: list[str]) -> Select[Any, int]:
    """The first of the members whom the same steps are about, and how many they are."""
    joined: FromClause = tables.member
    profile: list[ColumnElement[Any]] = [_member.there, _member.on_roster]
    for id in libraries:
        held = tables.license.alias()
        joined = joined.outerjoin(
            held,
            and_(held.c.institution == _member.institution, held.c.library == id, held.c.member == _member.number),
        )
        profile += [held.c.kind, held.c.status, held.c.there]
    open_now = union(*_open_members(institution, libraries))
    return (
        select(func.min(_member.number).label("first"), func.count().label("people"))
        .select_from(joined)
        .where(_member.institution == institution, _member.number.in_(open_now))
        .group_by(*profile)
    )


def open_members(connection: Connection, institution: str, libraries: list[str]) -> set[int]:
    """The numbers of the members about whom something may be to be done in the portals of these ``libraries``."""
    return {number for query in _open_members(institution, libraries) for number in connection.execute(query).scalars()}


def _open_members(institution: str, libraries: list[str]) -> tuple[Select[Any], Select[Any]]:
    # The conditions are exactly those of the indexes.
    of_licenses = select(_license.member).where(
        _license.institution == institution, _license.library.in_(libraries), text("license.there != ''")
    )
    of_persons = select(_member.number).where(_member.institution == institution, text("member.to_do"))
    return of_licenses, of_persons


def changed_since(connection: Connection, institution: str, serial: int) -> set[int]:
    """The numbers of the members of whom the journal says something after ``serial``, other than that steps were done."""
    event, entry = tables.event.c, tables.entry.c
    caused = tables.event.join(
        tables.entry, (entry.institution == event.institution) & (entry.serial == event.entry) & (entry.kind != DONE)
    )
    later = select(event.member).select_from(caused).where(event.institution == institution, event.serial > serial)
    return {*connection.execute(later.distinct()).scalars()}
