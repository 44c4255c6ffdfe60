"""``seatsync verify``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.institution import check_owner, institution_of, ledger_of
from seatsync.cli.options import common, one_folder, option
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.ledger.replay import Verdict


def as_heads(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Check that each value is a hash, or the first 12 or more of its 64 digits, with or without its entry's number."""
    for head in value:
        if not re.fullmatch(r"([1-9][0-9]{0,17}:)?[0-9a-fA-F]{12,64}", head):
            raise click.BadParameter(
                f'"{head}" is not a head: {_fault(head.rpartition(":")[2])}. A head is the number of a journal entry and its hash, '
                "64 digits of 0-9 and a-f, as `apply` and `verify` print it: 512:8c1f0c2a5b7d…. The first 12 digits are enough, and "
                "the number can be left out."
            )
    return value


def _fault(hash: str) -> str:
    if wrong := re.sub("[0-9a-fA-F]", "", hash):
        return f'"{wrong[0]}" is no digit of a hash'
    if not _FEWEST <= len(hash) <= _MOST:
        return f"{hash} has {counted(len(hash), 'digit')}" if hash else "it has no digits"
    return "what stands before the colon is no number of an entry"


_FEWEST, _MOST = 12, 64


@click.command("verify")
@one_folder
@option(
    "--head",
    "heads",
    multiple=True,
    metavar="[SERIAL:]HASH",
    callback=as_heads,
    help="A head that you noted before; it must be in the journal.",
)
@common()
def command(run: Run, folder: Path, heads: tuple[str, ...]) -> int:
    """Check the journal, the tables and the outbox.

    \b
    seatsync verify
    seatsync verify --head 512:8c1f0c2a5b7d

    Checks the journal's chain of hashes, replays every event, and compares the result with the tables and the letters.
    A journal that was cut off or completely forged looks intact. To find that, note the head that `apply` and `verify`
    print where nobody can change it (the log of CI, a Git tag), and give it with --head. With its number it also says how
    many entries are missing after a restore to an earlier state. Exits with 1 if something is wrong.
    """
    from seatsync.ledger.verification.verify import verify

    id = institution_of(folder, run)
    check_owner(folder, id, run)
    with ledger_of(run, folder, id).reading() as connection:
        verdict = verify(connection, id, heads) if connection is not None else None
    if verdict is None or not (verdict.links or verdict.faults):
        run.say(f"The ledger has nothing about {id} yet: nothing to check.")
        return ExitCode.BROKEN if heads else ExitCode.DONE
    print_verdict(run, verdict, "Journal intact")
    return ExitCode.BROKEN if verdict.faults else ExitCode.DONE


def print_verdict(run: Run, verdict: Verdict, success: str) -> None:
    """Print the faults; or ``success``, the number of journal entries and the head."""
    for fault in verdict.faults:
        say(f"seatsync: {fault}.")
    if verdict.more:
        say(f"seatsync: {verdict.more:,} more faults.")
    if verdict.faults and len(verdict.faults) + verdict.more == verdict.mistyped:
        exits.say_fix(
            "Compare it with your note, and give it again. If your note has it like this, the journal was rewritten."
        )
    elif verdict.faults and len(verdict.faults) + verdict.more == verdict.unfound:
        exits.say_fix(_RESTORED if verdict.lost else _WENT_ON)
    elif verdict.faults:
        repair = "Rebuild the tables: `seatsync ledger rebuild`" if verdict.chain_holds else "Restore it from a backup"
        exits.say_fix(f"Do not write to this ledger, and find out who changed it. {repair}.")
    else:
        say(f"{success}: {verdict.links:,} entries, head {verdict.serial}:{verdict.head}", sys.stdout)


_RESTORED = (
    "If you have restored it, hold its letters before a sender runs (`seatsync outbox hold --since TIME`), then plan; "
    'docs/operations.md, "After a restore". If nobody has, find out who changed it, and restore it from a backup.'
)
_WENT_ON = (
    "Do not write to this ledger, and find out who changed it. If somebody has restored it, it has a head that was noted before "
    'the moment to which they did: give that one, and go on as docs/operations.md says, "After a restore". Else restore it from a '
    "backup."
)
