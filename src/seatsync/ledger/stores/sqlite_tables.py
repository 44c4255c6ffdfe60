"""The tables in a SQLite file: create them all at once, and check that there is nothing else."""

from __future__ import annotations

from sqlalchemy import Connection

from seatsync.ledger.stores.sqlite_file import THINGS, tables_among
from seatsync.ledger.tables import REVISIONS, metadata

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


def make_tables(connection: Connection) -> None:
    """Create all tables in the newest revision, in a file without tables. Faster than migrations, as every test does it."""
    metadata.create_all(connection)
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (REVISIONS[-1],))
    tell_statistics(connection)


def tell_statistics(connection: Connection) -> None:
    """Write statistics for SQLite's planner: how many rows each index finds."""
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # creates the table of statistics
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", list(_STATISTICS))


def table_names(connection: Connection) -> set[str]:
    """Return the tables of a file.

    Raises:
        LedgerError: the file has triggers or views, which would act whenever seatsync reads or writes.
    """
    return tables_among(connection.exec_driver_sql(THINGS))
