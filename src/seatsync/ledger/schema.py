"""How tables are made, and the metadata that all of them are in. Ask ``tables`` for it: there it is complete."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, MetaData, String, Table, Text

metadata = MetaData()


def table(name: str, *columns: Column[Any], comment: str | None = None) -> Table:
    """Of SQLite a tree by its key; rows found by their number, and the number by the key, would take twice the time."""
    return Table(name, metadata, *columns, comment=comment, sqlite_with_rowid=False)


def text_column(name: str, length: int | None = None) -> Column[str]:
    """A column of text, never NULL; of at most ``length`` characters where one is given."""
    return Column(name, String(length) if length else Text, nullable=False)
