"""``seatsync plan``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.many import each, many, must_differ, part_of, summary
from seatsync.cli.options import Run, common, folders, option
from seatsync.cli.reading import make_plan, too_strict

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan
    from seatsync.reports.view import PlanView


@click.command("plan")
@folders
@option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan, to be shown and applied later.")
@option("--detailed-exitcode", is_flag=True, help="Leave with 2 where there are changes.")
@option("--strict", is_flag=True, help="Warnings stop the plan.")
@many
@common("text", "json", "markdown", "html")
def command(
    run: Run,
    folders: list[Path],
    out: Path | None,
    detailed_exitcode: bool,
    strict: bool,
    shard: tuple[int, int] | None,
    jobs: int | None,
) -> int:
    """Show what would change: the dry run.

    \b
    seatsync plan                              the current folder
    seatsync plan --out plan.json              and save it for `show` and `apply`
    seatsync plan --format html > plan.html    a page to look at
    seatsync plan --now 2027-07-01             as it would be on that day
    seatsync plan --shard 2/8 institutions/*   the second of eight parts of many institutions

    Nothing is written but the plan file. Leaves with 3 if the files are invalid, with 4 if something is refused.
    """
    chosen = part_of(folders, shard)
    must_differ(chosen, run, jobs)
    several = len(folders) > 1
    at_once = run.format == "text" and out is None  # each prints its own, where it is made
    step = partial(_plan_one, run, strict, detailed_exitcode, several if at_once else None)
    outcomes: list[tuple[object, int, str]] = []

    def planned() -> Iterator[Plan]:
        for folder, done in zip(chosen, each(step, chosen, run, jobs, "Planning"), strict=True):
            what, plan = done.result or ("", None)
            outcomes.append((folder, done.code, what))
            if plan is not None:
                yield plan

    plans: Iterable[Plan] = planned()
    if at_once:
        deque(plans, maxlen=0)
    else:
        if out is not None:
            plans = list(plans)
            if plans:
                save(plans, several, out)
        show(plans, several, run)
    if several:
        summary(run, outcomes)
    return exits.worst(code for _, code, _ in outcomes)


def _plan_one(
    run: Run, strict: bool, detailed: bool, shown: bool | None, folder: Path
) -> tuple[int, tuple[str, Plan | None] | None]:
    """Plan one folder; ``shown`` is whether to print it here and now as one of several, or None for not."""
    plan = make_plan(folder, run)
    if plan is None:
        return exits.INVALID, None
    if shown is not None:
        show([plan], shown, run)
    if too_strict(plan, strict):
        click.echo(f"seatsync: the warnings stop the plan of {plan.institution} (--strict).", err=True)
    what = "with changes" if plan.changes else "with nothing to do"
    return outcome(plan, strict, detailed), (what, plan if shown is None else None)


def outcome(plan: Plan, strict: bool, detailed: bool) -> int:
    """The exit code that a plan deserves."""
    if plan.refusals:
        return exits.REFUSED
    if too_strict(plan, strict):
        return exits.INVALID
    return exits.CHANGES if detailed and plan.changes else exits.DONE


def save(plans: Sequence[Plan], as_array: bool, out: Path) -> None:
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


def show(plans: Iterable[Plan], several: bool, run: Run) -> None:
    """Print plans in the format asked for; as text and JSON one after the other, as they come."""
    from seatsync.reports.view import PlanView

    if run.format == "json":
        from seatsync.formats.plan_document import to_document, to_text

        for piece in to_text(map(to_document, plans), several):
            click.echo(piece, nl=False)
    elif run.format == "markdown":
        from seatsync.reports import markdown

        click.echo(markdown.plans([PlanView(plan) for plan in plans]), nl=False)
    elif run.format == "html":
        from seatsync.reports import html

        for piece in html.plans([PlanView(plan) for plan in plans]):
            click.echo(piece, nl=False)
    else:
        _show_text(map(PlanView, plans), several, run)


def _show_text(views: Iterable[PlanView], several: bool, run: Run) -> None:
    from seatsync.reports import text

    out = text.stdout(run.no_color)
    for view in views:
        if run.quiet:
            text.diagnostics(out, view.refusals, columns=False)
        elif several and not (view.plan.changes or view.refused or view.warnings):
            out.print(f"{view.plan.institution}: nothing to do")
        else:
            text.plan(out, view, run.verbose)
            if several:
                out.print("\n" + "─" * 40 + "\n")
