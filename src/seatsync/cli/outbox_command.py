"""``seatsync outbox``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.listing import print_rows
from seatsync.cli.options import Run, common, folder, option
from seatsync.cli.reading import institution_of, tell_key


@click.group("outbox")
def command() -> None:
    """Look at the letters.

    \b
    seatsync outbox list                  what waits to be sent
    seatsync outbox list --format json
    """


@command.command("list")
@folder
@option("--state", type=click.Choice(["pending", "cancelled"]), help="Only letters in this state.")
@common("text", "csv", "json")
def list_(run: Run, folder: Path, state: str | None) -> None:
    """List the letters, oldest first.

    \b
    seatsync outbox list
    seatsync outbox list --state pending --format csv
    """
    from seatsync.outbox.waiting import Waiting, waiting

    institution = institution_of(folder, run)
    with run.ledger_of(folder).reading() as connection:
        tell_key(connection, institution, run)
        letters = list(waiting(connection, institution, state or "")) if connection is not None else []
    print_rows(run, Waiting._fields, [letter._asdict() for letter in letters], "No letter is waiting.")
