"""Options that commands share, and what they amount to."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seatsync.cli import exits
from seatsync.cli.privacy import anybody_reads, looked_through

if TYPE_CHECKING:
    from seatsync.reports.redaction import Redactor

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Run:
    """How a command was asked to behave. ``now`` is an instant in UTC; its date is the "today" of a plan. There is a
    ``redactor`` where names are to be left out of all output."""

    ledger: str | None
    now: datetime
    format: str
    quiet: bool
    verbose: bool
    no_color: bool
    lock_timeout: float = 30.0
    redactor: Redactor | None = None

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def at(self) -> str:
        """The instant, as the journal writes it."""
        return self.now.isoformat(timespec="seconds").replace("+00:00", "Z")

    def ledger_of(self, folder: Path, institution: str | None = None, kept: int = 0) -> Any:
        """The ledger of an institution's folder; which ``institution`` that is stands in the folder, if it is not given.
        As many connections are ``kept``."""
        from seatsync.ledger.addresses import in_git
        from seatsync.ledger.database import FILE, Ledger
        from seatsync.ledger.holder import Patience

        _hush_libraries()
        patience = Patience(self.lock_timeout, self.say)
        if self.ledger is None or not in_git(self.ledger):
            return Ledger(self.ledger or str(folder / FILE), patience, kept=kept)
        from seatsync.cli.privacy import job
        from seatsync.cli.reading import institution_of
        from seatsync.ledger.git import let_go

        if (context := click.get_current_context(silent=True)) is not None:
            context.find_root().call_on_close(let_go)
        return Ledger(self.ledger, patience, folder, institution or institution_of(folder, self), job=job())

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Tell a person at a terminal what is going on while they wait."""
        if self.quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console

        with Console(stderr=True, no_color=self.no_color or None).status(what):
            yield

    def say(self, message: str) -> None:
        """Something for the person at the terminal, who can be spared it."""
        if not self.quiet:
            click.echo(message, err=True)


def _redactor() -> Redactor:
    from seatsync.cli.explain_command import explanations
    from seatsync.reports.redaction import Redactor

    return Redactor(explanations())


@cache
def _hush_libraries() -> None:
    """What SQLAlchemy and psycopg log of a broken connection, exits tells in a line."""
    import logging

    logging.getLogger().addHandler(logging.NullHandler())


def option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that can also be set by SEATSYNC_ and its long name."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "SEATSYNC_" + re.sub(r"\W+", "_", long.strip("-")).upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


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
    """The options of every command; ``formats`` are those it can print, the usual one first."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def called(
            ledger: str | None = None,
            now: datetime | None = None,
            format: str = "text",
            quiet: bool = False,
            verbose: bool = False,
            no_color: bool = False,
            lock_timeout: float = 30.0,
            redact: bool | None = None,
            debug: bool = False,
            **rest: Any,
        ) -> Any:
            redactor = _redactor() if (anybody_reads() if redact is None else redact) else None
            exits.debugging = debug and redactor is None  # who knows what a traceback shows
            run = Run(ledger, now or datetime.now(UTC), format, quiet, verbose, no_color, lock_timeout, redactor)
            with looked_through(redactor.text) if redactor is not None else nullcontext():
                try:  # what goes wrong is told in here, too
                    return command(run, **rest)
                except (click.exceptions.Exit, click.Abort, BrokenPipeError):
                    raise
                except Exception as error:
                    return exits.failed(error)

        shared = [
            option("--ledger", metavar="PATH|URL|git", help="The ledger; seatsync.db in the folder if not given."),
            option("--now", type=Moment(), help="The date (or ISO time) to go by instead of the clock."),
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
        if formats:
            shared.insert(
                2,
                option(
                    "--format", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print."
                ),
            )
        wrapped: Any = called
        for decorator in reversed(shared):
            wrapped = decorator(wrapped)
        result: Command = wrapped
        return result

    return decorate


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


def prefix(folder: Path) -> str:
    """What to put before a file's name so that it can be clicked on or opened from here."""
    return "" if folder == Path() else f"{folder.as_posix()}/"
