"""A ledger in a SQLite file: one institution, one writer at a time, readers who never wait (WAL)."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from seatsync.ledger.failures import LedgerError, may_pass
from seatsync.ledger.lock import Holder, Patience
from seatsync.ledger.stores.sqlite_file import make, must_be_usable, read_note, write_note
from seatsync.ledger.stores.sqlite_tables import make_tables, table_names
from seatsync.ledger.stores.store import Opening, whole

FILE = "seatsync.db"

_UNTRUSTED = ("PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON", "PRAGMA mmap_size=0")
"""A file may come from elsewhere. Nothing that its schema says calls a function that does more than compute, and damage in it is
noticed instead of followed."""

_LOOKING = ("PRAGMA query_only=ON", "BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1")
_NETWORK = (
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gpfs", "beegfs"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.rclone"),
)


def open_store(location: str, opening: Opening) -> SqliteFile:
    """The store at a path, or at ``sqlite:///path``.

    Raises:
        LedgerError: it is no place for a file.
    """
    name = location if "://" not in location else make_url(location).database
    if not name or name == ":memory:":
        raise LedgerError("A ledger in memory would be lost at once.", f"Name a file: sqlite:///{FILE}.")
    path = Path(name)
    if path.is_dir():
        raise LedgerError(f"The ledger {path} is a folder, not a file.", f"Name the file: {path / FILE}.")
    if not path.parent.is_dir():
        raise LedgerError(f"The folder of the ledger {path} is missing.", "Correct --ledger, or make the folder.")
    return SqliteFile(path, opening.kept)


class SqliteFile:
    """A file at ``path``. Every connection is in autocommit mode; transactions are begun and ended here.

    ``kept`` connections stay open between uses, as long as the file is the same one.
    """

    is_pushed = False

    def __init__(self, path: Path, kept: int = 0) -> None:
        self.path = path
        self.kept = kept
        self._engines: dict[str, Engine] = {}

    def __str__(self) -> str:
        return str(self.path)

    def refresh(self) -> None:
        """Every connection sees what is there."""

    def is_there(self) -> bool:
        return os.path.lexists(self.path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of the ledger, without a lock. Writes nothing; what a killed writer left is recovered."""
        with ExitStack() as open_until_done:
            try:
                connection = open_until_done.enter_context(self._connect("mode=rw", *_LOOKING))
            except DBAPIError as error:
                if "unable to open" not in str(error.orig) or self._beside("-wal").exists():
                    raise
                # A folder that is read-only: nobody else can write there either.
                connection = open_until_done.enter_context(self._connect("mode=ro&immutable=1", *_LOOKING))
            yield connection

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection that may write, outside of a transaction; makes the file where there is none."""
        must_be_usable(self.path)
        if kind := network_disk(self.path):
            help = "Move it to a local disk, or use PostgreSQL: SQLite can't lock files safely across machines."
            raise LedgerError(f"The ledger {self} lies on a network disk ({kind}).", help)
        # FULL: what was acknowledged survives a power cut. secure_delete: what is erased leaves the file.
        cache = f"PRAGMA cache_size=-{8_192 if self.kept else 131_072}"
        if not (self.kept or self.is_there()):
            make(self.path)
        with self._connect("mode=rw", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON", cache) as connection:
            yield connection

    @contextmanager
    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, patience: Patience
    ) -> Iterator[None]:
        """A transaction, begun as the only one that writes to the file."""
        # WAL: readers go on reading while somebody writes.
        patience.wait(self, lambda: _begin(connection, "PRAGMA journal_mode=WAL"), self._note)
        note = self._beside("-holder")
        with suppress(OSError):  # it is for people who wait, and no reason to fail
            write_note(note, json.dumps(asdict(holder)))
        try:
            with whole(connection):
                yield
        finally:
            with suppress(OSError):
                note.unlink(missing_ok=True)

    def table_names(self, connection: Connection) -> set[str]:
        """The file's tables, looked at each time: somebody may have put another file in its place, or something into it.

        Raises:
            LedgerError: there is more in it: a trigger or a view would act in our name, whatever we read or write.
        """
        return table_names(connection)

    def make_tables(self, connection: Connection) -> None:
        make_tables(connection)

    def holder(self, institution: str) -> Holder | None:
        """Who writes now; nobody where the file can't be written to."""
        with self._connect("mode=rw") as connection:
            try:
                if _begin(connection):
                    connection.exec_driver_sql("ROLLBACK")
                    return None
            except DBAPIError:
                return None
        return self._note() or Holder("another program", "this or another machine", 0, "an unknown time")

    def unlock(self, institution: str, holder: Holder) -> None:
        """SQLite's lock is the process: it ends with it, and only with it."""
        if not holder.process:
            help = f"Find it with `fuser {self}` or `lsof {self}`, and end it: the lock goes with it."
            raise LedgerError(f"The ledger {self} is locked by a program that did not leave its name.", help)
        help = f"On {holder.host}: kill {holder.process}. The lock goes with it, and nothing is applied by halves."
        raise LedgerError(f"The ledger {self} is locked by process {holder.process} on {holder.host}.", help)

    def scrub(self) -> tuple[str, str]:
        """Write the file anew, and empty what was written beside it, if nobody reads it."""
        with self.connected() as connection:
            connection.exec_driver_sql("VACUUM")
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if not busy:
            return "", ""
        stays = f"{self} is being read, so the old bytes stay in its files until that has ended."
        return stays, "They go when the last program that has it open closes it."

    def _note(self) -> Holder | None:
        try:
            return Holder(**json.loads(read_note(self._beside("-holder"))))
        except (OSError, ValueError, TypeError):
            return None

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    @contextmanager
    def _connect(self, mode: str, *statements: str) -> Iterator[Connection]:
        must_be_usable(self.path)
        with self._engine(mode, statements[0] if statements else "").connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            yield connection

    def _engine(self, mode: str, purpose: str) -> Engine:
        """One for each use, or, where connections are kept, for each purpose: those that can't write stay apart."""

        def connect() -> Any:
            place = f"file:{quote(str(self.path))}?{mode}"
            file = sqlite3.connect(place, uri=True, isolation_level=None, timeout=2, check_same_thread=not self.kept)
            for setting in _UNTRUSTED:
                file.execute(setting)
            return file

        if not self.kept:
            return create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
        name = f"{mode} {purpose}"
        if name not in self._engines:
            pool = QueuePool(connect, pool_size=self.kept, max_overflow=self.kept)
            event.listen(pool, "connect", lambda connection, record: record.info.update(file=self._identity()))
            event.listen(pool, "checkout", self._must_be_the_same)
            self._engines[name] = create_engine("sqlite://", pool=pool, hide_parameters=True)
        return self._engines[name]

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _must_be_the_same(self, connection: object, record: ConnectionPoolEntry, proxy: object) -> None:
        """Another file may have been put in the place of the one that a kept connection still has open.

        Raises:
            DisconnectionError: so it is; SQLAlchemy opens a new connection.
        """
        if record.info["file"] != self._identity():
            raise DisconnectionError

    def close(self) -> None:
        """Close the connections that were kept."""
        for engine in self._engines.values():
            engine.dispose()


def _begin(connection: Connection, *before: str) -> bool:
    """Whether the write lock could be had at once."""
    try:
        for statement in ("PRAGMA busy_timeout=0", *before, "BEGIN IMMEDIATE"):
            connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if may_pass(error):
            return False
        raise
    return True


def network_disk(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of network file system that ``path`` lies on, as the system's table of mounts says; empty for none."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place, best, kind = path.absolute().resolve(), -1, ""
    for _, point, found, *_ in (line.split(" ") for line in lines if line.count(" ") > 2):
        where = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point))
        if len(where.parts) > best and place.is_relative_to(where):
            best, kind = len(where.parts), found
    return kind if kind in _NETWORK else ""
