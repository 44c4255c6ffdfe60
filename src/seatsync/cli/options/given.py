"""Options as help shows them, and global options, which may also stand before the command."""

from __future__ import annotations

import re
from typing import Any

import click
from click.core import ParameterSource

from seatsync.cli.options.help import HelpContext

RULE = "Every option can be set in the environment: SEATSYNC_ and its name, such as SEATSYNC_LOCK_TIMEOUT."
_UNCUT = 1_000
GLOBALS = "Global options, such as --ledger, --now, --quiet, --redact: see `seatsync --help`."


class Option(click.Option):
    """An option whose help is short: its variable only where ``RULE`` does not give it, and no range of numbers."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        if self.follows_rule:
            extra.pop("envvars", None)
        return extra

    def make_metavar(self, ctx: click.Context) -> str:
        """What stands for the value; any number is a number."""
        return re.sub("(INTEGER|FLOAT)( RANGE)?", "NUMBER", super().make_metavar(ctx))

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """The option's name, and the variable if the value came from there."""
        is_from_variable = ctx is not None and ctx.get_parameter_source(self.name or "") is ParameterSource.ENVIRONMENT
        return super().get_error_hint(ctx) if is_from_variable else click.Parameter.get_error_hint(self, ctx)

    @property
    def follows_rule(self) -> bool:
        """Whether the variable is SEATSYNC_ and the option's name."""
        names = (name.strip("-").replace("-", "_").upper() for name in self.opts if name.startswith("--"))
        return self.envvar in [f"SEATSYNC_{name}" for name in names]


class GlobalOption(Option):
    """An option of all commands. Only the help of the whole program explains it."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        return super().get_help_record(ctx) if ctx.parent is None else None


def given_before(ctx: click.Context, name: str) -> bool:
    """Whether a global option was given before the command alone."""
    before, here = ctx.find_root().get_parameter_source(name), ctx.get_parameter_source(name)
    return ctx.parent is not None and before is ParameterSource.COMMANDLINE and here is not ParameterSource.COMMANDLINE


def is_given(ctx: click.Context, name: str) -> bool:
    """Whether an option was typed, before the command or after it."""
    return given_before(ctx, name) or ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def say_rules(command: click.Command) -> None:
    """End the help of a command, and of those below it, with the rules about its options. A group says what each does, uncut."""
    command.context_class = HelpContext
    if isinstance(command, click.Group):
        for below in command.commands.values():
            below.short_help = below.get_short_help_str(_UNCUT)
            say_rules(below)
    elif any(isinstance(parameter, GlobalOption) for parameter in command.params):
        command.epilog = f"{GLOBALS} {RULE}"
