"""``seatsync outbox cancel``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from seatsync.cli.environment import actor
from seatsync.cli.institution import instant_of, institution_of, ledger_of
from seatsync.cli.lists import unknown_library
from seatsync.cli.options import common, folder, option
from seatsync.cli.planning import member_numbers, without_members
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode


@click.command("cancel")
@click.argument("letters", nargs=-1, type=click.IntRange(1), metavar="[SERIAL]...")
@folder
@option("--letter", metavar="NAME", help="Only letters of this kind, for example reminder.")
@option("--library", metavar="ID", help="Only letters about this library.")
@option("--member", metavar="EMAIL|ID", help="Only letters to this member.")
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@common()
def cancel(
    run: Run,
    folder: Path,
    letters: tuple[int, ...],
    letter: str | None,
    library: str | None,
    member: str | None,
    yes: bool,
) -> int:
    """Cancel letters that wait or have bounced.

    \b
    seatsync outbox cancel --letter reminder --library books
    seatsync outbox cancel --member ann@grace.example
    seatsync outbox cancel 507 508 --yes                  by the serials that `outbox list` shows

    The seats stay as they are. A letter that a sender has in hand is not cancelled. The journal notes who cancelled which letters.
    """
    from seatsync.apply.members import cancel_letters
    from seatsync.domain.action import Letter
    from seatsync.domain.diagnostic import counted
    from seatsync.ledger.queries.outbox import Chosen, cancellable

    if letter is not None and letter not in [*Letter]:
        raise click.UsageError(f"There is no letter {letter}. The letters are: {', '.join(Letter)}.")
    if not letters and letter is None and library is None and member is None:
        raise click.UsageError("Say which letters: their serials, --letter, --library or --member.")
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("seatsync can't ask without a terminal: give --yes.")
    id = institution_of(folder, run)
    ledger, at = ledger_of(run, folder, id), instant_of(folder, id, run)
    with ledger.reading() as connection:
        books = without_members(connection, id, run)
        if library is not None and library not in books.libraries:
            raise unknown_library(library, books)
        numbers = member_numbers(connection, id, member) if member is not None else None
        chosen = Chosen(letters, letter, library, numbers)
        found = cancellable(connection, id, chosen, at) if connection is not None else []
    if not found:
        run.say("No waiting or bounced letters match.")
        return ExitCode.DONE
    if not yes and not click.confirm(f"Cancel {counted(len(found), 'letter')}?", err=True):
        click.echo("Nothing was cancelled.", err=True)
        return ExitCode.BROKEN
    number = cancel_letters(ledger, id, chosen, at, actor())
    run.say(f"Cancelled: {counted(number, 'letter')}.")
    return ExitCode.DONE
