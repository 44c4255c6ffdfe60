"""How a command ends: a failure is printed on standard error and becomes an exit code."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import click

from seatsync.cli.from_here import from_here
from seatsync.domain.failure import ExitCode, Failure
from seatsync.reports.sentences import say

debugging = False
"""Whether ``--debug`` was given."""

_FROM_BEST_TO_WORST = (
    ExitCode.DONE,
    ExitCode.CHANGES,
    ExitCode.BROKEN,
    ExitCode.INVALID,
    ExitCode.REFUSED,
    ExitCode.STALE,
    ExitCode.LEDGER,
    ExitCode.USAGE,
    ExitCode.INTERRUPTED,
)

MEANINGS: dict[int, str] = {
    ExitCode.BROKEN: "failed",
    ExitCode.INVALID: "with errors in the files",
    ExitCode.REFUSED: "blocked",
    ExitCode.STALE: "out of date",
    ExitCode.LEDGER: "ledger cannot be reached",
    ExitCode.USAGE: "wrong usage",
}
"""Exit code → what went wrong, in words; codes without a failure are not in here."""


def worst(codes: Iterable[int]) -> int:
    """The worst of several institutions' exit codes."""
    return max(codes, key=_FROM_BEST_TO_WORST.index, default=ExitCode.DONE)


def failed(error: Exception) -> int:
    """Print an error and return its exit code."""
    if isinstance(error, click.UsageError):
        shown = io.StringIO()
        click.UsageError(_of_usage(error), error.ctx).show(shown)
        say(from_here(shown.getvalue().rstrip("\n")))
        return ExitCode.USAGE
    failure = explained(error) or _bug(error)
    print_failure(failure, error)
    return failure.exit_code


def words(error: Exception) -> tuple[int, str, str]:
    """The exit code of an error, its message in one line, and what to do about it."""
    from seatsync.domain.text.characters import printable

    if isinstance(error, click.UsageError):
        return ExitCode.USAGE, printable(_of_usage(error), 1000), ""
    failure = explained(error) or _bug(error)
    return failure.exit_code, printable(str(failure).splitlines()[0], 1000), printable(failure.help, 1000)


def _of_usage(error: click.UsageError) -> str:
    from seatsync.domain.text.ledger_addresses import redacted

    # The wrong argument may be a ledger's address, with any characters in its password.
    return redacted(re.sub(r"(\w+://).*@", r"\1", error.format_message(), flags=re.DOTALL))


def print_failure(failure: Failure, error: Exception) -> None:
    """Print a failure and what to do about it; with ``--debug`` also the traceback of the ``error`` that caused it."""
    _, message, help = words(failure)
    say(from_here(f"seatsync: {message}"))
    say_fix(help)
    if debugging:
        import traceback

        traceback.print_exception(error)


def say_fix(help: str) -> None:
    """Print what to do about a problem, below the line that says what the problem is."""
    say(from_here(f"  To fix: {help}"))


def explained(error: Exception) -> Failure | None:
    """The error as a failure; None if it may be a bug."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return Failure(f"{where}{error.strerror}.", "Check the path, the permissions and the disk.")
    return None


def _bug(error: Exception) -> Failure:
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    help = (
        "This is a bug, or the installation is broken. Run the command again with --debug, and send what it prints to the "
        "person who looks after seatsync."
    )
    return Failure(message, help)
