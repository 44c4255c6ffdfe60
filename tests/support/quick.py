"""Share, between the commands of one test run, the work that a process otherwise does once for each command.

A test run is thousands of commands in one process. This changes how long a command takes and nothing else: SQL is compiled
once for all SQLite files, nothing waits until the disk has it, and hashing a password is cheap. Processes that tests start are
not affected.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, create_engine

from seatsync.ledger.stores import sqlite, sqlite_file
from seatsync.portal.accounts import passwords

HASHER, DUMMY_HASH = passwords.HASHER, passwords.DUMMY_HASH
"""How passwords are hashed outside of the tests."""

_COMPILED: dict[Any, Any] = {}


def share_work(patch: pytest.MonkeyPatch) -> None:
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    patch.setattr(passwords, "HASHER", quick)
    patch.setattr(passwords, "DUMMY_HASH", quick.hash("nobody's"))
    patch.setattr(sqlite, "create_engine", _engine)
    for module in (sqlite, sqlite_file):
        patch.setattr(module, "DURABLE", "PRAGMA synchronous=OFF")


def _engine(url: str, **options: Any) -> Engine:
    """Return an engine that shares its dialect, and the statements compiled for it, with the engines of all SQLite files."""
    engine = create_engine(url, execution_options={"compiled_cache": _COMPILED}, **options)
    engine.dialect = _first_engine().dialect
    return engine


@cache
def _first_engine() -> Engine:
    engine = create_engine("sqlite://")
    engine.connect().close()  # a dialect learns the version of SQLite from its first connection
    return engine
