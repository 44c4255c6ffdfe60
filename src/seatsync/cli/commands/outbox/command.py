"""``seatsync outbox``: the group, and its commands ``list`` and ``retry``."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from seatsync.cli.commands.outbox.cancel import cancel
from seatsync.cli.commands.outbox.hold import hold, release
from seatsync.cli.commands.outbox.preview import preview
from seatsync.cli.commands.outbox.send import send
from seatsync.cli.environment import actor
from seatsync.cli.institution import check_owner, institution_of, ledger_of
from seatsync.cli.lists import in_local_time, must_be_known, print_rows
from seatsync.cli.options import common, one_folder, option
from seatsync.cli.planning import member_numbers, numbers_ever_named, use_secret
from seatsync.cli.run import Run

STATES = ("pending", "held", "sent", "bounced", "cancelled")


@click.group("outbox")
def command() -> None:
    """Show the letters and send them.

    \b
    seatsync outbox list                  all letters and their states
    seatsync outbox preview               show the next letter
    seatsync outbox send                  send the waiting letters
    seatsync outbox retry                 send bounced letters again
    seatsync outbox cancel                cancel letters that wait, are held or have bounced
    seatsync outbox hold --since 2026-11-27T09:00Z    hold letters back after a restore
    seatsync outbox release               let held letters go out
    """


command.add_command(cancel)
command.add_command(hold)
command.add_command(preview)
command.add_command(release)
command.add_command(send)


_TIMES = ("created_at", "due_at", "sent_at")


@command.command("list")
@one_folder
@option("--state", type=click.Choice(STATES), help="Only letters in this state.")
@option("--member", metavar="EMAIL|ID", help="Only letters to this member.")
@option("--library", metavar="ID", help="Only letters about this library.")
@common("text", "csv", "json", pages=True)
def list_(run: Run, folder: Path, state: str | None, member: str | None, library: str | None) -> None:
    """List the letters, oldest first.

    \b
    seatsync outbox list
    seatsync outbox list --state bounced
    seatsync outbox list --member ann@grace.example
    seatsync outbox list --state pending --library books --format csv
    """
    from seatsync.apply.apply import must_be_owned_by
    from seatsync.ledger.queries.lookup import timezone
    from seatsync.ledger.queries.outbox import OutboxLetter, outbox_letters
    from seatsync.ledger.read import owner, read_snapshot

    institution = institution_of(folder, run)
    with ledger_of(run, folder, institution).reading() as connection:
        must_be_owned_by(owner(connection, institution), institution)
        use_secret(connection, institution, run)
        numbers = numbers_ever_named(connection, institution, member, run) if member is not None else [None]
        wanted = ((state or "", one, library or "") for one in numbers)
        found = (outbox_letters(connection, institution, *one) for one in wanted) if connection is not None else ()
        letters = sorted(chain.from_iterable(found))
        if library and connection is not None and not letters:
            must_be_known(library, read_snapshot(connection, institution, ()), connection, institution)
        zone = timezone(connection, institution) if connection is not None else ""
    rows = in_local_time((letter._asdict() for letter in letters), _TIMES, run, zone)
    print_rows(run, OutboxLetter._fields, rows, "No letters match.")


@command.command("retry")
@one_folder
@option("--member", metavar="EMAIL|ID", help="Only letters to this member.")
@option(
    "--state",
    type=click.Choice(["bounced", "pending"]),
    default="bounced",
    show_default=True,
    help="Which letters: bounced ones, or all that wait to be sent (also those of a sender that was stopped).",
)
@common()
def retry(run: Run, folder: Path, member: str | None, state: str) -> None:
    """Send letters again, with the next `outbox send`.

    \b
    seatsync outbox retry                                 all bounced letters
    seatsync outbox retry --member ann@grace.example      once the address works
    seatsync outbox retry --state pending                 without waiting for the time of the next try

    --state pending also releases letters that a sender still holds: make sure that no sender is running.
    """
    from seatsync.domain.diagnostic import counted
    from seatsync.domain.letters import LetterState
    from seatsync.ledger.queries.by_hand import retry as again

    id = institution_of(folder, run)
    ledger = ledger_of(run, folder, id)
    count = 0
    if check_owner(folder, id, run):
        numbers = None
        if member is not None:
            with ledger.reading() as connection:
                use_secret(connection, id, run)
                numbers = member_numbers(connection, id, member)
        count = ledger.write(id, actor(), "", lambda connection: again(connection, id, LetterState(state), numbers))
    run.say(f"Ready to be sent: {counted(count, 'letter')}.")
