"""Note in the ledger that the nightly run is blocked, so that briefings and pages tell it, and that it no longer is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.institution import ledger_of
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.ledger.database import Ledger
    from seatsync.planning.plan import Plan


def note_block(run: Run, folder: Path, plan: Plan, actor: str, commit: str) -> None:
    """Note which rules block the plan. Nothing else is written, and nothing at all where there is no ledger yet, or if it can't be
    written: what stops the run is told anyway. In Git each note would be a push."""
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.queries.institutions import blocked
    from seatsync.ledger.read import known_as

    today = run.today(plan.timezone).isoformat()
    rules = {(one.code, one.library or "") for one in plan.refusals}
    ledger = ledger_of(run, folder, plan.institution, was=plan.was)
    try:
        with ledger.reading() as connection:
            id = known_as(connection, plan.institution, plan.was)
            known = blocked.block(connection, id) if connection is not None else None
            is_noted = connection is None or (known is not None and {*known.rules} == rules)
        if not (is_noted or ledger.is_pushed):
            ledger.write(id, actor, commit, lambda writing: blocked.note_block(writing, id, today, rules))
    except LedgerError as error:
        run.say(f"Briefings and pages do not say that the run is blocked: {error}")


def end_block(run: Run, ledger: Ledger, institution: str, actor: str, commit: str) -> None:
    """Note that an apply was not blocked, if an earlier one was."""
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.queries.institutions import blocked

    try:
        with ledger.reading() as connection:
            was_blocked = connection is not None and blocked.block(connection, institution) is not None
        if was_blocked:
            ledger.write(institution, actor, commit, lambda writing: blocked.end_block(writing, institution))
    except LedgerError as error:
        run.say(f"Briefings and pages still say that the run is blocked: {error}")
