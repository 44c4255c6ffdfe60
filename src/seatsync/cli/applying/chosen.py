"""Apply to what a change touches: to folders, and to no institution that has no folder any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatsync.cli.changed.task import Task
from seatsync.cli.institutions import Step
from seatsync.cli.outcome import Outcome
from seatsync.cli.output.plans import show
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.cli.changed.ended import Ended
    from seatsync.git.folders import FolderInGit
    from seatsync.planning.plan import Plan


def apply_chosen(run: Run, apply: Step, one: tuple[Task | Ended, FolderInGit]) -> tuple[int, Outcome]:
    """Apply to one folder with ``apply``, or say what is wrong with an institution that has none any more."""
    item, place = one
    if isinstance(item, Task):
        return apply(place)
    from seatsync.cli.changed.ended_plan import ended_plan, ended_result

    plan = ended_plan(item, run)
    if not plan.refusals and item.task is not None:
        return apply(place)
    if run.format == "text":
        show([ended_result(item, plan, run)], False, run)
    return ended_outcome(plan, str(item.folder))


def ended_outcome(plan: Plan, folder: str) -> tuple[int, Outcome]:
    """The exit code for the plan of an institution that has no folder any more, and what became of it: never a change."""
    told = Outcome(plan.institution, folder, result="unchanged")
    if not plan.refusals:
        return ExitCode.DONE, told
    say("Nothing was applied.")
    (refusal,) = plan.refusals
    return ExitCode.REFUSED, told._replace(result="stopped", message=refusal.message, help=refusal.help)
