"""Options that commands share, and what they amount to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import fields
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from seatsync.cli import exits
from seatsync.cli.output.privacy import anybody_reads, looked_through
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.reports.redaction import Redactor

Command = TypeVar("Command", bound=Callable[..., Any])


def _redactor() -> Redactor:
    from seatsync.cli.output.explanations import explanations
    from seatsync.reports.redaction import Redactor

    return Redactor(explanations())


def option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that can also be set by SEATSYNC_ and its long name."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "SEATSYNC_" + re.sub(r"\W+", "_", long.strip("-")).upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


def with_options(command: Command, options: Sequence[Callable[[Any], Any]]) -> Command:
    """The command with several options, which its help shows in this order."""
    wrapped: Any = command
    for decorator in reversed(options):
        wrapped = decorator(wrapped)
    result: Command = wrapped
    return result


class Moment(click.ParamType[datetime]):
    """A date or an ISO time; without a zone, UTC."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is neither a date (2027-06-30) nor a time (2027-06-30T08:00:00Z).', param, ctx)
        try:
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except OverflowError:
            self.fail(f'"{value}" lies beyond the calendar.', param, ctx)


def common(*formats: str) -> Callable[[Command], Command]:
    """The options of every command; ``formats`` are those it can print, the usual one first.

    The command is called with its ``run``, and what goes wrong in it is told.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def called(redact: bool | None = None, debug: bool = False, **rest: Any) -> Any:
            redactor = _redactor() if (anybody_reads() if redact is None else redact) else None
            exits.debugging = debug and redactor is None  # who knows what a traceback shows
            asked = {field.name: rest.pop(field.name) for field in fields(Run) if field.name in rest}
            run = Run(**{**asked, "now": asked["now"] or datetime.now(UTC), "redactor": redactor})
            with looked_through(redactor.text) if redactor is not None else nullcontext():
                try:  # what goes wrong is told in here, too
                    return command(run, **rest)
                except (click.exceptions.Exit, click.Abort, BrokenPipeError):
                    raise
                except Exception as error:
                    return exits.failed(error)

        return with_options(cast(Command, called), _shared(formats))

    return decorate


def _shared(formats: Sequence[str]) -> list[Callable[[Any], Any]]:
    return [
        option("--ledger", metavar="PATH|URL|git", help="The ledger; seatsync.db in the folder if not given."),
        option("--now", type=Moment(), help="The date (or ISO time) to go by instead of the clock."),
        *(
            option("--format", type=click.Choice(formats), default=usual, show_default=True, help="How to print.")
            for usual in formats[:1]
        ),
        option("--quiet", "-q", is_flag=True, help="Say only what was asked for."),
        option("--verbose", "-v", is_flag=True, help="Show everything, however long."),
        option("--no-color", is_flag=True, help="No colour; NO_COLOR is honoured too."),
        option(
            "--lock-timeout",
            type=click.FloatRange(0),
            default=30.0,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait while others write to the ledger.",
        ),
        option(
            "--redact/--no-redact",
            default=None,
            help="Pseudonyms for e-mails, and no names, in all output; on by itself in a CI that is or may be public.",
        ),
        option("--debug", is_flag=True, help="Show where an error came from."),
    ]


def folders(command: Command) -> Command:
    """One or several institutions' folders; the current one if none is named."""

    def chosen(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> list[Path]:
        return as_folders(value)

    return click.argument("folders", nargs=-1, metavar="[FOLDER]...", callback=chosen)(command)


def folder(command: Command) -> Command:
    """One institution's folder; the current one if not named."""

    def chosen(ctx: click.Context, param: click.Parameter, value: str) -> Path:
        return as_folder(value)

    return click.option(
        "--folder",
        "-C",
        default=".",
        metavar="FOLDER",
        callback=chosen,
        envvar="SEATSYNC_FOLDER",
        show_envvar=True,
        help="The institution's folder.",
    )(command)


def past(command: Command) -> Command:
    """A day in the past to go by."""
    text = "As it was at the end of this day, by the journal."
    return option("--as-of", type=Moment(), help=text)(command)


def day(moment: datetime | None) -> str | None:
    """The day of a moment that may not be given, as the journal writes it."""
    return moment.date().isoformat() if moment is not None else None


def as_folders(names: Sequence[str]) -> list[Path]:
    """The folders named; the current one if none is. Of institutions/* the plain files beside the folders are not meant.

    Raises:
        UsageError: plain files alone are named.
    """
    meant = [
        name for name in names if len(names) == 1 or Path(name).name == "seatsync.yaml" or not Path(name).is_file()
    ]
    if names and not meant:
        raise click.UsageError(f"There is no folder among what is named: {names[0]} and the others are plain files.")
    return [as_folder(name) for name in meant or (".",)]


def as_folder(name: str) -> Path:
    """A folder, also where somebody names the seatsync.yaml in it."""
    if "://" in name:
        raise click.UsageError("A folder was expected, and there is an address: name a ledger with --ledger.")
    path = Path(name)
    return path.parent if path.name == "seatsync.yaml" else path
