"""``seatsync outbox hold`` and ``seatsync outbox release``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from seatsync.cli import exits
from seatsync.cli.commands.outbox.choosing import Choice, choosing
from seatsync.cli.environment import actor
from seatsync.cli.institution import (
    NO_LEDGER_HELP,
    check_owner,
    institution_of,
    ledger_of,
    shared_ledger_of,
    timezone_of,
)
from seatsync.cli.options import Moment, check_can_ask, common, folder, is_confirmed, one_folder, option, yes_option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.days import instant_in, iso
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.ledger.database import Ledger

_all = option(
    "--all", "every", of="outbox", is_flag=True, help="All institutions of the ledger, without their folders."
)


@click.command("hold")
@one_folder
@option("--since", type=Moment(), required=True, help="The moment to which the ledger was restored.")
@_all
@common()
def hold(run: Run, folder: Path, since: datetime, every: bool) -> int:
    """Hold letters back after the ledger was restored to an earlier state.

    \b
    seatsync outbox hold --since 2026-11-27T09:00:00Z
    seatsync outbox hold --since 2026-11-27T09:00:00Z --all

    What was sent after that moment is unknown to the ledger. So no sender sends the letters that are due now, nor those that
    applies write from now on, until `outbox release` or `outbox cancel`. Letters about claims and resends go out as always:
    somebody has just asked for them. The journal notes who held which letters.
    """
    from seatsync.apply.members import hold_letters
    from seatsync.domain.diagnostic import counted

    ledger, institutions = _ledger(folder, run, every)
    zone = "" if every else timezone_of(folder, institutions[0], run)
    at, since_at = run.at(zone), iso(instant_in(since, zone))
    if since_at > at:
        raise click.UsageError("--since is in the future: give the moment to which the ledger was restored.")
    done = _each(institutions, lambda one: hold_letters(ledger, one, since_at, at, actor()))
    of = f" of {counted(len(done.numbers), 'institution')}" if every else ""
    run.say(f"Held: {counted(sum(done.numbers), 'letter')}{of}, and all that applies write from now on.")
    if done.locked:
        return done.print_locked("Nothing of theirs is held.")
    run.say(
        "Look at them (`seatsync outbox list --state held`), then `seatsync outbox release` or `seatsync outbox cancel`."
    )
    return ExitCode.DONE


@click.command("release")
@folder
@choosing
@_all
@yes_option
@common()
def release(run: Run, folder: Path, choice: Choice, every: bool, yes: bool) -> int:
    """Let held letters go out.

    \b
    seatsync outbox release                               all of them; later applies hold none
    seatsync outbox release --letter invitation           only these; the others, and those of later applies, stay held
    seatsync outbox release 507 508 --yes                 by the serials that `outbox list` shows
    seatsync outbox release --all                         all letters of all institutions

    The next `outbox send` sends them. The journal notes who released which letters.
    """
    from seatsync.apply.members import release_letters
    from seatsync.domain.diagnostic import counted
    from seatsync.ledger.queries.by_hand import Chosen, held_letters

    if choice and every:
        raise click.UsageError("Give --all, or say which letters: both together are not possible.")
    check_can_ask(yes)
    ledger, institutions = _ledger(folder, run, every)
    with ledger.reading() as connection:
        chosen = choice.in_ledger(connection, institutions[0], run) if choice else None
        held = (
            [held_letters(connection, id, chosen or Chosen()) for id in institutions] if connection is not None else []
        )
    number = sum(map(len, held))
    if not is_confirmed(yes, f"Release {counted(number, 'letter')}?"):
        return ExitCode.DONE
    at = run.at("")
    done = _each(institutions, lambda one: release_letters(ledger, one, chosen, at, actor()))
    run.say(f"Released: {counted(sum(done.numbers), 'letter')}{'' if chosen else '; applies hold no more letters'}.")
    return done.print_locked("Nothing of theirs is released.") if done.locked else ExitCode.DONE


class _Done(NamedTuple):
    """How many letters of each institution were changed, and which institutions somebody was writing to."""

    numbers: list[int]
    locked: dict[str, Failure]

    def print_locked(self, fact: str) -> int:
        """Print which institutions were locked, and return the exit code."""
        from seatsync.domain.diagnostic import counted

        last = [*self.locked.values()][-1]
        some = ", ".join([*self.locked][:20]) + (" …" if len(self.locked) > 20 else "")
        say(f"seatsync: {counted(len(self.locked), 'institution')} locked: {some}. {fact} {last}")
        exits.say_fix("Stop the pipelines that apply, and run the same command again.")
        return last.exit_code


def _each(institutions: Sequence[str], step: Callable[[str], int]) -> _Done:
    """Do it for each institution. Of many, one that somebody writes to does not stop the others.

    Raises:
        Locked: there is only one, and somebody writes to it.
    """
    from seatsync.ledger.failures import Locked

    done = _Done([], {})
    for id in institutions:
        try:
            done.numbers.append(step(id))
        except Locked as locked:
            if len(institutions) == 1:
                raise
            done.locked[id] = locked
    return done


def _ledger(folder: Path, run: Run, every: bool) -> tuple[Ledger, list[str]]:
    """The ledger and the ids of its institutions: of all, or of the folder's.

    Raises:
        UsageError: all are asked for, but the ledger keeps only one.
        LedgerError: there is no ledger.
    """
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.queries.by_hand import institutions

    if every:
        ledger = shared_ledger_of(run)
        with ledger.reading() as connection:
            return ledger, institutions(connection) if connection is not None else []
    id = institution_of(folder, run)
    ledger = ledger_of(run, folder, id)
    if not check_owner(folder, id, run):
        raise LedgerError(f"There is no ledger of {id} at {ledger}, so there are no letters.", NO_LEDGER_HELP)
    return ledger, [id]
