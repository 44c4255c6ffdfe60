"""Apply the plans of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.applying.carry_out import Author, accepted_plan, carry_out
from seatsync.cli.applying.chosen import ended_outcome
from seatsync.cli.applying.outcomes import stopped
from seatsync.cli.applying.together import apply_each
from seatsync.cli.changed.ended_plan import is_of_ended
from seatsync.cli.in_git import places_in_git, saved_files_in_git
from seatsync.cli.institution import institution_id
from seatsync.cli.outcome import Outcome, Record
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import printable_plan, stopped_by_warnings
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.git.folders import FolderInGit
    from seatsync.planning.plan import Plan


def apply_saved(
    run: Run,
    plans: Sequence[Plan],
    folders: list[Path],
    strict: bool,
    author: Author,
    jobs: int | None,
    record: Record,
) -> int:
    """Apply the plans to the ledgers of the folders.

    Raises:
        BadPlanFile: there is no plan.
    """
    from seatsync.formats.plan_document import BadPlanFile

    if not plans:
        raise BadPlanFile("it has no plan in it")
    ids = {folder: institution_id(folder) for folder in folders}
    folders_of = [Path() if is_of_ended(plan) else _folder_of(plan, ids, run) for plan in plans]
    pairs = [*zip(plans, places_in_git(folders_of), strict=True)]
    record.institutions([Outcome(plan.institution, str(place.folder)) for plan, place in pairs])
    step = partial(_apply_one_saved, run, strict, author)
    return apply_each(run, step, pairs, jobs, [plan.institution for plan in plans], len(plans) > 1, record, folders_of)


def _apply_one_saved(run: Run, strict: bool, author: Author, pair: tuple[Plan, FolderInGit]) -> tuple[int, Outcome]:
    plan, place = pair
    folder = place.folder
    if is_of_ended(plan):
        return ended_outcome(plan, "")
    if plan.redacted:
        known = plan.fingerprint or "FINGERPRINT"
        help = f"Apply it by its fingerprint: `seatsync apply --expect {known}`."
        raise click.UsageError(f"The plan of {plan.institution} has pseudonyms instead of e-mails (--redact). {help}")
    files = saved_files_in_git(plan, place, author.for_journal(folder)[1], author.allows_outdated)
    accepted = accepted_plan(plan)
    if accepted is None or stopped_by_warnings(plan, strict):
        show([FolderResult(printable_plan(plan, folder, run), [], folder)], False, run)
        say("Nothing was applied.")
        return (ExitCode.REFUSED if accepted is None else ExitCode.INVALID), stopped(plan, folder, run)
    return carry_out(run, folder, accepted, author, files, plan_was_shown=False)


def _folder_of(plan: Plan, ids: Mapping[Path, str | None], run: Run) -> Path:
    """The folder of the plan's institution. If --ledger is given and no folder has an id, the first folder will do."""
    from seatsync.apply.apply import ForeignLedger
    from seatsync.ledger.database import FILE

    for folder, id in ids.items():
        # If the files can't be read, the ledger next to them has the institution's id; it is checked later.
        if id == plan.institution or (id is None and (folder / FILE).exists()):
            return folder
    if run.ledger and not any(ids.values()):
        return next(iter(ids))
    if any(ids.values()):
        owners = ", ".join(f"{folder} belongs to {id or 'no institution'}" for folder, id in ids.items())
        raise ForeignLedger(f'the plan is for "{plan.institution}", but {owners}')
    named = ", ".join(map(str, ids))
    help = "Write its folder behind the plan file: `seatsync apply plan.json FOLDER`. Or give --ledger."
    raise click.UsageError(f'"{plan.institution}" is not in {named}. {help}')
