"""What migrations share: the form of an index, and how to fill a column in batches (docs/architecture.md, "Migrations")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

BATCH = 10_000
"""The members of one batch. Filling them takes about half a second, for which others wait who write to the same institution."""


class Index(NamedTuple):
    """An index on an existing table. ``where`` is its condition in SQL, if it has one."""

    name: str
    table: str
    columns: tuple[str, ...]
    unique: bool = False
    where: str = ""

    def named(self, name: str = "", table: str = "", how: str = "") -> str:
        """Return the statement that creates it, also under another ``name``, on a part of its ``table``, or ``how``."""
        unique = "UNIQUE " if self.unique else ""
        where = f" WHERE {self.where}" if self.where else ""
        on = f"{table or self.table} ({', '.join(self.columns)})"
        return f"CREATE {unique}INDEX {how}{name or self.name} ON {on}{where}"


def ranges(connection: sa.Connection, institution: str) -> Iterator[dict[str, str | int]]:
    """Yield the institution and the first and last number of each batch of members, as parameters of a statement."""
    top = connection.execute(sa.text(_TOP), {"institution": institution}).scalar() or 0
    for first in range(1, top + 1, BATCH):
        yield {"institution": institution, "first": first, "last": first + BATCH - 1}


_TOP = "SELECT max(number) FROM member WHERE member.institution = :institution"


def put(
    connection: sa.Connection,
    institution: str,
    table: str,
    types: Mapping[str, str],
    rows: Sequence[tuple[object, ...]],
) -> None:
    """Write one column of many rows: ``types`` has it, then the columns of the key, and the ``rows`` have their values."""
    if not rows:
        return
    value, *key = types
    if connection.dialect.name == "sqlite":
        found = " AND ".join(f"{name} = ?" for name in key)
        statement = f"UPDATE {table} SET {value} = ? WHERE {found} AND {table}.institution = ?"  # noqa: S608
        connection.exec_driver_sql(statement, [(*row, institution) for row in rows])
        return
    new = [f"new_{name}" for name in types]
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in zip(new, types.values(), strict=True))
    found = " AND ".join(f"{table}.{name} = new_{name}" for name in key)
    statement = f"UPDATE {table} SET {value} = new_{value} FROM unnest({arrays}) AS new ({', '.join(new)})"  # noqa: S608
    columns: dict[str, object] = dict(zip(new, map(list, zip(*rows, strict=True)), strict=True))
    where = f"WHERE {table}.institution = :institution AND {found}"
    connection.execute(sa.text(f"{statement} {where}"), columns | {"institution": institution})


def parts(connection: sa.Connection, table: str) -> list[str]:
    """Return the tables that hold the rows of a table on PostgreSQL: its partitions, or the table itself. Quoted if needed."""
    return list(connection.execute(sa.text(_PARTS), {"name": table}).scalars())


_PARTS = """SELECT relid::regclass::text FROM pg_partition_tree(to_regclass(:name)) WHERE isleaf
UNION SELECT :name WHERE NOT EXISTS (SELECT FROM pg_partition_tree(to_regclass(:name))) ORDER BY 1"""
