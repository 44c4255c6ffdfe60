"""The file of a ledger in SQLite: looked at before SQLite opens it, made whole or not at all, and the note of who writes to it.

The ledger lies where a proposal may have put other things under its names: nothing is read or written through them.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

from seatsync.ledger.failures import LedgerError

_BESIDE = ("-wal", "-shm", "-journal")
_MOST_OF_NOTE = 4096


def must_be_usable(path: Path) -> None:
    """See that what has the ledger's name is a file itself, with something in it, if anything.

    SQLite takes an empty file for a new database, and throws away what was written beside it.

    Raises:
        LedgerError: it is something else.
    """
    try:
        found = path.lstat()
    except OSError:  # SQLite says what is wrong with it
        return
    if stat.S_ISLNK(found.st_mode):
        help = "Name the file that it leads to with --ledger; or delete the link, and see who put it there."
        raise LedgerError(f"The ledger {path} is a link, which could lead anywhere.", help)
    if not stat.S_ISREG(found.st_mode):
        raise LedgerError(f"The ledger {path} is no ordinary file.", "Name the right file with --ledger.")
    beside = [path.with_name(path.name + suffix) for suffix in _BESIDE]
    if link := next((other for other in beside if other.is_symlink()), None):
        raise LedgerError(f"{link} is a link, which SQLite would write to.", "Delete it; see who put it there.")
    if not found.st_size:
        kept = f" Keep {beside[0].name}, which may hold what was written last." if beside[0].exists() else ""
        message = f"The ledger {path} is empty (0 bytes), as a copy that failed or a full disk leaves it."
        help = f"Restore it from the backup.{kept} Only where a new ledger is meant, without what anybody holds: delete the file."
        raise LedgerError(message, help)


def make(path: Path) -> None:
    """Put a database without tables at ``path``. Who is killed meanwhile has left none; one that is there by then stays."""
    new = path.with_name(f"{path.name}-new-{token_hex(4)}")
    try:
        place = f"file:{quote(str(new))}?mode=rwc"
        with closing(sqlite3.connect(place, uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        try:
            os.link(new, path)
        except FileExistsError:
            pass
        except OSError:  # a disk without links; two who are first at the same moment would lose one another there
            new.rename(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def write_note(path: Path, text: str) -> None:
    """Leave a note in a file of its own, in place of whatever has its name."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
        file.write(text)


def read_note(path: Path) -> str:
    """What the note says.

    Raises:
        OSError, ValueError: there is none.
    """
    flags = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
    with open(os.open(path, os.O_RDONLY | flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError
        return file.read(_MOST_OF_NOTE).decode()
