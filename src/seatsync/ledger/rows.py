"""Turn values into rows, and write many rows at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Index, Table, insert, update

from seatsync.domain.institution import Institution
from seatsync.domain.library import Library, Slots
from seatsync.domain.license import License
from seatsync.domain.person import Member, account_key, found_by
from seatsync.domain.portal.at_vendor import is_to_do
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import link_chain, tables
from seatsync.ledger.journal import canonical

CHUNK = 20_000
"""Rows collected before they are sent to the database."""

FEW = 10
"""Up to this many rows, plain INSERTs cost PostgreSQL less than a COPY, which takes two round trips."""


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
        "applied_at": books.applied_at,
        "settled": canonical(books.baseline),
        "timezone": institution.timezone,
        "retire": institution.retire,
        "approvals": canonical(books.approvals),
        "held_since": books.held_since,
        "exports": canonical(books.exports),
        "help": canonical(asdict(institution.help)) if institution.help is not None else "",
        "language": institution.language,
        "color": institution.color,
        "logo": institution.logo,
        "opt_out_until": institution.opt_out_until,
        "reclaim_after": institution.reclaim_after,
        "reclaim_since": institution.reclaim_since,
        "freezes": canonical([one.as_dict() for one in institution.freezes]) if institution.freezes else "",
        "told_on": books.told_on,
        "briefing": institution.briefing,
        "briefed_on": books.briefed_on,
    }


def library_rows(institution: str, books: Snapshot) -> list[tuple[object, ...]]:
    """All libraries, in the order of their table's columns."""
    return [(institution, *_library(it, books.slots(it.id))) for it in books.libraries.values()]


def _library(library: Library, seats: Slots) -> tuple[object, ...]:
    kinds = " ".join(library.kinds)
    product = (library.id, library.title, library.system, kinds, library.delivery.value, library.slots)
    at_vendor = (library.delivered_by.value, library.claim_url, library.open_url)
    bought = canonical([one.as_dict() for one in library.purchases]) if library.purchases else ""
    counted = (seats.reserved, seats.temporary, seats.permanent)
    later = (seats.permanent_reserved, library.about, bought, library.warn_below)
    return (*product, *counted, library.sends_letters, *at_vendor, *later)


def admin_rows(institution: str, books: Snapshot) -> list[tuple[object, ...]]:
    """All administrators, in the order of their table's columns."""
    return [(institution, key, a.email, a.given_name, a.family_name, a.briefed) for key, a in books.admins.items()]


MEMBER_VALUES = (*Member._fields, "found_by", "account_key", "to_do")
"""The columns of ``member_values``."""


def member_values(member: Member) -> tuple[object, ...]:
    """A member's row under ``MEMBER_VALUES``, without its key."""
    return (*member, found_by(member), account_key(member), is_to_do(member))


def member_rows(institution: str, members: Iterable[tuple[int, Member]]) -> Iterator[tuple[object, ...]]:
    """Rows of these (number, member) pairs, in the order of their table's columns."""
    for number, member in members:
        yield _MEMBER_ROW((institution, number, *member_values(member)))


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
    """Insert rows, given in the order of the table's columns, ``CHUNK`` at a time.

    PostgreSQL gets many rows by COPY, or from a bound role as a list for each column. A few are plain INSERTs, in one message.
    """
    names, is_postgres = [column.name for column in table.columns], connection.dialect.name == "postgresql"
    quoted = connection.dialect.identifier_preparer.quote
    into = f"{quoted(table.name)} ({', '.join(map(quoted, names))})"
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        if not is_postgres or len(chunk) <= FEW:
            marks = ", ".join(["%s" if is_postgres else "?"] * len(names))
            connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", chunk)  # noqa: S608
        elif is_bound(connection):
            statement = f"INSERT INTO {into} SELECT * FROM {_lists(table, names)}"  # noqa: S608
            connection.exec_driver_sql(statement, _transposed(chunk))
        else:
            _copy(connection, f"COPY {into} FROM STDIN", chunk)


def amend(
    connection: Connection, table: Table, values: Sequence[str], key: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Update many rows of an institution: each has the new ``values``, then the ``key`` of the row to update.

    The key begins with ``institution``, which is the same in all rows.
    """
    quoted, name = connection.dialect.identifier_preparer.quote, table.name
    if connection.dialect.name != "postgresql":
        changes = ", ".join(f"{quoted(value)} = ?" for value in values)
        found = " AND ".join(f"{name}.{quoted(part)} = ?" for part in key)
        if rows:
            connection.exec_driver_sql(f"UPDATE {name} SET {changes} WHERE {found}", list(rows))  # noqa: S608
        return
    listed = [*values, *key[1:]]
    changes = ", ".join(f"{quoted(value)} = new_{value}" for value in values)
    new = f"{_lists(table, listed)} AS new ({', '.join(f'new_{column}' for column in listed)})"
    found = " AND ".join(f"{name}.{quoted(part)} = new_{part}" for part in key[1:])
    statement = f"UPDATE {name} SET {changes} FROM {new} WHERE {name}.institution = %s AND {found}"  # noqa: S608
    for start in range(0, len(rows), CHUNK):
        lists = list(_transposed(rows[start : start + CHUNK]))
        institution, *_ = lists.pop(len(values))
        connection.exec_driver_sql(statement, (*lists, institution))


def _lists(table: Table, names: Sequence[str]) -> str:
    """Rows from a list for each of these columns."""
    lists = (f"%s::{_LISTED[table.c[name].type.python_type]}[]" for name in names)
    return f"unnest({', '.join(lists)})"


_LISTED = {str: "text", int: "bigint", bool: "boolean", bytes: "bytea"}
"""The type of a list's elements. A value that is too large for its column is an error only if it was not cast before."""


def _transposed(rows: Iterable[tuple[object, ...]]) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*rows, strict=True)))


def is_bound(connection: Connection) -> bool:
    """Whether row-level security applies to this role; then COPY is not possible."""
    if connection.dialect.name != "postgresql":
        return False
    if "is_bound" not in connection.info:
        connection.info["is_bound"] = connection.exec_driver_sql("SELECT row_security_active('event')").scalar()
    return bool(connection.info["is_bound"])


def _copy(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    from sqlalchemy.exc import DBAPIError

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
    if not is_bound(connection):
        give_up(connection, books.former, institution)


def give_up(connection: Connection, former: Iterable[str], institution: str) -> None:
    """Note that ``institution`` had these ids: they lead to it, and no other institution gets them."""
    writer = tables.writer
    for id in former:
        noted = update(writer).where(writer.c.institution == id).values(renamed_to=institution)
        if not connection.execute(noted).rowcount:
            connection.execute(insert(writer).values(institution=id, renamed_to=institution))


_STATISTICS = (
    ("member", "member", "1000000 1000000 1"),
    ("member", "member_found_by", "1000000 1000000 1"),
    ("member", "member_email", "1000000 1000000 1"),
    ("member", "member_account", "1000000 1000000 1"),
    ("member", "member_left", "100000 100000 2"),
    ("member", "member_student_id", "1000000 1000000 1"),
    ("license", "license", "2000000 2000000 1000000 1"),
    ("event", "event", "3000000 3000000 1"),
    ("event", "event_member", "3000000 3000000 4"),
    ("outbox", "outbox", "2000000 2000000 1"),
    ("outbox", "outbox_member", "2000000 2000000 3"),
    ("outbox", "outbox_open", "100000 100000 50000 1"),
    ("outbox", "outbox_due", "1000000 1000000 1000000"),
    ("link", "link", "1000000 1000000 1"),
    ("link", "link_serial", "1000000 1000000 1"),
    ("link", "link_number", "1000000 1000000 1"),
    ("account", "account", "1000000 1"),
    ("session", "session", "1000000 1"),
    ("session", "session_account", "1000000 2"),
    ("holding", "holding", "2000000 2000000 1000000 1"),
    ("holding", "holding_account", "2000000 2"),
)
"""What ANALYZE would find in a file of one institution. Without it SQLite uses the key, which begins with the institution,
and scans the whole table for each member."""


def tell_statistics(connection: Connection) -> None:
    """Write statistics for SQLite's planner: how many rows each index finds."""
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # creates the table of statistics
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", list(_STATISTICS))


def drop_indexes(connection: Connection) -> list[Index]:
    """Drop the indexes of a file's tables with a row for each member, license, event or letter."""
    large = (tables.member, tables.license, tables.event, tables.outbox)
    indexes = sorted((index for table in large for index in table.indexes), key=lambda index: str(index.name))
    for index in indexes:
        index.drop(connection, checkfirst=True)
    return indexes


def make_indexes(connection: Connection, indexes: Sequence[Index]) -> None:
    """Make dropped indexes again, and write their statistics.

    Raises:
        IntegrityError: two rows have what only one may have.
    """
    for index in indexes:
        index.create(connection)
    if indexes:
        tell_statistics(connection)
