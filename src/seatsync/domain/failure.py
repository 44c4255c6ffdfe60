"""Failures: what stops a command, or a request to the pages, and is no bug; and the exit codes of commands."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command returns to the shell."""

    DONE = 0
    BROKEN = 1
    CHANGES = 2
    INVALID = 3
    REFUSED = 4
    STALE = 5
    LEDGER = 6
    USAGE = 64
    INTERRUPTED = 130


class Failure(Exception):
    """Something that a person can do something about. The message is one line for them, ``help`` says what to do.

    A subclass sets ``exit_code``, and has an ``__init__`` of its own where all its messages begin alike or share one help.
    """

    exit_code = ExitCode.BROKEN

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help
