"""Plan a folder again, and apply the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli import exits
from seatsync.cli.applying.authorization import Authorization
from seatsync.cli.applying.carry_out import Author, accepted_plan, carry_out
from seatsync.cli.applying.for_pages import note_block
from seatsync.cli.applying.outcomes import of_errors, of_plan, stopped
from seatsync.cli.in_git import files_in_git, must_be_current
from seatsync.cli.options import is_confirmed, is_typed_yes
from seatsync.cli.outcome import Outcome
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import printable_plan, stopped_by_warnings, try_plan
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.apply.outdated import FilesInGit
    from seatsync.git.folders import FolderInGit
    from seatsync.planning.plan import Plan


def apply_fresh(
    run: Run, authorization: Authorization, asks: bool, strict: bool, author: Author, place: FolderInGit
) -> tuple[int, Outcome]:
    """Plan a folder again and apply the plan, after asking a person if ``asks``. Exit code, and what became of it."""
    from seatsync.apply.outdated import Outdated

    folder = place.folder
    plan, found, id = try_plan(folder, run)
    if plan is None:
        return ExitCode.INVALID, of_errors(found)._replace(institution=id)
    files = files_in_git(plan, place, author.for_journal(folder)[1], author.allows_outdated)
    try:
        if plan.changes or plan.refusals:
            must_be_current(files, plan, folder, run)
        return _apply(run, authorization, asks, strict, author, plan, folder, files)
    except Outdated as outdated:
        if not authorization.same_files:
            raise
        run.say(f"Nothing to do for {plan.institution}: {outdated.fact}. The nightly run of that one does what is due.")
        return ExitCode.DONE, of_plan(plan, folder, run)._replace(result="unchanged")


def _apply(
    run: Run,
    authorization: Authorization,
    asks: bool,
    strict: bool,
    author: Author,
    plan: Plan,
    folder: Path,
    files: FilesInGit,
) -> tuple[int, Outcome]:
    if run.format == "text" or asks:
        result = FolderResult(printable_plan(plan, folder, run), [], folder)
        show([result], False, replace(run, format="text", quiet=run.quiet and not asks))
    accepted = accepted_plan(plan)
    if accepted is None or stopped_by_warnings(plan, strict):
        say("Nothing was applied.")
        if accepted is None and authorization.same_files:
            note_block(run, folder, plan, *author.for_journal(folder))
        return (ExitCode.INVALID if accepted is not None else ExitCode.REFUSED), stopped(plan, folder, run)
    if objection := authorization.objection(plan, folder, run):
        reason, help = objection
        say(f"seatsync: Nothing was applied: {reason}")
        exits.say_fix(help)
        return ExitCode.STALE, stopped(plan, folder, run, reason, help)
    if asks and plan.changes and not _is_confirmed(plan):
        return ExitCode.DONE, stopped(plan, folder, run, "A person said no.")
    return carry_out(run, folder, accepted, author, files, plan_was_shown=True, same_files=authorization.same_files)


def _is_confirmed(plan: Plan) -> bool:
    """Whether a person says yes; by the whole word where something cannot be undone. The question repeats the verdict."""
    from seatsync.reports.view.decision import Decision, panel

    facts = panel(plan)
    if facts.decision is not Decision.IRREVERSIBLE:
        return is_confirmed(False, f"{facts.sentence} Apply this?")
    return is_typed_yes(f"{facts.sentence} Type yes to apply")
