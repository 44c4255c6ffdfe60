"""The entry point: which commands there are, and the one place that tells a user's mistake from a bug."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

import click

from seatsync import __version__
from seatsync.cli import exits
from seatsync.cli.output.privacy import anybody_reads, looked_through, nothing_obeyed
from seatsync.domain.failure import ExitCode

COMMANDS = {
    "init": "Write a working folder to start from.",
    "validate": "Check the files alone; no ledger.",
    "plan": "Show what would change: the dry run.",
    "apply": "Carry a plan out.",
    "show": "Render a saved plan.",
    "comment": "Comment on the pull request.",
    "status": "Slots of each library.",
    "members": "List members.",
    "licenses": "List licenses.",
    "export": "Export user data as CSV.",
    "import": "Take over members and licenses from a portal's CSV.",
    "resend": "Send invitations once more.",
    "log": "Show the journal.",
    "why": "Say why a member holds what they hold.",
    "verify": "Check the journal, the tables and the outbox.",
    "explain": "Explain a code.",
    "schema": "Print a JSON Schema.",
    "ledger": "Look after the ledger.",
    "outbox": "Look at the letters, and send them.",
    "serve": "Serve the members' and administrators' pages.",
}

"""Each has a module of its name in ``commands``, or a folder with its parts."""
_ELSEWHERE = {
    "import": "import_",  # Python has the word for itself
    **{name: f"{name}.command" for name in ("init", "ledger", "outbox", "serve")},
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"seatsync.cli.commands.{_ELSEWHERE.get(name, name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from seatsync.domain.text.guesses import did_you_mean

        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f'There is no command "{args[0]}". {did_you_mean(args[0], COMMANDS)}'.rstrip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="seatsync %(version)s")
def cli() -> None:
    """Seats of licensed libraries, kept in Git and carried out exactly as reviewed.

    \b
    seatsync init my-school      a folder to start from
    seatsync plan my-school      what would change
    seatsync apply my-school     do it
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code (see ``exits``)."""
    if sys.stdout is None or sys.stderr is None:  # closed by who started us
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # files and pipes get UTF-8, whatever the system's old code page is
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8")
    os.environ["PYTHONSAFEPATH"] = "1"  # a Python that we start takes no module from the folder it is started in
    gc.disable()  # a command makes millions of records, no cycles, and ends
    code = run(args)
    sys.stderr.flush()
    os._exit(code)  # what a large plan holds in memory takes long to be freed one by one


def _must_be_text(place: int, word: str) -> None:
    try:
        word.encode()
    except UnicodeEncodeError as error:  # it may be a password
        raise click.UsageError(f"Word {place} after seatsync is not text in the terminal's encoding.") from error


def run(args: Sequence[str] | None = None) -> int:
    """Run a command; every failure becomes one line and an exit code."""
    try:
        with nothing_obeyed():
            return _run(args)
    except BrokenPipeError:  # what was held back could not be written any more
        return _unread()


def _run(args: Sequence[str] | None) -> int:
    try:
        for place, word in enumerate(args if args is not None else sys.argv[1:], 1):
            _must_be_text(place, word)
        outcome = cli.main(args=list(args) if args is not None else None, prog_name="seatsync", standalone_mode=False)
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else ExitCode.DONE
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("seatsync: interrupted. What was not finished was not written.", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _unread()
    except Exception as error:  # whatever a command itself meets, it has told: so it is the words it was called with
        with looked_through(_nameless) if anybody_reads() else nullcontext():
            return exits.failed(error)


def _nameless(text: str) -> str:
    from seatsync.reports.redaction import Redactor

    return Redactor({}).text(text)


def _unread() -> int:
    """Whoever read our output has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.BROKEN
