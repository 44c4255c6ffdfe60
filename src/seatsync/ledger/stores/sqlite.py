"""A ledger in a SQLite file: one institution, one writer at a time, and readers that never wait (WAL)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, Pool, QueuePool
from sqlalchemy.util import LRUCache

from seatsync.ledger.failures import LedgerError, Meaning
from seatsync.ledger.lock import Holder, LockWait
from seatsync.ledger.stores import sqlite_errors, sqlite_file
from seatsync.ledger.stores.sqlite_file import DURABLE, LOOKING, make, must_be_usable, read_note, write_note
from seatsync.ledger.stores.sqlite_tables import make_tables, table_names
from seatsync.ledger.stores.store import Opening, committing

FILE = "seatsync.db"

_NETWORK = (
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gpfs", "beegfs"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.rclone"),
)


def open_store(location: str, opening: Opening) -> SqliteFile:
    """The store at a path, or at ``sqlite:///path``.

    Raises:
        LedgerError: there can be no file at that path.
    """
    name = location if "://" not in location else make_url(location).database
    if not name or name == ":memory:":
        raise LedgerError("A ledger in memory would be lost at once.", f"Name a file: sqlite:///{FILE}.")
    path = Path(name)
    if path.is_dir():
        raise LedgerError(f"The ledger {path} is a folder, not a file.", f"Name the file: {path / FILE}.")
    if not path.parent.is_dir():
        raise LedgerError(f"The folder of the ledger {path} is missing.", "Correct --ledger, or create the folder.")
    return SqliteFile(path, opening.pool_size)


class SqliteFile:
    """A file at ``path``. Every connection is in autocommit mode; transactions begin and end here.

    ``pool_size`` connections stay open between uses, as long as the file is not replaced.
    """

    is_pushed = False
    is_shared = False

    def __init__(self, path: Path, pool_size: int = 0) -> None:
        self.path = path
        self.pool_size = pool_size
        self._engines: dict[str, Engine] = {}

    def __str__(self) -> str:
        return str(self.path)

    def meaning(self, error: Exception) -> Meaning:
        return sqlite_errors.meaning(error)

    def budget(self) -> None:
        """Return None: nobody counts connections to a file."""

    def refresh(self) -> None:
        """Do nothing: every connection sees the current state."""

    def is_there(self) -> bool:
        return os.path.lexists(self.path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of the ledger, without a lock. Writes nothing, but recovers after a killed writer."""
        with ExitStack() as open_until_done:
            try:
                connection = open_until_done.enter_context(self._connect("mode=rw", *LOOKING))
            except DBAPIError as error:
                if "unable to open" not in str(error.orig) or self._companion("-wal").exists():
                    raise
                # The folder is read-only, so nobody else can write there either.
                connection = open_until_done.enter_context(self._connect("mode=ro&immutable=1", *LOOKING))
            yield connection

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection that may write, outside of a transaction. Creates the file where there is none."""
        must_be_usable(self.path)
        if kind := network_disk(self.path):
            help = "Move it to a local disk, or use PostgreSQL: SQLite can't lock files safely across machines."
            raise LedgerError(f"The ledger {self} is on a network disk ({kind}).", help)
        # FULL: commits survive a power cut. secure_delete: erased data is overwritten in the file.
        cache = f"PRAGMA cache_size=-{8_192 if self.pool_size else 131_072}"
        if not (self.pool_size or self.is_there()):
            make(self.path)
        with self._connect("mode=rw", DURABLE, "PRAGMA secure_delete=ON", cache) as connection:
            yield connection

    @contextmanager
    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, lock_wait: LockWait
    ) -> Iterator[None]:
        """A transaction as the only writer of the file."""
        # WAL: readers go on reading while somebody writes.
        lock_wait.wait(self, lambda: _begin(connection, "PRAGMA journal_mode=WAL"), self._note)
        note = self._companion("-holder")
        with suppress(OSError):  # the note is only for people who wait
            write_note(note, json.dumps(asdict(holder)))
        try:
            with committing(connection):
                yield
        finally:
            with suppress(OSError):
                note.unlink(missing_ok=True)

    def table_names(self, connection: Connection) -> set[str]:
        """The file's tables, read each time: somebody may have replaced or changed the file.

        Raises:
            LedgerError: the file has triggers or views, which would act whenever seatsync reads or writes.
        """
        return table_names(connection)

    def make_tables(self, connection: Connection) -> None:
        make_tables(connection)

    def migrate(self, connection: Connection, revision: str, tell: Callable[[str], None]) -> None:
        """Run the migrations in the open transaction: the file has one writer, and readers see it as it was."""
        from seatsync.ledger.stores.migrate import migrate

        migrate(connection, revision)

    def holder(self, institution: str) -> Holder | None:
        """Return who is writing now; None where nobody is, or where the file can't be written to."""
        with self._connect("mode=rw") as connection:
            try:
                if _begin(connection):
                    connection.exec_driver_sql("ROLLBACK")
                    return None
            except DBAPIError:
                return None
        return self._note() or Holder("another program", "this or another machine", 0, "an unknown time")

    def holders(self, connection: Connection) -> dict[str, Holder]:
        """Return who is writing now."""
        holder = self.holder("")
        return {"": holder} if holder is not None else {}

    def unlock(self, institution: str, holder: Holder) -> None:
        """Say how to end the process: SQLite's lock ends only with its process."""
        if not holder.process:
            help = f"Find it with `fuser {self}` or `lsof {self}`, and end it. That releases the lock."
            raise LedgerError(f"The ledger {self} is locked by an unknown program.", help)
        help = f"On {holder.host}: kill {holder.process}. That releases the lock, and nothing is half applied."
        raise LedgerError(f"The ledger {self} is locked by process {holder.process} on {holder.host}.", help)

    def scrub(self) -> tuple[str, str]:
        """Rewrite the file, and empty its write-ahead log if nobody is reading."""
        with self.connected() as connection:
            connection.exec_driver_sql("VACUUM")
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if not busy:
            return "", ""
        remains = f"{self} is being read, so the erased data stays in its files for now."
        return remains, "Close every program that has the ledger open. Then the erased data is gone."

    def _note(self) -> Holder | None:
        try:
            return Holder(**json.loads(read_note(self._companion("-holder"))))
        except (OSError, ValueError, TypeError):
            return None

    def _companion(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    @contextmanager
    def _connect(self, mode: str, *statements: str) -> Iterator[Connection]:
        must_be_usable(self.path)
        with self._engine(mode, statements[0] if statements else "").connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            yield connection

    def _engine(self, mode: str, purpose: str) -> Engine:
        """An engine for each purpose, so that read-only connections stay apart where connections are kept."""

        def connect() -> Any:
            return sqlite_file.connect(self.path, mode, check_same_thread=not self.pool_size)

        name = f"{mode} {purpose}"
        if name not in self._engines:
            pool = self._kept(connect) if self.pool_size else NullPool(connect)
            options = {"compiled_cache": _COMPILED}
            engine = create_engine("sqlite://", pool=pool, hide_parameters=True, execution_options=options)
            engine.dialect = _dialect()
            self._engines[name] = engine
        return self._engines[name]

    def _kept(self, connect: Callable[[], Any]) -> Pool:
        pool = QueuePool(connect, pool_size=self.pool_size, max_overflow=self.pool_size)
        event.listen(pool, "connect", lambda connection, record: record.info.update(file=self._identity()))
        event.listen(pool, "checkout", self._must_be_the_same)
        return pool

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _must_be_the_same(self, connection: object, record: ConnectionPoolEntry, proxy: object) -> None:
        """Check that the file of a kept connection was not replaced.

        Raises:
            DisconnectionError: it was replaced; SQLAlchemy opens a new connection.
        """
        if record.info["file"] != self._identity():
            raise DisconnectionError

    def close(self) -> None:
        """Close the kept connections."""
        for engine in self._engines.values():
            engine.dispose()


_COMPILED: LRUCache[Any, Any] = LRUCache(1_000)
"""The compiled statements of all files: a command for many institutions would spend a quarter of its time compiling them for each."""


@cache
def _dialect() -> Dialect:
    """The dialect of all files, which knows the version of SQLite; statements are compiled for one dialect."""
    engine = create_engine("sqlite://")
    engine.connect().close()
    return engine.dialect


def _begin(connection: Connection, *before: str) -> bool:
    """Begin a transaction with the write lock, and return whether the lock was free."""
    try:
        for statement in ("PRAGMA busy_timeout=0", *before, "BEGIN IMMEDIATE"):
            connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if sqlite_errors.is_busy(error):
            return False
        raise
    return True


def network_disk(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of network file system that ``path`` is on, from the system's table of mounts; empty for none."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    target, longest, kind = path.absolute().resolve(), -1, ""
    for _, point, found, *_ in (line.split(" ") for line in lines if line.count(" ") > 2):
        where = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point))
        if len(where.parts) > longest and target.is_relative_to(where):
            longest, kind = len(where.parts), found
    return kind if kind in _NETWORK else ""
