"""The file of a SQLite ledger: checked before SQLite opens it, created atomically, with a note of who is writing to it.

The ledger may lie in a checkout of somebody's pull request, which may have put links or other things under the file's names.
Nothing is read or written through them.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from seatsync.domain.text.characters import printable
from seatsync.ledger.failures import LedgerError

DURABLE = "PRAGMA synchronous=FULL"
"""With this, what was committed survives a power cut."""
LOOKING = ("PRAGMA query_only=ON", "BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1")
"""Begin one unchanging view of the ledger, on a connection that cannot write."""
THINGS = "SELECT name, type, sql LIKE 'CREATE TABLE %' FROM sqlite_master WHERE type <> 'index'"
"""What there is in the file, for ``tables_among``."""

_UNTRUSTED = ("PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON", "PRAGMA mmap_size=0")
"""A file may come from elsewhere: its schema may not call functions with side effects, and damage in it is detected."""
_COMPANIONS = ("-wal", "-shm", "-journal")
_MOST_OF_NOTE = 4096


def must_be_usable(path: Path) -> None:
    """Check that the ledger, if it exists, is a regular file that is not empty.

    SQLite takes an empty file for a new database, and throws its write-ahead log away.

    Raises:
        LedgerError: it is a link, empty, or not a regular file.
    """
    try:
        found = path.lstat()
    except OSError:  # SQLite reports the error
        return
    if stat.S_ISLNK(found.st_mode):
        help = "Name the file that the link leads to with --ledger. Or delete the link, and find out who put it there."
        raise LedgerError(f"The ledger {path} is a link, which could lead anywhere.", help)
    if not stat.S_ISREG(found.st_mode):
        raise LedgerError(f"The ledger {path} is not an ordinary file.", "Name the right file with --ledger.")
    companions = [path.with_name(path.name + suffix) for suffix in _COMPANIONS]
    if link := next((other for other in companions if other.is_symlink()), None):
        help = "Delete the link, and find out who put it there."
        raise LedgerError(f"{link} is a link, which SQLite would write to.", help)
    if not found.st_size:
        kept = f" Keep {companions[0].name}: it may have the latest changes." if companions[0].exists() else ""
        message = f"The ledger {path} is empty (0 bytes). A copy may have failed, or the disk was full."
        help = f"Restore it from the backup.{kept} Delete the file only if you want a new ledger without any licenses."
        raise LedgerError(message, help)


def connect(path: Path, mode: str, check_same_thread: bool = True) -> sqlite3.Connection:
    """Open the file by the driver, in autocommit mode; the ``mode`` is that of an address (``mode=rw``)."""
    uri = f"file:{quote(str(path))}?{mode}"
    file = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=2, check_same_thread=check_same_thread)
    for setting in _UNTRUSTED:
        file.execute(setting)
    return file


def tables_among(found: Iterable[Sequence[Any]]) -> set[str]:
    """The tables among the ``THINGS`` of a file.

    Raises:
        LedgerError: the file has triggers or views, which would act whenever seatsync reads or writes.
    """
    things = [*found]
    if acting := [f"{kind} {name}" for name, kind, is_table in things if not is_table]:
        fact = f"The ledger has parts that seatsync did not create and that act when it is used: {', '.join(acting)}."
        raise LedgerError(
            printable(fact, 500), "Restore it from a backup, or ask who changed it. Nothing was read or written."
        )
    return {name for name, _, _ in things if not name.startswith("sqlite_")}


def make(path: Path) -> None:
    """Create a database without tables at ``path``, atomically. One that somebody else has created in the meantime stays."""
    new = path.with_name(f"{path.name}-new-{os.urandom(4).hex()}")
    try:
        uri = f"file:{quote(str(new))}?mode=rwc"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.execute(DURABLE)
            connection.execute("PRAGMA journal_mode=WAL")
        try:
            os.link(new, path)
        except FileExistsError:
            pass
        except OSError:  # a disk without links; there, two who create it at the same moment overwrite each other
            new.rename(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def write_note(path: Path, text: str) -> None:
    """Write a note to a new file, replacing whatever has its name."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
        file.write(text)


def read_note(path: Path) -> str:
    """Return the text of a note.

    Raises:
        OSError, ValueError: there is no readable note.
    """
    flags = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
    with open(os.open(path, os.O_RDONLY | flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError
        return file.read(_MOST_OF_NOTE).decode()
