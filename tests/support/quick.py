"""Share, between the commands of one test run, the work that a process otherwise does once for each command.

A test run is thousands of commands in one process. This changes how long a command takes and nothing else: nothing waits until the
disk has it, and hashing a password is cheap. Processes that tests start are not affected.
"""

from __future__ import annotations

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from seatsync.ledger.stores import sqlite, sqlite_file
from seatsync.portal.accounts import passwords

HASHER, DUMMY_HASH = passwords.HASHER, passwords.DUMMY_HASH
"""How passwords are hashed outside of the tests."""


def share_work(patch: pytest.MonkeyPatch) -> None:
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    patch.setattr(passwords, "HASHER", quick)
    patch.setattr(passwords, "DUMMY_HASH", quick.hash("nobody's"))
    for module in (sqlite, sqlite_file):
        patch.setattr(module, "DURABLE", "PRAGMA synchronous=OFF")
