"""Turn values into rows, and write many rows at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from operator import itemgetter

from sqlalchemy import Connection, Table, bindparam, insert, update

from seatsync.domain.institution import Institution
from seatsync.domain.library import Library
from seatsync.domain.license import License
from seatsync.domain.person import Member, account_key, found_by
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import link_chain, tables
from seatsync.ledger.journal import canonical

CHUNK = 20_000
"""Rows collected before they are sent to the database."""


def institution_values(institution: Institution, books: Snapshot) -> dict[str, object]:
    """An institution's row, without its key."""
    contacts = json.dumps([asdict(contact) for contact in institution.contacts], ensure_ascii=False)
    return {
        "serial": books.serial,
        "head": bytes.fromhex(books.head),
        "name": institution.name,
        "opt_out": institution.opt_out,
        "contacts": contacts,
        "rosters": canonical(books.rosters),
        "applied_on": books.applied_on,
        "settled": canonical(books.baseline),
        "timezone": institution.timezone,
        "approvals": canonical(books.approvals),
    }


def library_rows(institution: str, books: Snapshot) -> list[tuple[object, ...]]:
    """All libraries, in the order of their table's columns."""
    libraries = books.libraries.values()
    return [(institution, *_library(it), *_seats(it.id, books), it.sends_letters) for it in libraries]


def _library(library: Library) -> tuple[object, ...]:
    kinds = " ".join(library.kinds)
    return (library.id, library.title, library.system, kinds, library.delivery.value, library.slots)


def _seats(library: str, books: Snapshot) -> tuple[int, ...]:
    slots = books.slots(library)
    return (slots.reserved, slots.temporary, slots.permanent)


def admin_rows(institution: str, books: Snapshot) -> list[tuple[object, ...]]:
    """All administrators, in the order of their table's columns."""
    return [(institution, key, a.email, a.given_name, a.family_name) for key, a in books.admins.items()]


MEMBER_VALUES = (*Member._fields, "found_by", "account_key")
"""The columns of ``member_values``."""


def member_values(member: Member) -> tuple[object, ...]:
    """A member's row under ``MEMBER_VALUES``, without its key."""
    return (*member, found_by(member), account_key(member))


def member_rows(institution: str, members: Iterable[tuple[int, Member]]) -> Iterator[tuple[object, ...]]:
    """Rows of these (number, member) pairs, in the order of their table's columns."""
    for number, member in members:
        yield _MEMBER_ROW((institution, number, *member, found_by(member), account_key(member)))


_MEMBER_ROW: Callable[[tuple[object, ...]], tuple[object, ...]] = itemgetter(
    *map(("institution", "number", *MEMBER_VALUES).index, tables.member.columns.keys())
)


def license_values(license: License) -> tuple[object, ...]:
    """A license's row without its key, in the order of its table's columns."""
    return (license.kind.value, license.status.value, *license[2:])


def license_rows(
    institution: str, library: str, held: Mapping[int, License], numbers: Iterable[int] | None = None
) -> Iterator[tuple[object, ...]]:
    """Rows of a library's licenses, for these members or for all, in the order of their table's columns."""
    known: dict[License, tuple[object, ...]] = {}  # most licenses have the same values
    for number in held if numbers is None else numbers:
        license = held[number]
        values = known.get(license)
        if values is None:
            values = known[license] = license_values(license)
        yield (institution, library, number, *values)


def bulk(connection: Connection, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert rows, given in the order of the table's columns, by COPY or the driver's executemany, ``CHUNK`` at a time."""
    names = [column.name for column in table.columns]
    compiled = insert(table).compile(dialect=connection.dialect, column_keys=names)
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        if connection.dialect.name == "postgresql" and not _is_bound(connection):
            _copy(connection, table, chunk)
        elif compiled.positional:
            connection.exec_driver_sql(str(compiled), chunk)
        else:
            connection.exec_driver_sql(str(compiled), [dict(zip(names, row, strict=True)) for row in chunk])


def amend(
    connection: Connection, table: Table, values: Sequence[str], key: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Update many rows: each has the new ``values``, then the ``key`` of the row to update."""
    if not rows:
        return
    names = [*(f"to_{name}" for name in values), *(f"of_{name}" for name in key)]
    new_values: dict[str, object] = {name: bindparam(f"to_{name}") for name in values}
    conditions = [table.c[name] == bindparam(f"of_{name}") for name in key]
    compiled = update(table).where(*conditions).values(new_values).compile(dialect=connection.dialect)
    if compiled.positional:
        position_of = {name: position for position, name in enumerate(names)}
        in_order = itemgetter(*(position_of[name] for name in compiled.positiontup or ()))
        connection.exec_driver_sql(str(compiled), list(map(in_order, rows)))
    else:
        connection.exec_driver_sql(str(compiled), [dict(zip(names, row, strict=True)) for row in rows])


def _is_bound(connection: Connection) -> bool:
    """Whether row-level security applies to this role; then COPY is not possible."""
    if "is_bound" not in connection.info:
        connection.info["is_bound"] = connection.exec_driver_sql("SELECT row_security_active('event')").scalar()
    return bool(connection.info["is_bound"])


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    from sqlalchemy.exc import DBAPIError

    quoted = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quoted(column.name) for column in table.columns)
    statement = f"COPY {quoted(table.name)} ({columns}) FROM STDIN"
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:  # as SQLAlchemy does for what it executes itself
        raise DBAPIError.instance(statement, None, error, connection.dialect.loaded_dbapi.Error) from error


def clear(connection: Connection, table: Table, institution: str) -> None:
    """Delete all rows of an institution."""
    connection.execute(table.delete().where(table.c.institution == institution))


def write_present(connection: Connection, institution: str, books: Snapshot) -> None:
    """Rewrite the tables of the present. The end of the personal links is kept: it does not follow from the journal."""
    links = link_chain.end(connection, institution)
    for table in (tables.institution, tables.library, tables.admin, tables.member, tables.license):
        clear(connection, table, institution)
    assert books.institution is not None
    values: Mapping[str, object] = institution_values(books.institution, books)
    connection.execute(insert(tables.institution).values(institution=institution, **values))
    link_chain.keep_end(connection, institution, links)
    bulk(connection, tables.library, library_rows(institution, books))
    bulk(connection, tables.admin, admin_rows(institution, books))
    bulk(connection, tables.member, member_rows(institution, books.members.items()))
    for library, held in books.licenses.items():
        bulk(connection, tables.license, license_rows(institution, library, held))
