"""Tables → snapshot."""

from __future__ import annotations

import json

from sqlalchemy import Connection, Row, func, select

from seatsync.domain.library import Delivery, Library
from seatsync.domain.license import Kind, License, Status
from seatsync.domain.people import Admin, Contact, Institution, Member
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError

STREAMED = 20_000
"""Rows that are fetched at a time."""


def read_snapshot(connection: Connection | None, institution: str) -> Snapshot:
    """The present of ``institution``; an empty one where the ledger does not know it, or is not there (None).

    Where the ledger can only be another's, the snapshot is empty but names that one.

    Raises:
        LedgerError: the tables hold what seatsync never writes.
    """
    if connection is None:
        return Snapshot()
    try:
        return _snapshot(connection, institution)
    except (ValueError, TypeError, KeyError) as error:
        help = "`seatsync verify` tells more; `seatsync ledger rebuild` makes the tables anew from the journal."
        raise LedgerError(f"The ledger is damaged: {error}.", help) from error


def _snapshot(connection: Connection, institution: str) -> Snapshot:
    row = connection.execute(
        select(tables.institution).where(tables.institution.c.institution == institution)
    ).one_or_none()
    if row is None:
        return Snapshot(institution=_another(connection))
    return Snapshot(
        serial=row.serial,
        head=bytes(row.head).hex(),
        institution=_institution(row),
        libraries=_libraries(connection, institution),
        admins=_admins(connection, institution),
        members=_members(connection, institution),
        licenses=_licenses(connection, institution),
        rosters=json.loads(row.rosters),
        applied_on=row.applied_on,
    )


def _another(connection: Connection) -> Institution | None:
    """Whose the ledger is, where it can't be this institution's: a file holds one, a bound role may see one."""
    if connection.dialect.name == "sqlite":
        row = connection.execute(select(tables.institution).limit(1)).one_or_none()
        return _institution(row) if row is not None else None
    bound = select(tables.binding.c.institution).where(tables.binding.c.role == func.current_user())
    id = connection.execute(bound.limit(1)).scalar()
    return Institution(id, id) if id is not None else None


def _institution(row: Row[tuple[object, ...]]) -> Institution:
    contacts = tuple(Contact(**contact) for contact in json.loads(row.contacts))
    return Institution(row.institution, row.name, contacts, bool(row.opt_out))


def _libraries(connection: Connection, institution: str) -> dict[str, Library]:
    columns = tables.library.c
    rows = connection.execute(select(tables.library).where(columns.institution == institution).order_by(columns.id))
    return {
        row.id: Library(
            row.id, row.title, row.system, tuple(map(Kind, row.kinds.split())), Delivery(row.delivery), row.slots
        )
        for row in rows
    }


def _admins(connection: Connection, institution: str) -> dict[str, Admin]:
    columns = tables.admin.c
    rows = connection.execute(select(tables.admin).where(columns.institution == institution).order_by(columns.key))
    return {row.key: Admin(row.email, row.given_name, row.family_name) for row in rows}


def _members(connection: Connection, institution: str) -> dict[int, Member]:
    columns = tables.member.c
    wanted = [columns.number, *(columns[name] for name in Member._fields)]
    query = select(*wanted).where(columns.institution == institution).order_by(columns.number)
    query = query.execution_options(yield_per=STREAMED)
    members: dict[int, Member] = {}
    known: dict[str, str] = {}  # roles, tags and days repeat: each is kept once
    make = Member._make
    for (
        number,
        email,
        key,
        given,
        family,
        student_id,
        role,
        tags,
        imported_on,
        on_roster,
        account,
    ) in connection.execute(query):
        same = email if key == email else key
        role, tags, imported_on = (known.setdefault(text, text) for text in (role, tags, imported_on))
        members[number] = make((email, same, given, family, student_id, role, tags, imported_on, on_roster, account))
    return members


def _licenses(connection: Connection, institution: str) -> dict[str, dict[int, License]]:
    columns = tables.license.c
    wanted = [columns.library, columns.member, *(columns[name] for name in License._fields)]
    query = select(*wanted).where(columns.institution == institution).order_by(columns.library, columns.member)
    query = query.execution_options(yield_per=STREAMED)
    licenses: dict[str, dict[int, License]] = {}
    known: dict[tuple[object, ...], License] = {}  # most licenses of a library look alike: each look is kept once
    for library, number, *look in connection.execute(query):
        license = known.get(tuple(look))
        if license is None:
            kind, status, *rest = look
            license = known[tuple(look)] = License(Kind(kind), Status(status), *rest)
        held = licenses.get(library)
        if held is None:
            held = licenses[library] = {}
        held[number] = license
    return licenses
