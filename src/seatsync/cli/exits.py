"""Exit codes, and which exception means which. Names are compared so that nothing heavy need be imported."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

DONE = 0
BROKEN = 1
CHANGES = 2
INVALID = 3
REFUSED = 4
STALE = 5
LEDGER = 6
USAGE = 64
INTERRUPTED = 130

debugging = False
"""Whether ``--debug`` was given."""

_BADNESS = (DONE, CHANGES, BROKEN, INVALID, REFUSED, STALE, LEDGER, USAGE, INTERRUPTED)

MEANINGS = {
    BROKEN: "broken",
    INVALID: "invalid",
    REFUSED: "refused",
    STALE: "stale",
    LEDGER: "ledger out of reach",
    USAGE: "wrong usage",
}
"""What went wrong where a code says that something did."""


def worst(codes: Iterable[int]) -> int:
    """The exit code that speaks for several institutions."""
    return max(codes, key=_BADNESS.index, default=DONE)


def failed(error: Exception) -> int:
    """Tell what went wrong, and the exit code it means."""
    if isinstance(error, click.UsageError):
        from seatsync.domain.addresses import redacted

        # What stands in the wrong place may be a ledger's address, with anything in its password.
        message = re.sub(r"(\w+://).*@", r"\1", error.format_message(), flags=re.DOTALL)
        click.UsageError(redacted(message), error.ctx).show()
        return USAGE
    told = explained(error)
    if told is None:
        message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        told = BROKEN, message, "This is a bug, or broken surroundings: --debug shows where."
    tell(told, error)
    return told[0]


def tell(told: tuple[int, str, str], error: Exception) -> None:
    """What is so, and what to do; with ``--debug`` also where it came from."""
    from seatsync.domain.names import printable

    click.echo(f"seatsync: {printable(told[1].splitlines()[0], 1000)}", err=True)
    click.echo(f"  → {printable(told[2], 1000)}", err=True)
    if debugging:
        import traceback

        traceback.print_exception(error)


_WITH_HELP = {
    "LedgerError": LEDGER,
    "NoGit": LEDGER,
    "Planted": INVALID,
    "Overtaken": LEDGER,
    "Nowhere": USAGE,
    "Unknown": BROKEN,
    "BadAddress": USAGE,
    "Unsent": BROKEN,
    "Impossible": REFUSED,
    "Missed": REFUSED,
    "CantListen": BROKEN,
    "Unfit": BROKEN,
}
"""Exceptions that say themselves what to do."""


def explained(error: Exception) -> tuple[int, str, str] | None:
    """(exit code, what is so, what to do) for the exceptions a user may cause."""
    kind = type(error).__name__
    if kind in _WITH_HELP:
        return _WITH_HELP[kind], str(error), getattr(error, "help", "")
    match kind:
        case "Stale":
            return (
                STALE,
                f"Nothing was done, the plan is stale: {error}.",
                "Plan again, and have the new plan reviewed.",
            )
        case "ForeignLedger":
            return (
                REFUSED,
                f"institution-mismatch: {error}.",
                "Name the right ledger with --ledger. `seatsync explain institution-mismatch`",
            )
        case "BadPlan":
            return (
                REFUSED,
                f"Nothing was done, the plan breaks a rule: {error}.",
                "Plan again; this plan was not made by seatsync.",
            )
        case "BadPlanFile":
            return (
                STALE,
                f"Nothing was done, the plan file can't be used: {error}.",
                "Plan again: seatsync plan --out plan.json.",
            )
        case "BadDump":
            return INVALID, f"Nothing was loaded, the dump can't be used: {error}.", "Dump the ledger again."
        case "AlreadyThere":
            return (
                REFUSED,
                f'Nothing was loaded: the ledger has "{error}" already.',
                "Load into a ledger that has not, which --ledger names.",
            )
        case "HostError":
            mend = f"{getattr(error, 'help', '')} The plan itself is not affected."
            return BROKEN, f"No comment was written: {error}", mend
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return BROKEN, f"{where}{error.strerror}.", "Check the path, the permissions and the disk."
    return None
