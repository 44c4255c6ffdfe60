"""What a SQLite file is made of, against what the migrations make: every definition in it, to its last letter."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from seatsync.ledger.stores.sqlite_tables import make_tables

_OBJECTS = "SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY name"
_COLUMNS = 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY name'

_VERSIONS = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
_OF_ALEMBIC = (
    "CREATE TABLE alembic_version ( version_num VARCHAR(32) NOT NULL,"
    " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num) )"
)
"""How the table of versions is spelled by us, and in a file that was migrated by Alembic."""


def strange(connection: Connection) -> Iterator[str]:
    """What is more, less or other than it should be, in words."""
    here, ours = _shape(connection), _shape_of_ours()
    for what in sorted(here.keys() | ours.keys()):
        if what not in ours:
            yield f"there is {what}, which seatsync has not made"
        elif what not in here:
            yield f"{what} is missing"
        elif here[what] != ours[what]:
            yield f"{what} is not as seatsync makes it"
    for (damage,) in connection.exec_driver_sql("PRAGMA integrity_check(10)").all():
        if damage != "ok":
            yield f"the file is damaged: {damage}"


def _shape_of_ours() -> dict[str, Any]:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool)
    with engine.connect() as connection:
        make_tables(connection)
        shape = _shape(connection)
    engine.dispose()
    return shape


def _shape(connection: Connection) -> dict[str, Any]:
    """By their kind and name, the things in a file, and by name the columns of its tables.

    A definition is all that makes a table or an index what it is. It is not taken apart: who plants something there knows more
    ways to spell it than a reader knows to read.
    """
    shape: dict[str, Any] = {}
    for kind, name, sql in connection.exec_driver_sql(_OBJECTS).all():
        shape[f"{kind} {name}"] = _spelled(f"{sql}")
        if kind == "table":
            shape |= _columns(connection, name)
    return shape


def _columns(connection: Connection, table: str) -> dict[str, Any]:
    found = connection.exec_driver_sql(_COLUMNS, (table,)).all()
    return {f"column {table}.{name}": tuple(told) for name, *told in found}


def _spelled(sql: str) -> str:
    """A definition in the one way to spell it: migrations, and versions of SQLAlchemy, differ in blanks, and in quotes around words.

    Quotes can make a keyword part of a type, which the columns show.
    """
    plain = re.sub(r'"(\w+)"', r"\1", re.sub(r"[ \t\n\f\r]+", " ", sql))
    return _VERSIONS if plain == _OF_ALEMBIC else plain
