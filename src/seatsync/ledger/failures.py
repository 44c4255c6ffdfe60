"""Errors of a ledger, in words for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.ledger_addresses import without_secrets

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError  # imports much, and the plan of an unchanged folder needs only what is here


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


class Cure(Enum):
    """What has to happen before the same work can succeed."""

    PERSON = "a person has to change something"
    TIME = "nothing that a command can wait for, but the same may work later: a longer-running one tries again"
    RETRY = "nothing: the work lost a race, and can be done again at once"
    SERVER = "the server has to come up, or another one has to take over"
    ROOM = "another connection has to end"


class Meaning(NamedTuple):
    """What an error of a database means: the fact (its subject is the ledger or the server), what to do, and what cures it."""

    fact: str
    help: str
    cure: Cure = Cure.PERSON


@contextmanager
def as_made(ledger: object, revision: str) -> Iterator[None]:
    """Wrap code that migrates tables of this ``revision``, or creates them (empty).

    Raises:
        LedgerError: the tables differ from what seatsync created in that version.
    """
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

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
def translated(ledger: object, meaning: Callable[[Exception], Meaning]) -> Iterator[None]:
    """Turn errors of the database into a ``LedgerError`` of one line with its help; ``meaning`` explains them.

    Raises:
        LedgerError: in place of any error of the database or its driver.
    """
    from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        kind = AlreadyTaken if isinstance(error, IntegrityError) else LedgerError
        raise in_words(ledger, meaning(error), kind) from error
    except ArgumentError:  # it quotes the address
        help = "Give one port, or as many ports as servers: one:5432,two:5432."
        raise LedgerError(f"The ledger {ledger} has servers or ports that are not valid.", help) from None
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        message = f"The ledger {ledger} needs the Python package psycopg, which is not installed."
        raise LedgerError(message, "Install it: pip install 'seatsync[postgres]'.") from error


def in_words(ledger: object, meaning: Meaning, kind: type[LedgerError] = LedgerError) -> LedgerError:
    """The failure of a ledger with this meaning."""
    failure = kind(f"The ledger {ledger} {meaning.fact}", meaning.help)
    failure.is_temporary = meaning.cure is not Cure.PERSON
    return failure


def remove_secrets(error: BaseException, location: str) -> None:
    """Remove the password and the options of the address from the error and its causes: drivers quote it, ``--debug`` shows it."""
    known, pending = set[int](), [error]
    while pending:
        one = pending.pop()
        known.add(id(one))
        one.args = tuple(without_secrets(arg, location) if isinstance(arg, str) else arg for arg in one.args)
        causes = (one.__cause__, one.__context__, getattr(one, "orig", None))
        pending += [cause for cause in causes if cause is not None and id(cause) not in known]
