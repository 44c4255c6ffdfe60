"""Options that several commands share, and the values they become."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import fields
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from seatsync.cli import exits
from seatsync.cli.options.given import GlobalOption, Option, given_before
from seatsync.cli.output.ci import in_ci
from seatsync.cli.output.pager import paged
from seatsync.cli.output.privacy import filtered_output, output_may_be_public
from seatsync.cli.run import Run
from seatsync.domain.text.days import day_as_written, day_in
from seatsync.reports.sentences import folded, say

if TYPE_CHECKING:
    from seatsync.reports.redaction import Redactor

Command = TypeVar("Command", bound=Callable[..., Any])


def _redactor() -> Redactor:
    from seatsync.cli.output.explanations import explanations
    from seatsync.reports.redaction import Redactor

    return Redactor(explanations())


def option(*names: str, of: str = "", **settings: Any) -> Callable[[Command], Command]:
    """An option that can also be set by an environment variable: SEATSYNC_ and its long name.

    ``of`` comes between the two, if the variable without it means something else.
    """
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "_".join(["SEATSYNC", *filter(None, [of]), re.sub(r"\W+", "_", long.strip("-"))]).upper()
    return click.option(*names, envvar=variable, show_envvar=True, **{"cls": Option, **settings})


def host_timeout_option(of: str = "") -> Callable[[Command], Command]:
    """``--timeout`` of commands that tell a code host something."""
    return option(
        "--timeout",
        type=click.FloatRange(0.1),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        of=of,
        help="How long to keep trying if the host is slow, busy or can't be reached.",
    )


def with_options(command: Command, options: Sequence[Callable[[Any], Any]]) -> Command:
    """The command with these options; its help lists them in this order."""
    wrapped: Any = command
    for decorator in reversed(options):
        wrapped = decorator(wrapped)
    result: Command = wrapped
    return result


class EncodingName(click.ParamType[str]):
    """The name of an encoding of texts that Python knows."""

    name = "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from seatsync.domain.text.encodings import codec_of

        if codec_of(value) is None:
            self.fail(
                f'"{value}" is not an encoding of texts, such as utf-8, utf-16, windows-1252 or cp1250.', param, ctx
            )
        return str(value)


class Moment(click.ParamType[datetime]):
    """A date or an ISO time; a time without a time zone is UTC.

    The value of a date has no time zone: it is a day at the institution.
    """

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        with suppress(ValueError):
            return datetime.combine(date.fromisoformat(value), time())
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f'"{value}" is neither a date nor a time (2027-06-30T08:00:00Z). Write it as {day_as_written(value)}.',
                param,
                ctx,
            )
        try:
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except OverflowError:
            self.fail(f'"{value}" is out of range.', param, ctx)


class Now(Moment):
    """The moment that counts as now. From its day, plans count on and back; so it is none near an end of the calendar."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        moment = super().convert(value, param, ctx)
        if not FIRST_NOW <= moment.date() <= LAST_NOW:
            self.fail(f'"{value}" is out of range. Name a day from {FIRST_NOW} to {LAST_NOW}.', param, ctx)
        return moment


FIRST_NOW, LAST_NOW = date(1900, 1, 1), date(9899, 12, 31)
"""There is a century to each end of the calendar; no setting of the files counts more days."""


def common(*formats: str, pages: bool = False) -> Callable[[Command], Command]:
    """Add the options of every command; ``formats`` are its output formats, the default first. Text of a command that ``pages`` is
    shown in a pager at a terminal.

    The command is called with ``run``. Its failures are printed and become exit codes.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def wrapper(**rest: Any) -> Any:
            rest |= _from_before(rest)
            redact, debug, no_pager = (rest.pop(name) for name in ("redact", "debug", "no_pager"))
            redactor = _redactor() if (output_may_be_public() if redact is None else redact) else None
            exits.debugging = debug and redactor is None  # a traceback may show names
            values = {field.name: rest.pop(field.name) for field in fields(Run) if field.name in rest}
            now = values["now"] or datetime.now(UTC)
            run = Run(**{**values, "now": now, "redactor": redactor, "is_job": in_ci()})
            is_paged = pages and not no_pager and run.format == "text"
            hidden = filtered_output(redactor.text) if redactor is not None else nullcontext()
            with paged() if is_paged else nullcontext(), hidden:
                try:  # failures are printed through the filter, too
                    return command(run, **rest)
                except (click.exceptions.Exit, click.Abort, BrokenPipeError):
                    raise
                except Exception as error:
                    return exits.failed(error)

        return with_options(cast(Command, wrapper), _shared(formats))

    return decorate


def _from_before(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those of global options that were given before the command.

    Raises:
        UsageError: a folder was, and the command has none.
    """
    ctx = click.get_current_context()
    if given_before(ctx, "folder") and "folder" not in ctx.params:
        raise click.UsageError(f"`{ctx.command_path}` has no folder: leave out -C.")
    before = ctx.find_root().params
    return {name: before[name] if given_before(ctx, name) else value for name, value in values.items()}


def _shared(formats: Sequence[str]) -> list[Callable[[Any], Any]]:
    return [
        *(
            option(
                "--format", type=click.Choice(formats), default=default, show_default=True, help="The output format."
            )
            for default in formats[:1]
        ),
        *_global_options(),
    ]


def _global(*names: str, **settings: Any) -> Callable[[Any], Any]:
    return option(*names, cls=GlobalOption, **settings)


def every_global_option(command: Command) -> Command:
    """Add the options of every command, but for its folder."""
    return with_options(command, _global_options())


def _global_options() -> list[Callable[[Any], Any]]:
    return [
        _global("--ledger", metavar="PATH|URL|git", help="The ledger. Default: seatsync.db in the folder."),
        _global(
            "--now",
            type=Now(),
            help="Use this date (or ISO time) instead of now. A date is that day in the institution's time zone.",
        ),
        _global("--quiet", "-q", is_flag=True, help="Print only the result."),
        _global("--verbose", "-v", is_flag=True, help="Show everything, also long lists."),
        _global("--no-pager", is_flag=True, help="Do not show long text in a pager (PAGER, or less)."),
        _global("--no-color", is_flag=True, help="Print without color; NO_COLOR works too."),
        _global(
            "--lock-timeout",
            type=click.FloatRange(0),
            default=30.0,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait while another process writes to the ledger, or others use all its connections.",
        ),
        _global(
            "--wait",
            type=click.FloatRange(0),
            default=0.0,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for the ledger's server while it starts or fails over.",
        ),
        _global(
            "--redact/--no-redact",
            default=None,
            help="Print pseudonyms instead of e-mails, and no names. On automatically in a CI that is or might be public.",
        ),
        _global("--debug", is_flag=True, help="Show where an error came from."),
    ]


def as_of_option(command: Command) -> Command:
    """Add the option for a day in the past."""
    return option("--as-of", type=Moment(), help="Show the state at the end of this day.")(command)


def day(moment: datetime | None, timezone: str) -> str | None:
    """The day of a moment in an institution's time zone, as ISO text; None for None."""
    return day_in(moment, timezone).isoformat() if moment is not None else None


yes_option = option("--yes", "-y", is_flag=True, help="Do not ask.")


def check_can_ask(yes: bool) -> None:
    """Check that a question can be answered, before anything is read.

    Raises:
        UsageError: there is no terminal, and no ``--yes``.
    """
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("seatsync can't ask without a terminal: give --yes.")


def is_confirmed(yes: bool, question: str) -> bool:
    """Whether ``--yes`` was given or a person answers the question with yes.

    A "no" is no failure: the command then ends with ``ExitCode.DONE``, as where there is nothing to do.
    """
    check_can_ask(yes)
    if yes or click.confirm(folded(question, sys.stderr), err=True):
        return True
    say("Nothing was done.")
    return False


def is_typed_yes(question: str) -> bool:
    """Whether a person types the whole word "yes"; anything else is a no, as in ``is_confirmed``."""
    check_can_ask(False)
    answer = click.prompt(folded(question, sys.stderr), default="", show_default=False, err=True).strip().lower()
    if answer == "yes":
        return True
    say("Nothing was done." if answer != "y" else 'Nothing was done: this question takes only the whole word "yes".')
    return False
