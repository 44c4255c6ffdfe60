"""Opening a ledger: where it is, whether it is one, and transactions on it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from seatsync.ledger.tables import REVISIONS

FILE = "seatsync.db"


class LedgerError(Exception):
    """The ledger can't be used. The message is one line for a person, ``help`` what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


class Ledger:
    """A ledger that may not be there yet: reading never makes one, writing does.

    ``location`` is a path or a SQLAlchemy URL.

    Raises:
        LedgerError: the location can't be understood.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self.path = _sqlite_path(location)

        if self.path is not None and self.path.is_dir():
            raise LedgerError(f"The ledger {self} is a folder, not a file.", f"Name the file: {self.path / FILE}.")
        if self.path is not None and not self.path.parent.is_dir():
            raise LedgerError(f"The folder of the ledger {self} is missing.", "Correct --ledger, or make the folder.")

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """A connection that can't write, or None where there is no ledger yet."""
        with self._told():
            if self.path is not None and not self.path.exists():
                yield None
                return
            engine = self._engine(writable=False)
            try:
                with engine.begin() as connection:
                    yield connection if self._is_ready(connection) else None
            finally:
                engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in one transaction, on a ledger that is made or brought up to date where needed."""
        with self._told():
            engine = self._engine(writable=True)
            try:
                with engine.begin() as connection:
                    if not self._is_ready(connection):
                        _migrate(connection)
                    yield connection
            finally:
                engine.dispose()

    def __str__(self) -> str:
        return str(self.path) if self.path is not None else make_url(self.location).render_as_string(hide_password=True)

    def _engine(self, writable: bool) -> Engine:
        if self.path is None:
            return create_engine(self.location, poolclass=NullPool)
        path = self.path
        # A killed apply leaves a journal behind, which only a connection that may write can roll back.
        unfinished = path.with_name(path.name + "-journal").exists()
        mode = "rwc" if writable else "rw" if unfinished else "ro"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None)

        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
        begin = "BEGIN IMMEDIATE" if writable else "BEGIN"
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    def _is_ready(self, connection: Connection) -> bool:
        """Whether the tables are there and of this version; False where there are none."""
        tables = set(inspect(connection).get_table_names())
        if not tables or tables == {"alembic_version"}:
            return False
        if "alembic_version" not in tables:
            raise LedgerError(
                f"{self} is a database, but not a ledger of seatsync.", "Name the right one with --ledger."
            )
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if revision not in REVISIONS:
            message = f"{self} was written by a newer seatsync (ledger {revision}, this one knows {REVISIONS[-1]})."
            raise LedgerError(message, "Install the newer version: pip install --upgrade seatsync.")
        return bool(revision == REVISIONS[-1])

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _plain(self, str(error.orig)) from error
        except sqlite3.Error as error:
            raise _plain(self, str(error)) from error
        except ModuleNotFoundError as error:
            help = f"Install the driver {error.name}, or use a SQLite file."
            raise LedgerError(f"{self} needs the Python package {error.name}, which is not installed.", help) from error


def _sqlite_path(location: str) -> Path | None:
    if re.match(r"(sqlite|file|postgres\w*)(\+\w+)?:(?!//)", location):
        raise LedgerError(f"The ledger {location} can't be understood.", "Write a path, or sqlite:///path.")
    if "://" not in location:
        return Path(location)
    try:
        url = make_url(location)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        message = f"The ledger {location.split('://')[0]}://… can't be understood."
        raise LedgerError(message, "Write a path, or sqlite:///path.") from error
    except ModuleNotFoundError as error:
        raise LedgerError(f"This ledger needs the Python package {error.name}.", f"Install {error.name}.") from error
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise LedgerError("A ledger in memory would be lost at once.", "Name a file: sqlite:///seatsync.db.")
    return Path(url.database)


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "seatsync:ledger/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


_PLAIN = (
    ("not a database", "is not a database.", "Name the right file with --ledger, or restore it from a backup."),
    ("malformed", "is damaged.", "Restore it from a backup."),
    ("locked", "is locked: another seatsync is writing to it.", "Wait until it is done, then try again."),
    (
        "readonly",
        "can't be written to: file, folder or disk are read-only.",
        "Make them writable; nothing was changed.",
    ),
    (
        "unable to open",
        "can't be opened: the folder is missing, or may not be read or written.",
        "Check the path and the permissions.",
    ),
    ("is full", "can't grow: the disk is full.", "Make room; nothing was changed."),
    ("disk I/O", "can't be read or written: the disk reports an error.", "Check the disk; nothing was changed."),
)


def _plain(ledger: Ledger, error: str) -> LedgerError:
    for mark, said, help in _PLAIN:
        if mark in error:
            return LedgerError(f"The ledger {ledger} {said}", help)
    return LedgerError(f"The ledger {ledger} can't be reached: {error.splitlines()[0]}.", "See --debug for more.")
