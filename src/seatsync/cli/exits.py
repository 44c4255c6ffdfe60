"""How a command ends: what went wrong is told on standard error, and becomes an exit code."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from seatsync.domain.failure import ExitCode, Failure

debugging = False
"""Whether ``--debug`` was given."""

_BADNESS = (
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
    ExitCode.BROKEN: "broken",
    ExitCode.INVALID: "invalid",
    ExitCode.REFUSED: "refused",
    ExitCode.STALE: "stale",
    ExitCode.LEDGER: "ledger out of reach",
    ExitCode.USAGE: "wrong usage",
}
"""What went wrong where a code says that something did."""


def worst(codes: Iterable[int]) -> int:
    """The exit code that speaks for several institutions."""
    return max(codes, key=_BADNESS.index, default=ExitCode.DONE)


def failed(error: Exception) -> int:
    """Tell what went wrong, and the exit code it means."""
    if isinstance(error, click.UsageError):
        from seatsync.domain.text.ledger_addresses import redacted

        # What stands in the wrong place may be a ledger's address, with anything in its password.
        message = re.sub(r"(\w+://).*@", r"\1", error.format_message(), flags=re.DOTALL)
        click.UsageError(redacted(message), error.ctx).show()
        return ExitCode.USAGE
    failure = explained(error) or _bug(error)
    tell(failure, error)
    return failure.exit_code


def tell(failure: Failure, error: Exception) -> None:
    """What is so, and what to do; with ``--debug`` also where the ``error`` behind it came from."""
    from seatsync.domain.text.characters import printable

    click.echo(f"seatsync: {printable(str(failure).splitlines()[0], 1000)}", err=True)
    click.echo(f"  → {printable(failure.help, 1000)}", err=True)
    if debugging:
        import traceback

        traceback.print_exception(error)


def explained(error: Exception) -> Failure | None:
    """The error as a failure; None where it may be a bug."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return Failure(f"{where}{error.strerror}.", "Check the path, the permissions and the disk.")
    return None


def _bug(error: Exception) -> Failure:
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Failure(message, "This is a bug, or broken surroundings: --debug shows where.")
