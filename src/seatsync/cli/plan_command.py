"""``seatsync plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.options import Run, common, folders, option
from seatsync.cli.reading import make_plan, too_strict

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan


@click.command("plan")
@folders
@option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan, to be shown and applied later.")
@option("--detailed-exitcode", is_flag=True, help="Leave with 2 where there are changes.")
@option("--strict", is_flag=True, help="Warnings stop the plan.")
@common("text", "json", "markdown", "html")
def command(run: Run, folders: list[Path], out: Path | None, detailed_exitcode: bool, strict: bool) -> int:
    """Show what would change: the dry run.

    \b
    seatsync plan                              the current folder
    seatsync plan --out plan.json              and save it for `show` and `apply`
    seatsync plan --format html > plan.html    a page to look at
    seatsync plan --now 2027-07-01             as it would be on that day

    Nothing is written but the plan file. Leaves with 3 if the files are invalid, with 4 if something is refused.
    """
    plans: list[Plan] = []

    def plan_one(folder: Path) -> int:
        plan = make_plan(folder, run)
        if plan is None:
            return exits.INVALID
        plans.append(plan)
        return outcome(plan, strict, detailed_exitcode)

    codes = [exits.attempt(plan_one, folder) for folder in folders]
    if out is not None and plans:
        save(plans, len(folders) > 1, out)
    show(plans, len(folders) > 1, run)
    if any(too_strict(plan, strict) for plan in plans):
        click.echo("seatsync: the warnings stop this plan (--strict).", err=True)
    return exits.worst(codes)


def outcome(plan: Plan, strict: bool, detailed: bool) -> int:
    """The exit code that a plan deserves."""
    if plan.refusals:
        return exits.REFUSED
    if too_strict(plan, strict):
        return exits.INVALID
    return exits.CHANGES if detailed and plan.changes else exits.DONE


def save(plans: list[Plan], as_array: bool, out: Path) -> None:
    """Write the plan file, whole or not at all, and never over anything but a plan."""
    from seatsync.cli.writing import write_whole
    from seatsync.formats.plan_document import to_document, to_text

    if out.is_file() and out.stat().st_size and not is_plan(out):
        raise click.UsageError(f"{out} is there already and is no plan; nothing was written over it.")
    write_whole(out, to_text([to_document(plan) for plan in plans], as_array))


def load_plans(path: Path) -> tuple[list[Plan], bool]:
    """The plans of a file, and whether it is an array of them.

    Raises:
        BadPlanFile: it is no plan, or was changed since it was saved.
    """
    from seatsync.formats.plan_document import BadPlanFile, read_plans

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPlanFile("it is not text") from error
    return read_plans(text), text.lstrip().startswith("[")


def is_plan(path: Path) -> bool:
    """Whether a file looks like a plan that was saved."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return b'"seatsync-plan/' in file.read(4096)


def show(plans: list[Plan], as_array: bool, run: Run) -> None:
    """Print plans in the format asked for."""
    from seatsync.reports.view import PlanView

    views = [PlanView(plan) for plan in plans]
    if run.format == "json":
        from seatsync.formats.plan_document import to_document, to_text

        for piece in to_text([to_document(plan) for plan in plans], as_array):
            click.echo(piece, nl=False)
    elif run.format == "markdown":
        from seatsync.reports import markdown

        click.echo(markdown.plans(views), nl=False)
    elif run.format == "html":
        from seatsync.reports import html

        for piece in html.plans(views):
            click.echo(piece, nl=False)
    elif not run.quiet or any(plan.refusals for plan in plans):
        from seatsync.reports import text

        out = text.stdout(run.no_color)
        for position, view in enumerate(views):
            if run.quiet:
                text.diagnostics(out, view.refusals, columns=False)
                continue
            if position:
                out.print("\n" + "─" * 40 + "\n")
            text.plan(out, view, run.verbose)
