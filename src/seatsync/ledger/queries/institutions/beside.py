"""What is kept on an institution's row beside its journal, for those who know no files: pages and briefings.

It is in no journal, because nothing was done. It belongs to a journal entry, and holds until an entry of certain kinds follows, so that
nobody has to delete it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from seatsync.ledger import tables


def text_beside(connection: Connection, institution: str, column: str) -> str:
    """The text in this column; empty for none."""
    mine = tables.institution.c.institution == institution
    return connection.execute(select(tables.institution.c[column]).where(mine)).scalar() or ""


def keep_beside(connection: Connection, institution: str, column: str, text: str) -> None:
    """Put a text in this column. Call this as the institution's writer."""
    mine = tables.institution.c.institution == institution
    connection.execute(update(tables.institution).where(mine).values({column: text}))


def serial_of(connection: Connection, institution: str) -> int | None:
    """The number of the last journal entry; None if the ledger does not know the institution."""
    columns = tables.institution.c
    serial: int | None = connection.execute(select(columns.serial).where(columns.institution == institution)).scalar()
    return serial


def is_over(connection: Connection, institution: str, serial: int, kinds: Collection[str]) -> bool:
    """Whether an entry of one of these ``kinds`` has followed the entry ``serial``."""
    entry = tables.entry.c
    later = (entry.institution == institution) & (entry.serial > serial) & entry.kind.in_(kinds)
    return connection.execute(select(entry.serial).where(later).limit(1)).first() is not None
