"""What a SQLite file is made of, against what the migrations make: tables, columns, keys, indexes, and nothing that acts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from seatsync.ledger.sqlite import make_tables

_ACTING = frozenset(("check", "conflict", "collate", "references", "generated", "as", "autoincrement", "strict"))
"""Words of a table's definition that make it do more than keep rows; of them it may have those that ours have."""

_OBJECTS = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY name"
_COLUMNS = 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY name'
_INDEXES = 'SELECT name, "unique", origin, partial FROM pragma_index_list(?)'
_KEYS = 'SELECT name, "desc", coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno'


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
    """By their kind and name, the things in a file, each as it can be compared, however its text is spelled."""
    shape: dict[str, Any] = {}
    objects = connection.exec_driver_sql(_OBJECTS).all()
    texts = {name: sql for kind, name, _, sql in objects if kind == "index"}
    for kind, name, _, sql in objects:
        if kind == "table":
            shape[f"table {name}"] = _words(sql) & _ACTING, "without rowid" in " ".join(sql.lower().split())
            shape |= _columns(connection, name) | _indexes(connection, name, texts)
        elif kind != "index":
            shape[f"{kind} {name}"] = ""
    return shape


def _columns(connection: Connection, table: str) -> dict[str, Any]:
    found = connection.exec_driver_sql(_COLUMNS, (table,)).all()
    return {f"column {table}.{name}": tuple(told) for name, *told in found}


def _indexes(connection: Connection, table: str, texts: dict[str, str]) -> dict[str, Any]:
    """Those of a key have names that SQLite gives: they are known by their columns."""
    shape = {}
    for name, unique, origin, _ in connection.exec_driver_sql(_INDEXES, (table,)).all():
        keys = [tuple(key) for key in connection.exec_driver_sql(_KEYS, (name,)).all()]
        where = " ".join(re.split(r"\bwhere\b", texts.get(name) or "", maxsplit=1, flags=re.IGNORECASE)[1:])
        columns = ", ".join(str(column) for column, _, _ in keys)
        said = f"index {name}" if origin == "c" else f"key ({columns}) of {table}"
        shape[said] = unique, keys, " ".join(where.split())
    return shape


def _words(sql: str) -> frozenset[str]:
    """The words outside of quotes."""
    return frozenset(re.findall(r"\w+", re.sub(r"'[^']*'|\"[^\"]*\"", " ", sql.lower())))
