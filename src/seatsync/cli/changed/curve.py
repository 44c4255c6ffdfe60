"""Say what a change does to the year ahead, compared with the files of the commit that it began with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seatsync.cli.changed.task import Task
from seatsync.cli.institution import ledger_of
from seatsync.cli.run import Run
from seatsync.plans.year.quick import is_quick

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan


def with_moves(plan: Plan, task: Task, run: Run) -> Plan:
    """The plan with a notice for each library whose year ahead the change moves. A blocked plan says itself what is too much."""
    if not task.base or plan.refusals or plan.was or not is_quick(plan.rosters):
        return plan
    from seatsync.git.checkout import NotInGit
    from seatsync.git.history import history_of
    from seatsync.git.program import Failed, NoGit, TooSlow
    from seatsync.plans.year.ahead import year_ahead
    from seatsync.plans.year.moves import moves
    from seatsync.sources.institution_folder import InstitutionFolder

    years = []
    try:
        with (
            run.step(f"Running the year of {plan.institution} ahead"),
            history_of(task.folder) as history,
            history.files_at(task.base, [path := history.path(task.folder)]) as top,
            ledger_of(run, task.folder, plan.institution).reading() as connection,
        ):
            for folder in (top / path, task.folder):
                opened = InstitutionFolder.open(folder)
                if opened.institution_id != plan.institution:
                    return plan
                years.append(year_ahead(opened, connection, run.now).year)
    except (NotInGit, NoGit, Failed, OSError, TooSlow):
        return plan
    before, now = years
    if before is None or now is None:
        return plan
    return replace(plan, warnings=[*plan.warnings, *moves(before, now)])
