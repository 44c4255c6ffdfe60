"""Keep for pages and briefings, which know no files, what only a run with the files knows: the year ahead, and what blocks the run.

Nothing fails here: the apply has succeeded, or what stops it is told anyway. In Git nothing is kept: each note would be a push.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.institution import ledger_of
from seatsync.cli.run import Run
from seatsync.domain.failure import Failure

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.ledger.database import Ledger
    from seatsync.planning.plan import AcceptedPlan, Plan
    from seatsync.planning.year.curve import Year

_LASTS = timedelta(days=7)
"""So long the year of an unchanged ledger is kept: its days come true by themselves, but its end comes nearer."""


def note_block(run: Run, folder: Path, plan: Plan, actor: str, commit: str) -> None:
    """Note which rules block the plan of a nightly run. Nothing is written where there is no ledger yet, or where it is noted."""
    from seatsync.ledger.queries.institutions import blocked
    from seatsync.ledger.read import known_as

    today = run.today(plan.timezone).isoformat()
    rules = {(one.code, one.library or "") for one in plan.refusals}
    ledger = ledger_of(run, folder, plan.institution, was=plan.was)
    if ledger.is_pushed:
        return
    try:
        with ledger.reading() as connection:
            id = known_as(connection, plan.institution, plan.was)
            known = blocked.block(connection, id) if connection is not None else None
            is_noted = connection is None or (known is not None and {*known.rules} == rules)
        if not is_noted:
            ledger.write(id, actor, commit, lambda writing: blocked.note_block(writing, id, today, rules))
    except Failure as error:
        run.say(f"Briefings and pages do not say that the run is blocked: {error}")


def keep_for_pages(
    run: Run, folder: Path, ledger: Ledger, plan: AcceptedPlan, serial: int, actor: str, commit: str
) -> None:
    """Keep the year ahead from the journal entry ``serial``, which the apply of the ``plan`` has left, unless it would take long to run;
    and note that nothing is blocked any more."""
    from seatsync.ledger.queries.institutions.blocked import block

    if ledger.is_pushed:
        return
    try:
        with ledger.reading() as connection:
            was_blocked = connection is not None and block(connection, plan.institution) is not None
            year = _year(run, folder, plan, serial, connection)
        if was_blocked or year is not None:
            ledger.write(
                plan.institution, actor, commit, lambda writing: _keep(writing, plan.institution, year, serial)
            )
    except Failure as error:
        run.say(f"Pages and briefings do not show what lies ahead before the next apply: {error}")


def _year(run: Run, folder: Path, plan: AcceptedPlan, serial: int, connection: Connection | None) -> Year | None:
    """The year of the folder; None if it is kept, would take long, or if the files are not those of the plan, or have mistakes."""
    from seatsync.ledger.queries.outlook.kept import kept
    from seatsync.plans.year.ahead import year_ahead
    from seatsync.plans.year.quick import is_quick
    from seatsync.sources.institution_folder import InstitutionFolder

    if connection is None or not is_quick(plan.rosters):
        return None
    known, today = kept(connection, plan.institution), run.today(plan.timezone)
    if known is not None and known.serial == serial and today - _LASTS < date.fromisoformat(known.on) <= today:
        return None
    with run.step("Running the year ahead"):
        looked = year_ahead(InstitutionFolder.open(folder), connection, run.now)
    return looked.year if looked.files == plan.desired_digest else None


def _keep(connection: Connection, institution: str, year: Year | None, serial: int) -> None:
    """Write what is to be kept; no year if somebody has gone on writing in the meantime."""
    from seatsync.ledger.queries.institutions.beside import serial_of
    from seatsync.ledger.queries.institutions.blocked import end_block
    from seatsync.ledger.queries.outlook.kept import keep

    end_block(connection, institution)
    if year is not None and serial_of(connection, institution) == serial:
        keep(connection, institution, year.first, serial, year.curves.values())
