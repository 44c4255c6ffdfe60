"""``seatsync verify``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.institution import institution_of, ledger_of, must_be_ours
from seatsync.cli.options import common, folder, option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.ledger.replay import Verdict


def as_heads(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Hashes, or beginnings of them that are long enough to mean one."""
    for head in value:
        if not re.fullmatch(r"[0-9a-fA-F]{12,64}", head):
            raise click.BadParameter(f'"{head}" is no head: it takes 12 to 64 of the digits that `apply` printed.')
    return value


@click.command("verify")
@folder
@option("--head", "heads", multiple=True, metavar="HASH", callback=as_heads, help="A head that was noted elsewhere.")
@common()
def command(run: Run, folder: Path, heads: tuple[str, ...]) -> int:
    """Check the journal, the tables and the outbox.

    \b
    seatsync verify
    seatsync verify --head 8c1f0c2a5b7d

    Walks the journal's chain of hashes, replays every event, and compares the outcome with the tables of the present and
    with the letters. A journal that was cut off, or forged as a whole, is sound in itself: to find that, note the head
    that `apply` and `verify` print where nobody can change it (the log of CI, a Git tag) and give it with --head.
    Leaves with 1 if anything does not fit.
    """
    from seatsync.ledger.verification.verify import verify

    id = institution_of(folder, run)
    must_be_ours(folder, id, run)
    with ledger_of(run, folder).reading() as connection:
        verdict = verify(connection, id, heads) if connection is not None else None
    if verdict is None or not (verdict.links or verdict.faults):
        run.say(f"The ledger has nothing of {id} yet; nothing to check.")
        return ExitCode.BROKEN if heads else ExitCode.DONE
    tell_verdict(run, verdict, "The chain holds and the tables agree with it")
    return ExitCode.BROKEN if verdict.faults else ExitCode.DONE


def tell_verdict(run: Run, verdict: Verdict, good: str) -> None:
    """The outcome, with the head to be noted elsewhere."""
    for fault in verdict.faults:
        click.echo(f"seatsync: {fault}.", err=True)
    if verdict.more:
        click.echo(f"seatsync: {verdict.more:,} more faults.", err=True)
    if verdict.faults:
        mend = "Restore it from a backup" if not verdict.chain_holds else "The journal holds: `seatsync ledger rebuild`"
        click.echo(f"  → Do not write to this ledger. {mend}, or ask who has changed it.", err=True)
    else:
        click.echo(f"{good}: {verdict.links:,} links, head {verdict.head}")
