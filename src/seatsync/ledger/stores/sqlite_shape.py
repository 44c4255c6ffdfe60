"""Compare the schema of a SQLite file, every definition in it, with the schema that the migrations create."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
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
"""The two definitions of the table of versions: ours, and Alembic's in a migrated file."""


def differences(connection: Connection) -> Iterator[str]:
    """Describe everything that is extra, missing or different."""
    actual, expected = _shape(connection), _expected_shape()
    for what in sorted(actual.keys() | expected.keys()):
        if what not in expected:
            yield f"there is {what}, which seatsync did not create"
        elif what not in actual:
            yield f"{what} is missing"
        elif actual[what] != expected[what]:
            yield f"{what} differs from what seatsync creates"
    for (damage,) in connection.exec_driver_sql("PRAGMA integrity_check(10)").all():
        if damage != "ok":
            yield f"the file is damaged: {damage}"


@cache
def _expected_shape() -> dict[str, Any]:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool)
    with engine.connect() as connection:
        make_tables(connection)
        shape = _shape(connection)
    engine.dispose()
    return shape


def _shape(connection: Connection) -> dict[str, Any]:
    """The definitions in a file by kind and name, and the columns of its tables by name.

    A definition is compared as text and not parsed: an attacker knows more ways to write something than a parser can read.
    """
    shape: dict[str, Any] = {}
    for kind, name, sql in connection.exec_driver_sql(_OBJECTS).all():
        shape[f"{kind} {name}"] = _spelled(f"{sql}")
        if kind == "table":
            shape |= _columns(connection, name)
    return shape


def _columns(connection: Connection, table: str) -> dict[str, Any]:
    found = connection.exec_driver_sql(_COLUMNS, (table,)).all()
    return {f"column {table}.{name}": tuple(properties) for name, *properties in found}


def _spelled(sql: str) -> str:
    """A definition in a normal form: migrations and versions of SQLAlchemy differ in white space and in quotes around words.

    Quotes could make a keyword part of a type, but the columns would show that.
    """
    plain = re.sub(r'"(\w+)"', r"\1", re.sub(r"[ \t\n\f\r]+", " ", sql))
    return _VERSIONS if plain == _OF_ALEMBIC else plain
