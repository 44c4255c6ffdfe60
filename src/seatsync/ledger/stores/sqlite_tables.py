"""The tables in a SQLite file: create them all at once, and check that there is nothing else."""

from __future__ import annotations

from sqlalchemy import Connection

from seatsync.ledger.rows import tell_statistics
from seatsync.ledger.stores.sqlite_file import THINGS, tables_among
from seatsync.ledger.tables import REVISIONS, metadata


def make_tables(connection: Connection) -> None:
    """Create all tables in the newest revision, in a file without tables. Faster than migrations, as every test does it."""
    metadata.create_all(connection)
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (REVISIONS[-1],))
    tell_statistics(connection)


def table_names(connection: Connection) -> set[str]:
    """Return the tables of a file.

    Raises:
        LedgerError: the file has triggers or views, which would act whenever seatsync reads or writes.
    """
    return tables_among(connection.exec_driver_sql(THINGS))
