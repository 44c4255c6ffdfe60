"""Keep the year ahead in the ledger after an apply, for the pages, which know no files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.run import Run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.ledger.database import Ledger
    from seatsync.planning.plan import AcceptedPlan
    from seatsync.planning.year.curve import Year

_LASTS = timedelta(days=7)
"""So long the year of an unchanged ledger is kept: its days come true by themselves, but its end comes nearer."""


def keep_year(run: Run, folder: Path, ledger: Ledger, plan: AcceptedPlan, serial: int, actor: str, commit: str) -> None:
    """Run the year ahead from the journal entry ``serial``, which the apply of the ``plan`` has left, and keep it.

    It is left out where it would take long, and in Git, from where no pages are served. The apply has succeeded: nothing fails here.
    """
    from seatsync.domain.failure import Failure
    from seatsync.plans.year.quick import is_quick

    if ledger.is_pushed or not is_quick(plan.rosters):
        return
    today = run.today(plan.timezone)
    try:
        with run.step("Running the year ahead"), ledger.reading() as connection:
            year = _year(run, folder, plan, connection) if not _is_kept(connection, plan, serial, today) else None
        if year is not None:
            found = year
            ledger.write(plan.institution, actor, commit, lambda writing: _keep(writing, found, serial))
    except Failure as error:
        run.say(f"The pages do not show the year ahead before the next apply: {error}")


def _is_kept(connection: Connection | None, plan: AcceptedPlan, serial: int, today: date) -> bool:
    from seatsync.ledger.queries.outlook.kept import kept

    known = kept(connection, plan.institution) if connection is not None else None
    return known is not None and known.serial == serial and today - _LASTS < date.fromisoformat(known.on) <= today


def _year(run: Run, folder: Path, plan: AcceptedPlan, connection: Connection | None) -> Year | None:
    """The year of the folder; None if its files are not those of the plan, or have mistakes."""
    from seatsync.plans.year.ahead import year_ahead
    from seatsync.sources.institution_folder import InstitutionFolder

    looked = year_ahead(InstitutionFolder.open(folder), connection, run.now)
    return looked.year if looked.files == plan.desired_digest else None


def _keep(connection: Connection, year: Year, serial: int) -> None:
    from seatsync.ledger.queries.outlook.kept import keep
    from seatsync.ledger.read import read_snapshot

    if read_snapshot(connection, year.institution, ()).serial == serial:
        keep(connection, year.institution, year.first, serial, year.curves.values())
