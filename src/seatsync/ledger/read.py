"""Read the tables into a snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Row, Select, any_, func, literal, select

from seatsync.domain.approval import checked as used
from seatsync.domain.calendar.freezes import freezes_of
from seatsync.domain.institution import Admin, Contact, Helper, Institution
from seatsync.domain.library import COUNTED, DeliveredBy, Delivery, Library
from seatsync.domain.license import Kind, License, Status
from seatsync.domain.money.purchases import purchases_of
from seatsync.domain.person import Member
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.baseline import checked, taken
from seatsync.ledger.failures import LedgerError

STREAMED = 20_000
"""Rows fetched at a time."""

_FEW = 1_000

_OF_THE_JOURNAL = [column for column in tables.institution.c if column.name not in tables.BESIDE_JOURNAL]
"""The columns of an institution that follow from its journal. Few read the others, and the curves are long (``queries.outlook.kept``,
``queries.institutions.blocked``)."""


def read_snapshot(
    connection: Connection | None, institution: str, only: Collection[int] | None = None, also: Collection[str] = ()
) -> Snapshot:
    """Return the present of ``institution``; an empty snapshot where the ledger does not know it or does not exist (None).

    With ``only``, the snapshot has just these members, and their licenses of the ledger's libraries and of those in ``also``.
    Where the ledger belongs to another institution, the snapshot is empty but names that institution.

    Raises:
        LedgerError: the tables hold data that seatsync never writes.
    """
    if connection is None:
        return Snapshot()
    try:
        return _snapshot(connection, institution, only, also)
    except (ValueError, TypeError, KeyError) as error:
        help = "Run `seatsync verify` for details. `seatsync ledger rebuild` rebuilds the tables from the journal."
        raise LedgerError(f"The ledger is damaged: {error}.", help) from error


def read_renamed(connection: Connection | None, institution: str, was: str) -> Snapshot:
    """The present of ``institution``, which the ledger still has under its earlier id ``was`` if it was not renamed there yet.

    Where it has both, or one of them is the former id of a third, the snapshot says so.
    """
    if connection is None or not was:
        return read_snapshot(connection, institution)
    if not knows(connection, was):
        is_skipped = renamed_to(connection, was) and not knows(connection, institution)
        return read_snapshot(connection, was if is_skipped else institution)
    if knows(connection, institution):
        return replace(read_snapshot(connection, institution), beside=was)
    return read_snapshot(connection, was if renamed_to(connection, institution) in ("", was) else institution)


def known_as(connection: Connection | None, institution: str, was: str) -> str:
    """The id under which the ledger has the institution: ``was`` as long as it was not renamed there."""
    if connection is None or not was or knows(connection, institution) or not knows(connection, was):
        return institution
    return was


def knows(connection: Connection, institution: str) -> bool:
    """Whether the ledger has an institution of this id."""
    column = tables.institution.c.institution
    return connection.execute(select(column).where(column == institution)).first() is not None


def renamed_to(connection: Connection, institution: str) -> str:
    """The id of the institution that had the id ``institution`` before; empty if none had."""
    columns = tables.writer.c
    return connection.execute(select(columns.renamed_to).where(columns.institution == institution)).scalar() or ""


def _snapshot(
    connection: Connection, institution: str, only: Collection[int] | None, also: Collection[str]
) -> Snapshot:
    row = connection.execute(
        select(*_OF_THE_JOURNAL).where(tables.institution.c.institution == institution)
    ).one_or_none()
    if row is None:
        if now := renamed_to(connection, institution):
            return Snapshot(institution=Institution(now, now), former=(institution,))
        return Snapshot(institution=_another(connection))
    libraries, seats = _libraries(connection, institution)
    last = select(func.max(tables.member.c.number)).where(tables.member.c.institution == institution)
    return Snapshot(
        serial=row.serial,
        head=bytes(row.head).hex(),
        institution=_institution(row),
        libraries=libraries,
        admins=_admins(connection, institution),
        members=_members(connection, institution, only),
        licenses=_licenses(connection, institution, only, {*libraries, *also}),
        rosters=json.loads(row.rosters),
        applied_on=row.applied_on,
        applied_at=row.applied_at,
        approvals=used(json.loads(row.approvals)),
        held_since=row.held_since,
        told_on=row.told_on,
        briefed_on=row.briefed_on,
        seats=seats,
        last_number=connection.execute(last).scalar() or 0,
        baseline=checked(json.loads(row.settled)),
        exports=taken(json.loads(row.exports)),
    )


def owner(connection: Connection | None, institution: str) -> str | None:
    """The id of the ledger's institution: ``institution`` where the ledger knows it, what it became by a changed id, or the only
    other one that the ledger can belong to.
    """
    if connection is None:
        return None
    for column in (tables.institution.c.institution, tables.entry.c.institution):
        if connection.execute(select(column).where(column == institution).limit(1)).first() is not None:
            return institution
    if now := renamed_to(connection, institution):
        return now
    other = _another(connection)
    return other.id if other is not None else None


def _another(connection: Connection) -> Institution | None:
    """The other institution that the ledger belongs to, if any: a file holds one institution, and a bound role sees one."""
    if connection.dialect.name == "sqlite":
        row = connection.execute(select(tables.institution).limit(1)).one_or_none()
        return _institution(row) if row is not None else None
    mine = select(tables.writer.c.institution).where(func.row_security_active("writer"))
    id = connection.execute(mine.limit(1)).scalar()
    return Institution(id, id) if id is not None else None


def _institution(row: Row[tuple[object, ...]]) -> Institution:
    contacts = tuple(Contact(**contact) for contact in json.loads(row.contacts))
    help = Helper(**json.loads(row.help)) if row.help else None
    declining, reclaim = (row.opt_out_until,), (row.reclaim_after, row.reclaim_since)
    settings = (row.timezone, row.retire, help, row.language, row.color, row.logo, *declining, *reclaim, row.briefing)
    freezes = freezes_of(json.loads(row.freezes)) if row.freezes else ()
    return Institution(row.institution, row.name, contacts, bool(row.opt_out), *settings, freezes)


def _libraries(connection: Connection, institution: str) -> tuple[dict[str, Library], dict[str, dict[str, int]]]:
    columns = tables.library.c
    query = select(tables.library).where(columns.institution == institution).order_by(columns.id)
    libraries, seats = {}, {}
    for row in connection.execute(query):
        kinds, delivery = tuple(map(Kind, row.kinds.split())), Delivery(row.delivery)
        product = (row.title, row.system, kinds, delivery, row.slots, bool(row.sends_letters))
        bought = purchases_of(json.loads(row.purchases)) if row.purchases else ()
        shown = (row.claim_url, row.open_url, row.about, bought)
        told = {"warn_below": row.warn_below}
        libraries[row.id] = Library(row.id, *product, DeliveredBy(row.delivered_by), *shown, **told)
        seats[row.id] = {figure: getattr(row, figure) for figure in COUNTED}
    return libraries, seats


def _admins(connection: Connection, institution: str) -> dict[str, Admin]:
    columns = tables.admin.c
    rows = connection.execute(select(tables.admin).where(columns.institution == institution).order_by(columns.key))
    return {row.key: Admin(row.email, row.given_name, row.family_name, bool(row.briefed)) for row in rows}


def _members(connection: Connection, institution: str, only: Collection[int] | None) -> dict[int, Member]:
    columns = tables.member.c
    query = select(columns.number, *(columns[name] for name in Member._fields)).where(
        columns.institution == institution
    )
    members: dict[int, Member] = {}
    known: dict[str, str] = {}  # names, roles, tags and days repeat: each text is kept once
    if only is not None:
        query = query.where(among(connection, columns.number, only))
    for rows in streamed(connection, query.order_by(columns.number), only):
        for start in range(0, len(rows), _IN_CACHE):
            members.update(_by_number(rows[start : start + _IN_CACHE], known.setdefault))
    return members


_IN_CACHE = 300
"""Rows turned into columns at a time; more would not fit into the processor's cache."""

_OF_VALUES: Callable[[Iterable[object]], Member] = partial(tuple.__new__, Member)
"""As ``Member._make``, which is not written in C and takes five times as long."""

_REPEATED = frozenset(Member._fields) - {"email", "key", "student_id", "on_roster", "account"}


def _by_number(rows: Sequence[tuple[Any, ...]], once: Callable[[str, str], str]) -> Iterable[tuple[int, Member]]:
    """Members by number, from rows of the number and the fields of ``Member``."""
    numbers, *values = zip(*rows, strict=True)
    column: dict[str, Iterable[Any]] = dict(zip(Member._fields, values, strict=True))
    for name in _REPEATED:
        column[name] = map(once, column[name], column[name])
    pairs = zip(column["key"], column["email"], strict=True)
    column["key"] = [email if key == email else key for key, email in pairs]
    column["on_roster"] = map(bool, column["on_roster"])
    return zip(numbers, map(_OF_VALUES, zip(*column.values(), strict=True)), strict=True)


def _licenses(
    connection: Connection, institution: str, only: Collection[int] | None, libraries: Collection[str]
) -> dict[str, dict[int, License]]:
    columns = tables.license.c
    fields = [columns[name] for name in License._fields]
    query = select(columns.library, columns.member, *fields).where(columns.institution == institution)
    if only is not None:
        # The key begins with the library.
        query = query.where(columns.library.in_(sorted(libraries)), among(connection, columns.member, only))
    licenses: dict[str, dict[int, License]] = {}
    known: dict[tuple[Any, ...], License] = {}  # most licenses of a library have the same values: each is kept once
    for rows in streamed(connection, query.order_by(columns.library, columns.member), only):
        for library, number, *values in rows:
            license = known.get(key := tuple(values))
            if license is None:
                license = known[key] = License(Kind(values[0]), Status(values[1]), *values[2:])
            held = licenses.get(library)
            if held is None:
                held = licenses[library] = {}
            held[number] = license
    return licenses


def among(
    connection: Connection, column: Column[Any], values: Collection[int] | Collection[str]
) -> ColumnElement[bool]:
    """The condition that the column is one of these values, however many: they are one parameter of one statement.

    So the database uses the column's index, or reads the table once. With a statement for each part of a long list, it could
    read the table once for each part.
    """
    listed = sorted(values)
    if connection.dialect.name == "sqlite":
        return column.in_(select(func.json_each(json.dumps(listed)).table_valued("value").c.value))
    return column == any_(literal(listed, ARRAY(column.type)))


def streamed(
    connection: Connection, query: Select[Any], only: Collection[Any] | None = None
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The driver's own rows, some thousands at a time. For millions, building SQLAlchemy's rows would take most of the time.

    If the query is about a few (``only``), PostgreSQL gives them in one answer instead of four.
    """
    if only is not None and not only:
        return
    if connection.dialect.name != "sqlite":
        if only is not None and len(only) <= _FEW:
            if rows := connection.execute(query).all():
                yield rows
            return
        yield from connection.execute(query.execution_options(yield_per=STREAMED)).partitions()
        return
    with connection.execute(query) as result:
        assert result.cursor is not None
        while rows := result.cursor.fetchmany(STREAMED):
            yield rows
