"""What can be wrong with a ledger, told to a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.ledger_addresses import without_secrets


class LedgerError(Failure):
    """The ledger can't be used."""

    exit_code = ExitCode.LEDGER


class AlreadyTaken(LedgerError):
    """The database's constraints forbid what was to be written: somebody else was first."""


class Overtaken(LedgerError):
    """Somebody else's work on the same institution arrived first, and nothing of ours was written."""

    def __init__(self, ledger: object) -> None:
        super().__init__(
            f"The ledger {ledger} is busy: others wrote to it at every try.", "Nothing was changed; try again."
        )


def may_pass(error: DBAPIError) -> bool:
    """Whether the database itself says that trying again can help: 40001, 40P01, or SQLite's BUSY and LOCKED."""
    state, code = getattr(error.orig, "sqlstate", None), getattr(error.orig, "sqlite_errorcode", 0)
    return state in ("40001", "40P01") or code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def as_made(ledger: object, revision: str) -> Iterator[None]:
    """Around what brings tables of this ``revision`` up to date, or makes them (empty).

    Raises:
        LedgerError: what is there is not what a seatsync of that version has made.
    """
    try:
        yield
    except (SQLAlchemyError, TypeError, ValueError, AttributeError, KeyError) as error:
        if isinstance(error, DBAPIError) and not _is_of_shape(error):
            raise
        made = f"a seatsync of its version ({revision})" if revision else "seatsync"
        message = f"{ledger} is not as {made} made it: somebody has changed its tables, or what is in them."
        raise LedgerError(message, "Restore it from a backup; nothing was changed.") from error


def _is_of_shape(error: DBAPIError) -> bool:
    """Whether tables or values are not what a statement was made for: a thing that is missing or there already (42, but for a
    right that is missing), a constraint (23), a value (22); of SQLite ERROR, CONSTRAINT or MISMATCH."""
    state, code = getattr(error.orig, "sqlstate", None) or "", getattr(error.orig, "sqlite_errorcode", 0)
    wrong = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)
    return (state[:2] in ("42", "23", "22") and state != "42501") or code & 0xFF in wrong


@contextmanager
def told(ledger: object, location: str = "") -> Iterator[None]:
    """Turn what the database raises into one line, and what to do. The password and the options in ``location`` are in none of it,
    nor in the errors that led to it, which ``--debug`` shows.

    Raises:
        LedgerError: in place of any error of the database or its driver.
    """
    try:
        yield
    except DBAPIError as error:
        _hush(error, location)
        kind = AlreadyTaken if isinstance(error, IntegrityError) else LedgerError
        raise kind(*_plain(ledger, error.orig or error)) from error
    except ArgumentError:  # it quotes the address
        help = "Give as many ports as hosts, or one: ?host=one:5432&host=two:5432."
        raise LedgerError(f"The ledger {ledger} has servers or ports that can't be understood.", help) from None
    except sqlite3.Error as error:
        raise LedgerError(*_plain(ledger, error)) from error
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        message = f"The ledger {ledger} needs the Python package psycopg, which is not installed."
        raise LedgerError(message, "Install it: pip install 'seatsync[postgres]'.") from error


_WHOLE = "Nothing was changed; try again, or let whoever looks after the database give the role more time."

_BY_STATE = {
    "25006": ("is read-only.", "Name the primary server, not a replica."),
    "28000": ("refuses this user.", "Check user and password in SEATSYNC_LEDGER."),
    "28P01": ("refuses this user or password.", "Check user and password in SEATSYNC_LEDGER."),
    "3D000": ("is not there: the server has no such database.", "Make it with createdb, or correct the name."),
    "40001": ("is busy: others wrote to it at every try.", "Nothing was changed; try again."),
    "40P01": ("is busy: others wrote to it at every try.", "Nothing was changed; try again."),
    "42501": (
        "does not let this role do that; it may be bound to another institution, or read only.",
        "Use the role that was made for it, or give it its rights again with roles.sql (docs/ledger.md); nothing was changed.",
    ),
    "25P03": ("ended the transaction: it was idle for longer than this role may let it be.", _WHOLE),
    "25P04": ("ended the transaction: it took longer than this role may take.", _WHOLE),
    "55P03": (
        "is locked: somebody has locked a table of it as a whole.",
        "Try again; docs/ledger.md shows how to find out who.",
    ),
    "57014": ("ended a statement: it took longer than this role may take, or somebody stopped it.", _WHOLE),
    "53100": ("can't grow: the server's disk is full.", "Make room; nothing was changed."),
    "53300": ("takes no more connections.", "Try again, or lower --jobs."),
}

_BY_WORD = (
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
    (
        "disk I/O",
        "can't be read or written: the disk reports an error.",
        "Check the disk. What was being done is whole or not done at all: plan again to see which.",
    ),
    (
        "the connection is lost",
        "broke the connection.",
        "An apply is whole or not at all: plan again to see which.",
    ),
    (
        "server closed the connection",
        "broke the connection.",
        "An apply is whole or not at all: plan again to see which.",
    ),
    (
        "terminating connection",
        "ended the connection.",
        "An apply is whole or not at all: plan again to see which.",
    ),
)


def _hush(error: BaseException, location: str) -> None:
    """Drivers quote what they were told."""
    known, left = set[int](), [error]
    while left:
        one = left.pop()
        known.add(id(one))
        one.args = tuple(without_secrets(arg, location) if isinstance(arg, str) else arg for arg in one.args)
        causes = (one.__cause__, one.__context__, getattr(one, "orig", None))
        left += [cause for cause in causes if cause is not None and id(cause) not in known]


def _plain(ledger: object, error: BaseException) -> tuple[str, str]:
    """The message and the help for an error of a database or its driver."""
    if known := _BY_STATE.get(getattr(error, "sqlstate", None) or ""):
        return f"The ledger {ledger} {known[0]}", known[1]
    for mark, said, help in _BY_WORD:
        if mark in str(error):
            return f"The ledger {ledger} {said}", help
    first = (str(error).splitlines() or [type(error).__name__])[0]
    help = "Check the host, the port, the database's name, the user and the password in --ledger or SEATSYNC_LEDGER."
    return f"The ledger {ledger} can't be reached: {first.rstrip('.')}.", help
