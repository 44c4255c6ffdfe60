"""Checks that hold for any ledger at any time. They read the database without the program where possible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from seatsync.ledger.database import Ledger
from seatsync.ledger.verification.verify import verify
from tests.support.databases import NAMES, looking_into


def rows(connection: Connection, table: str, institution: str = "grace") -> list[dict[str, Any]]:
    """All rows of one institution, in no particular order."""
    query = text(f"SELECT * FROM {table} WHERE institution = :institution")
    return [dict(row) for row in connection.execute(query, {"institution": institution}).mappings()]


def everything(location: str) -> dict[str, list[str]]:
    """All rows of all tables, for comparison; nothing for a missing file."""
    if "://" not in location and not Path(location).exists():
        return {}
    with looking_into(location) as connection:
        return {table: sorted(map(repr, connection.execute(text(f"SELECT * FROM {table}")))) for table in NAMES}


def must_be_sound(location: str, institution: str = "grace") -> None:
    """Check that journal, tables and letters agree, that no library uses more seats than it has, and that nobody holds the lock."""
    ledger = Ledger(location)
    with ledger.reading() as reading:
        assert reading is not None
        assert verify(reading, institution).faults == []
    with looking_into(location) as connection:
        must_fit(connection, institution)
    assert ledger.holder(institution) is None
    assert ledger.holder("") is None
    assert not Path(f"{location}-holder").exists()


def must_fit(connection: Connection, institution: str = "grace") -> None:
    """Check that no library uses more seats than it has."""
    query = text(
        "SELECT library.id, library.slots, count(license.kind) AS used FROM library LEFT JOIN license"
        " ON license.institution = library.institution AND license.library = library.id AND license.kind <> 'none'"
        " WHERE library.institution = :institution GROUP BY library.id, library.slots"
    )
    overfull = [row for row in connection.execute(query, {"institution": institution}) if row.used > row.slots]
    assert overfull == []
