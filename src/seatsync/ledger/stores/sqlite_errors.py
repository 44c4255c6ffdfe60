"""What the errors of SQLite mean."""

from __future__ import annotations

import sqlite3

from seatsync.ledger.failures import Cure, Meaning

_LOCKED = Meaning("is locked: another seatsync is writing to it.", "Wait until it is done, then try again.", Cure.RETRY)
_BY_WORD = {
    "no such": Meaning(
        "has other tables than this version needs: somebody has changed them.",
        "Look at what differs with `seatsync verify`, and restore the ledger from a backup.",
    ),
    "not a database": Meaning("is not a database.", "Name the right file with --ledger, or restore it from a backup."),
    "malformed": Meaning("is damaged.", "Restore it from a backup."),
    "locked": _LOCKED,
    "readonly": Meaning(
        "can't be written to: file, folder or disk are read-only.", "Make them writable. Nothing was changed."
    ),
    "unable to open": Meaning(
        "can't be opened: the folder is missing, or may not be read or written.", "Check the path and the permissions."
    ),
    "is full": Meaning("can't grow: the disk is full.", "Free some disk space. Nothing was changed.", Cure.TIME),
    "disk I/O": Meaning(
        "can't be read or written: the disk reports an error.",
        "Check the disk, then plan again: the change was made completely or not at all.",
        Cure.TIME,
    ),
}


def meaning(error: Exception) -> Meaning:
    """What an error of SQLite means, also one inside an error of SQLAlchemy."""
    if is_busy(error):
        return _LOCKED
    for word, known in _BY_WORD.items():
        if word in str(error):
            return known
    first = (str(getattr(error, "orig", error)).splitlines() or [type(error).__name__])[0]
    return Meaning(f"can't be used: {first.rstrip('.')}.", "Check the file and the disk, or restore a backup.")


def is_busy(error: Exception) -> bool:
    """Whether somebody else uses the file at this moment, so that a retry can help."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
