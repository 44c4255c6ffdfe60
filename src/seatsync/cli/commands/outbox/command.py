"""``seatsync outbox``: looking at the letters, and trying again."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.commands.outbox.preview import preview
from seatsync.cli.commands.outbox.send import send
from seatsync.cli.institution import institution_of, ledger_of, must_be_ours
from seatsync.cli.lists import print_rows
from seatsync.cli.options import common, folder, option
from seatsync.cli.planning import tell_key
from seatsync.cli.run import Run
from seatsync.cli.surroundings import actor as who

STATES = ("pending", "sent", "bounced", "cancelled")


@click.group("outbox")
def command() -> None:
    """Look at the letters, and send them.

    \b
    seatsync outbox list                  all letters, and what became of them
    seatsync outbox preview               what the next one looks like
    seatsync outbox send                  send what waits
    seatsync outbox retry                 have another try at what bounced
    """


command.add_command(preview)
command.add_command(send)


@command.command("list")
@folder
@option("--state", type=click.Choice(STATES), help="Only letters in this state.")
@common("text", "csv", "json")
def list_(run: Run, folder: Path, state: str | None) -> None:
    """List the letters, oldest first.

    \b
    seatsync outbox list
    seatsync outbox list --state bounced
    seatsync outbox list --state pending --format csv
    """
    from seatsync.ledger.queries.outbox import Waiting, waiting

    institution = institution_of(folder, run)
    with ledger_of(run, folder).reading() as connection:
        tell_key(connection, institution, run)
        letters = list(waiting(connection, institution, state or "")) if connection is not None else []
    print_rows(run, Waiting._fields, [letter._asdict() for letter in letters], "There is no such letter.")


@command.command("retry")
@folder
@option("--member", metavar="EMAIL|ID", help="Only letters to this member.")
@option(
    "--state",
    type=click.Choice(["bounced", "pending"]),
    default="bounced",
    show_default=True,
    help="Letters that bounced, or all that wait: for their next try, or for a sender that was killed.",
)
@common()
def retry(run: Run, folder: Path, member: str | None, state: str) -> None:
    """Have letters sent by the next `outbox send`.

    \b
    seatsync outbox retry                                 all that bounced
    seatsync outbox retry --member ann@grace.example      once the address works
    seatsync outbox retry --state pending                 do not wait for the time of the next try

    With --state pending also what a sender still holds is let go; make sure that none is at work.
    """
    from seatsync.domain.diagnostic import counted
    from seatsync.ledger.queries.outbox import LetterState
    from seatsync.ledger.queries.outbox import retry as again

    id, ledger = institution_of(folder, run), ledger_of(run, folder)
    found = 0
    if must_be_ours(folder, id, run):
        numbers = _numbers(folder, id, run, member) if member is not None else None
        found = ledger.write(id, who(), "", lambda connection: again(connection, id, LetterState(state), numbers))
    run.say(f"To be sent: {counted(found, 'letter')}.")


def _numbers(folder: Path, institution: str, run: Run, member: str) -> list[int]:
    from seatsync.cli.planning import known_as, snapshot_of

    return known_as(member, snapshot_of(folder, institution, run))
