"""``seatsync verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.options import Run, common, folder
from seatsync.cli.reading import institution_of

if TYPE_CHECKING:
    from seatsync.ledger.verify import Verdict


@click.command("verify")
@folder
@common()
def command(run: Run, folder: Path) -> int:
    """Check the journal and the tables.

    \b
    seatsync verify

    Walks the journal's chain of hashes, replays every event, and compares the outcome with the tables of the present.
    Leaves with 1 if anything does not fit.
    """
    from seatsync.ledger import verify

    id = institution_of(folder, run)
    with run.ledger_of(folder).reading() as connection:
        if connection is None:
            run.say("There is no ledger yet; nothing to check.")
            return exits.DONE
        verdict = verify.verify(connection, id)
    tell_verdict(run, verdict, "The chain holds and the tables agree with it")
    return exits.BROKEN if verdict.faults else exits.DONE


def tell_verdict(run: Run, verdict: Verdict, good: str) -> None:
    """The outcome, with the head to be noted elsewhere."""
    for fault in verdict.faults:
        click.echo(f"seatsync: {fault}.", err=True)
    if verdict.faults:
        mend = "Restore it from a backup" if not verdict.chain_holds else "The journal holds: `seatsync ledger rebuild`"
        click.echo(f"  → Do not write to this ledger. {mend}, or ask who has changed it.", err=True)
    else:
        click.echo(f"{good}: {verdict.links:,} links, head {verdict.head}")
