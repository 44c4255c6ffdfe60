"""``seatsync outbox cancel``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.commands.outbox.choosing import Choice, choosing
from seatsync.cli.environment import actor
from seatsync.cli.institution import instant_of, institution_of, ledger_of
from seatsync.cli.options import check_can_ask, common, folder, is_confirmed, yes_option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode


@click.command("cancel")
@folder
@choosing
@yes_option
@common()
def cancel(run: Run, folder: Path, choice: Choice, yes: bool) -> int:
    """Cancel letters that wait, are held or have bounced.

    \b
    seatsync outbox cancel --letter reminder --library books
    seatsync outbox cancel --member ann@grace.example
    seatsync outbox cancel 507 508 --yes                  by the serials that `outbox list` shows

    The seats stay as they are. A letter that a sender has in hand is not cancelled. The journal notes who cancelled which letters.
    """
    from seatsync.apply.apply import must_be_owned_by
    from seatsync.apply.members import cancel_letters
    from seatsync.domain.diagnostic import counted
    from seatsync.ledger.queries.by_hand import cancellable
    from seatsync.ledger.read import owner

    if not choice:
        raise click.UsageError("Say which letters: their serials, --letter, --library or --member.")
    check_can_ask(yes)
    id = institution_of(folder, run)
    ledger, at = ledger_of(run, folder, id), instant_of(folder, id, run)
    with ledger.reading() as connection:
        must_be_owned_by(owner(connection, id), id)
        chosen = choice.in_ledger(connection, id, run)
        found = cancellable(connection, id, chosen, at) if connection is not None else []
    if not found:
        run.say("No waiting, held or bounced letters match.")
        return ExitCode.DONE
    if not is_confirmed(yes, f"Cancel {counted(len(found), 'letter')}?"):
        return ExitCode.DONE
    number = cancel_letters(ledger, id, chosen, at, actor())
    run.say(f"Cancelled: {counted(number, 'letter')}.")
    return ExitCode.DONE
