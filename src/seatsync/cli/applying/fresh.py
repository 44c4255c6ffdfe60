"""Plan a folder again, and apply the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from seatsync.cli import exits
from seatsync.cli.applying.authorization import Authorization
from seatsync.cli.applying.carry_out import Author, accepted_plan, carry_out
from seatsync.cli.applying.outcomes import of_errors, stopped
from seatsync.cli.outcome import Outcome
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import printable_plan, stopped_by_warnings, try_plan
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode


def apply_fresh(
    run: Run, authorization: Authorization, asks: bool, strict: bool, author: Author, folder: Path
) -> tuple[int, Outcome]:
    """Plan a folder again and apply the plan, after asking a person if ``asks``. Exit code, and what became of it."""
    plan, found = try_plan(folder, run)
    if plan is None:
        return ExitCode.INVALID, of_errors(found)
    if run.format == "text" or asks:
        result = FolderResult(printable_plan(plan, folder, run), [], folder)
        show([result], False, replace(run, format="text", quiet=run.quiet and not asks))
    accepted = accepted_plan(plan)
    if accepted is None or stopped_by_warnings(plan, strict):
        click.echo("Nothing was applied.", err=True)
        return (ExitCode.INVALID if accepted is not None else ExitCode.REFUSED), stopped(plan, folder, run)
    if objection := authorization.objection(plan, folder, run):
        reason, help = objection
        click.echo(f"seatsync: Nothing was applied: {reason}", err=True)
        exits.say_fix(help)
        return ExitCode.STALE, stopped(plan, folder, run, reason, help)
    if asks and plan.changes and not click.confirm("Apply this?", err=True):
        click.echo("Nothing was applied.", err=True)
        return ExitCode.BROKEN, stopped(plan, folder, run, "A person said no.")
    return carry_out(run, folder, accepted, author, plan_was_shown=True, same_files=authorization.same_files)
