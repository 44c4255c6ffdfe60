"""Errors of a ledger, in words for people."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError

from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.ledger_addresses import without_secrets


class LedgerError(Failure):
    """The ledger can't be used. ``is_temporary``: it may be usable later without anybody changing anything here."""

    exit_code = ExitCode.LEDGER
    is_temporary = False


class AlreadyTaken(LedgerError):
    """A constraint of the database forbids the write: somebody else was faster."""


class Locked(LedgerError):
    """Somebody else writes to the institution, for longer than we waited."""

    is_temporary = True


class Overtaken(LedgerError):
    """Somebody else wrote to the same institution first, so nothing of ours was written."""

    is_temporary = True

    def __init__(self, ledger: object) -> None:
        super().__init__(
            f"The ledger {ledger} is busy: others wrote to it on every try.", "Try again. Nothing was changed."
        )


def may_pass(error: DBAPIError) -> bool:
    """Whether the database says that a retry can help: 40001, 40P01, or SQLite's BUSY and LOCKED."""
    state, code = getattr(error.orig, "sqlstate", None), getattr(error.orig, "sqlite_errorcode", 0)
    return state in ("40001", "40P01") or code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


_TEMPORARY_STATES = ("08", "40", "53", "57", "58", "25006", "25P03", "25P04", "55P03")
"""SQLSTATEs, or their classes: a lost connection, a retry, no room, a stop, the disk, a standby, time limits, a lock."""

_FOR_GOOD = re.compile(
    r"authentication|password|pg_hba|does not exist|not permitted|permission|certificate|not support SSL", re.IGNORECASE
)
"""What a server says when it rejects a connection until somebody changes something. The driver gives no SQLSTATE for these."""


def _is_temporary(error: DBAPIError) -> bool:
    """Whether the database may accept the same statement later."""
    if isinstance(error.orig, sqlite3.Error):
        return (getattr(error.orig, "sqlite_errorcode", 0) or 0) & 0xFF in _TEMPORARY_IN_SQLITE
    if state := getattr(error.orig, "sqlstate", None):
        return str(state).startswith(_TEMPORARY_STATES)
    said = str(error.orig).rpartition("failed: ")[2]  # without the host's name
    return isinstance(error, OperationalError | InterfaceError) and _FOR_GOOD.search(said) is None


_TEMPORARY_IN_SQLITE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@contextmanager
def as_made(ledger: object, revision: str) -> Iterator[None]:
    """Wrap code that migrates tables of this ``revision``, or creates them (empty).

    Raises:
        LedgerError: the tables differ from what seatsync created in that version.
    """
    try:
        yield
    except (SQLAlchemyError, TypeError, ValueError, AttributeError, KeyError) as error:
        if isinstance(error, DBAPIError) and not _is_of_shape(error):
            raise
        version = f" in version {revision}" if revision else ""
        message = (
            f"{ledger} differs from what seatsync created{version}: somebody has changed its tables or their contents."
        )
        remains = f"It still has version {revision}." if revision else "Nothing was changed."
        raise LedgerError(message, f"Restore it from a backup. {remains}") from error


def _is_of_shape(error: DBAPIError) -> bool:
    """Whether tables or values differ from what a statement expects.

    SQLSTATE classes 42 (an object is missing or already there; not 42501, a missing right), 23 (a constraint) and 22 (a value);
    in SQLite ERROR, CONSTRAINT or MISMATCH.
    """
    state, code = getattr(error.orig, "sqlstate", None) or "", getattr(error.orig, "sqlite_errorcode", 0)
    wrong = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)
    return (state[:2] in ("42", "23", "22") and state != "42501") or code & 0xFF in wrong


@contextmanager
def translated(ledger: object, location: str = "") -> Iterator[None]:
    """Turn errors of the database into a ``LedgerError`` of one line with its help.

    The password and the options in ``location`` are removed, also from the causes, which ``--debug`` shows.

    Raises:
        LedgerError: in place of any error of the database or its driver.
    """
    try:
        yield
    except DBAPIError as error:
        _remove_secrets(error, location)
        kind = AlreadyTaken if isinstance(error, IntegrityError) else LedgerError
        failure = kind(*_message_and_help(ledger, error.orig or error))
        failure.is_temporary = _is_temporary(error)
        raise failure from error
    except ArgumentError:  # it quotes the address
        help = "Give one port, or as many ports as hosts: ?host=one:5432&host=two:5432."
        raise LedgerError(f"The ledger {ledger} has servers or ports that are not valid.", help) from None
    except sqlite3.Error as error:
        raise LedgerError(*_message_and_help(ledger, error)) from error
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        message = f"The ledger {ledger} needs the Python package psycopg, which is not installed."
        raise LedgerError(message, "Install it: pip install 'seatsync[postgres]'.") from error


_MORE_TIME = "Try again, or ask the database's operator to allow the role more time. Nothing was changed."

_BY_STATE = {
    "25006": ("is read-only.", "Name the primary server, not a replica."),
    "28000": ("rejects this user.", "Check user and password in SEATSYNC_LEDGER."),
    "28P01": ("rejects this user or password.", "Check user and password in SEATSYNC_LEDGER."),
    "3D000": ("does not exist: the server has no such database.", "Create it with createdb, or correct the name."),
    "40001": ("is busy: others wrote to it on every try.", "Try again. Nothing was changed."),
    "40P01": ("is busy: others wrote to it on every try.", "Try again. Nothing was changed."),
    "42501": (
        "does not allow this role to do that: it may be bound to another institution, or read-only.",
        "Use the role made for this, or grant its rights again with roles.sql (docs/ledger.md). Nothing was changed.",
    ),
    "25P03": ("ended the transaction: it was idle for longer than this role may be.", _MORE_TIME),
    "25P04": ("ended the transaction: it took longer than this role may take.", _MORE_TIME),
    "55P03": (
        "is locked: somebody has locked one of its tables.",
        "Try again. docs/ledger.md shows how to find out who holds the lock.",
    ),
    "57014": ("stopped a statement: it took longer than this role may take, or somebody cancelled it.", _MORE_TIME),
    "53100": ("can't grow: the server's disk is full.", "Free some disk space. Nothing was changed."),
    "53300": ("accepts no more connections.", "Try again, or lower --jobs."),
}

_BY_WORD = (
    ("not a database", "is not a database.", "Name the right file with --ledger, or restore it from a backup."),
    ("malformed", "is damaged.", "Restore it from a backup."),
    ("locked", "is locked: another seatsync is writing to it.", "Wait until it is done, then try again."),
    (
        "readonly",
        "can't be written to: file, folder or disk are read-only.",
        "Make them writable. Nothing was changed.",
    ),
    (
        "unable to open",
        "can't be opened: the folder is missing, or may not be read or written.",
        "Check the path and the permissions.",
    ),
    ("is full", "can't grow: the disk is full.", "Free some disk space. Nothing was changed."),
    (
        "disk I/O",
        "can't be read or written: the disk reports an error.",
        "Check the disk, then plan again: the change was made completely or not at all.",
    ),
    (
        "the connection is lost",
        "closed the connection.",
        "Plan again: if the plan is empty, the apply was done. It was done completely or not at all.",
    ),
    (
        "server closed the connection",
        "closed the connection.",
        "Plan again: if the plan is empty, the apply was done. It was done completely or not at all.",
    ),
    (
        "terminating connection",
        "closed the connection.",
        "Plan again: if the plan is empty, the apply was done. It was done completely or not at all.",
    ),
)


def _remove_secrets(error: BaseException, location: str) -> None:
    """Remove secrets of the address from the error and its causes: drivers quote it."""
    known, pending = set[int](), [error]
    while pending:
        one = pending.pop()
        known.add(id(one))
        one.args = tuple(without_secrets(arg, location) if isinstance(arg, str) else arg for arg in one.args)
        causes = (one.__cause__, one.__context__, getattr(one, "orig", None))
        pending += [cause for cause in causes if cause is not None and id(cause) not in known]


def _message_and_help(ledger: object, error: BaseException) -> tuple[str, str]:
    """The message and the help for an error of a database or its driver."""
    if known := _BY_STATE.get(getattr(error, "sqlstate", None) or ""):
        return f"The ledger {ledger} {known[0]}", known[1]
    for mark, fact, help in _BY_WORD:
        if mark in str(error):
            return f"The ledger {ledger} {fact}", help
    first = (str(error).splitlines() or [type(error).__name__])[0]
    help = "Check the host, the port, the database's name, the user and the password in --ledger or SEATSYNC_LEDGER."
    return f"The ledger {ledger} can't be reached: {first.rstrip('.')}.", help
