"""The address of a ledger: which store it means, and whether it can be shown without showing a password."""

from __future__ import annotations

import os
import re
from importlib import import_module

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from seatsync.domain.text.ledger_addresses import (
    ENCODED,
    is_plain,
    may_hold_a_password,
    redacted,
    with_servers_as_options,
)
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.stores.store import Opening, Store

_STORES = {
    "git:": "git.branch",
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgres",
    "postgresql": "postgres",
    "postgresql+psycopg": "postgres",
}
"""The module for each scheme, whose ``open_store`` opens an address; imported when needed. ``git:`` addresses are not URLs."""

_MEANS_GIT = re.compile(r"(git|gti|gitt)(:(?!//)|$)", re.IGNORECASE)
_MEANS_A_URL = re.compile(r"(sqlite|file|postgres\w*)(\+\w+)?:(?!//)")
_FILES = ("sqlite:///", "sqlite+pysqlite:///")
_WRITTEN = (
    "Write postgresql+psycopg://user:password@host:5432/database, followed by ? and PostgreSQL options if needed. For several"
    " servers, write one:5432,two:5432. Begin the name of a file with ./"
)


def store_at(location: str, opening: Opening) -> Store:
    """Return the store at an address: a path, a SQLAlchemy URL, or ``git``, ``git:BRANCH``, ``git:REMOTE#BRANCH``.

    Raises:
        LedgerError: the address is not valid, or names a kind of database that can't keep a ledger.
    """
    module = import_module(f"seatsync.ledger.stores.{_STORES[_scheme(location)]}")
    store: Store = module.open_store(with_servers_as_options(location), opening)
    return store


def in_git(location: str) -> bool:
    """Whether a ledger is kept in Git: ``git``, ``git:BRANCH`` or ``git:REMOTE#BRANCH``."""
    return re.match(r"git(:(?!//)|$)", location) is not None


def on_a_server(location: str) -> bool:
    """Whether a ledger is in a database server, to which all institutions of the address connect."""
    return location.startswith(("postgres:", "postgresql:", "postgresql+"))


def _scheme(location: str) -> str:
    _must_be_plain(location)
    if in_git(location):
        return "git:"
    if _MEANS_GIT.match(location):
        message = f"The ledger's address {redacted(location)} is not valid."
        raise LedgerError(message, "Write git:REMOTE#BRANCH, or begin the name of a file with ./")
    if _MEANS_A_URL.match(location):
        message = f"The ledger's address {redacted(location)} is not valid."
        raise LedgerError(message, "Write a path, or sqlite:///path.")
    return "sqlite" if "://" not in location else _scheme_of_url(location)


def _scheme_of_url(location: str) -> str:
    backend = location.split("://")[0]
    try:
        scheme = make_url(with_servers_as_options(location)).drivername
    except (ArgumentError, NoSuchModuleError, ValueError):
        message = f"The ledger's address {backend}://… is not valid."
        raise LedgerError(message, _WRITTEN) from None  # the cause quotes the address
    if scheme not in _STORES:
        message = f"A ledger can't be kept in {backend}."
        raise LedgerError(message, "Write a path, postgresql+psycopg://user@host/database, or git:REMOTE#BRANCH.")
    return scheme


def _must_be_plain(location: str) -> None:
    """Reject text that is not clearly an address: it could have a password anywhere, so it is neither shown nor used.

    Raises:
        LedgerError: the text may contain a password in an unexpected place.
    """
    if "://" in location:
        address, _, branch = (
            _MEANS_GIT.sub("", location).partition("#") if _MEANS_GIT.match(location) else (location, "", "")
        )
        is_sure = location.startswith(_FILES) or (is_plain(address) and "@" not in branch)
    elif in_git(location):
        is_sure = not may_hold_a_password(location.partition(":")[2])
    else:
        is_file = os.path.exists(location)  # noqa: PTH110 (for a name that is too long, Path's error quotes it)
        is_sure = is_file or not may_hold_a_password(location)
    if not is_sure:
        raise LedgerError("The ledger's address is not valid.", f"{ENCODED} {_WRITTEN}")
