"""Failures that end a command or a request to the pages and are not bugs; and the exit codes of commands."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of commands."""

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
    """A problem that the user can solve. The message is one line, ``help`` says what to do.

    A subclass sets ``exit_code``. It has its own ``__init__`` if its messages begin alike or share one help.
    """

    exit_code = ExitCode.BROKEN

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help
