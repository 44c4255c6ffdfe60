"""The entry point: the list of commands, and the one place where a failure becomes a message and an exit code."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import click

from seatsync import __version__
from seatsync.cli import exits
from seatsync.cli.from_here import remember
from seatsync.cli.options import every_global_option, folder
from seatsync.cli.options.given import RULE, say_rules
from seatsync.cli.options.help import HelpContext
from seatsync.cli.output.privacy import ci_commands_escaped, filtered_output, output_may_be_public
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

GROUPS = {
    "Files": {
        "init": "Create a folder to start from.",
        "edit": "Change the files: members, tags, grants, rosters, libraries.",
        "fetch": "Fetch a roster from where it lives into a file.",
        "validate": "Check the files, without the ledger.",
    },
    "Changes": {
        "plan": "Show what would change.",
        "show": "Show a saved plan.",
        "apply": "Make the changes of a plan.",
        "resend": "Send invitations again.",
    },
    "What is so": {
        "status": "Show the seats of each library.",
        "year": "Run the coming year ahead.",
        "report": "Write the state of an institution as one page.",
        "members": "List members.",
        "licenses": "List licenses.",
        "export": "Export members and licenses as CSV.",
        "log": "Show the journal.",
        "why": "Explain why a member has their licenses.",
        "verify": "Check the journal, the tables and the outbox.",
    },
    "A vendor's portal": {
        "import": "Import members and licenses from a portal's CSV file.",
        "drift": "Show where a vendor's portal differs from the ledger.",
        "worklist": "Show and mark what is to be done in a vendor's portal.",
    },
    "Pull requests": {
        "comment": "Comment on the pull request.",
        "mark": "Give a commit a status for each institution.",
        "notify": "Tell what became of an apply.",
        "asked": "Print what a comment on a pull request asks for.",
        "propose": "Open a pull request with changed files.",
    },
    "What runs": {
        "outbox": "Show the letters and send them.",
        "serve": "Run the members' and administrators' pages.",
        "ledger": "Manage the ledger.",
    },
    "Help": {
        "explain": "Explain a code.",
        "schema": "Print a JSON Schema.",
        "completion": "Print the script for a shell's completion.",
    },
}
"""Names → short help, as the help groups them. Each command is a module of its name in ``commands``, or one of ``_ELSEWHERE``."""

COMMANDS = {name: short for group in GROUPS.values() for name, short in group.items()}

_ELSEWHERE = {
    "export": "portal.export",
    "import": "portal.import_",  # `import` is a keyword of Python
    "drift": "portal.drift",
    **{name: f"review.{name}" for name in ("comment", "notify", "asked", "mark", "propose")},
    **{name: f"{name}.command" for name in ("edit", "fetch", "init", "ledger", "outbox", "serve", "worklist")},
}


class LazyGroup(click.Group):
    """A group of commands that imports a command's module only when the command is called."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"seatsync.cli.commands.{_ELSEWHERE.get(name, name)}")
        command: click.Command = module.command
        say_rules(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from seatsync.domain.text.guesses import did_you_mean

        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f'There is no command "{args[0]}". {did_you_mean(args[0], COMMANDS)}'.rstrip())
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([*group.items()])
        with formatter.section("Global options"):
            formatter.write_dl([record for one in self.get_params(ctx) if (record := one.get_help_record(ctx))])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"They stand before or after the command. {RULE} `seatsync COMMAND --help` begins with examples.",
)
@click.version_option(__version__, message="seatsync %(version)s")
@folder
@every_global_option
def cli(**_: object) -> None:
    """Manage license seats: keep files in Git, review a plan, apply exactly that plan.

    \b
    seatsync init my-school      create a folder to start from
    seatsync plan my-school      show what would change
    seatsync apply my-school     make the changes
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run a command and exit with its exit code (see ``exits``)."""
    if sys.stdout is None or sys.stderr is None:  # closed by the parent process
        devnull = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        sys.stdout, sys.stderr = sys.stdout or devnull, sys.stderr or devnull
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # files and pipes get UTF-8, not the system's old code page
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8")
    os.environ["PYTHONSAFEPATH"] = "1"  # child Pythons import nothing from the current folder
    gc.disable()  # a command makes millions of records without cycles, then ends
    code = run(args)
    sys.stderr.flush()
    os._exit(code)  # skips freeing the objects of a large plan one by one, which is slow


def _check_text(place: int, word: str) -> None:
    """Raise UsageError if an argument is not text. The message does not quote it: it might be a password."""
    try:
        word.encode()
    except UnicodeEncodeError as error:
        raise click.UsageError(f"Argument {place} is not text in the terminal's encoding.") from error


def run(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. A failure becomes a message on standard error."""
    remember(Path())
    try:
        with ci_commands_escaped():
            return _run(args)
    except BrokenPipeError:  # while writing text that the filter held back
        return _pipe_closed()


def _run(args: Sequence[str] | None) -> int:
    try:
        for place, word in enumerate(args if args is not None else sys.argv[1:], 1):
            _check_text(place, word)
        outcome = cli.main(args=list(args) if args is not None else None, prog_name="seatsync", standalone_mode=False)
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else ExitCode.DONE
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        say("seatsync: interrupted. Unfinished changes were not written.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _pipe_closed()
    except Exception as error:  # commands report their own failures: this one is about the arguments
        with filtered_output(_redacted) if output_may_be_public() else nullcontext():
            return exits.failed(error)


def _redacted(text: str) -> str:
    """The text with pseudonyms in place of e-mails."""
    from seatsync.reports.redaction import Redactor

    return Redactor({}).text(text)


def _pipe_closed() -> int:
    """The reader of our output has closed the pipe: discard the rest and return the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.BROKEN
