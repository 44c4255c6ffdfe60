"""``seatsync plan``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.institutions import each, many, must_differ, part_of, summary
from seatsync.cli.options import common, folders, option
from seatsync.cli.output.findings import without_names
from seatsync.cli.output.plans import Shown, show
from seatsync.cli.planning import to_be_shown, too_strict, try_plan
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan


@click.command("plan")
@folders
@option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan, to be shown and applied later.")
@option("--detailed-exitcode", is_flag=True, help="Leave with 2 where there are changes.")
@option("--strict", is_flag=True, help="Warnings stop the plan.")
@many
@common("text", "json", "markdown", "html", "github", "sarif")
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

    def planned() -> Iterator[Shown]:
        for folder, done in zip(chosen, each(step, chosen, run, jobs, "Planning"), strict=True):
            what, shown = done.result or ("", None)
            outcomes.append((folder, done.code, what))
            if shown is not None:
                yield shown

    told: Iterable[Shown] = planned()
    if at_once:
        deque(told, maxlen=0)
    else:
        if out is not None:
            told = list(told)
            if plans := [one.plan for one in told if one.plan is not None]:
                save(plans, several, out)
            elif told and out.exists():
                click.echo(f"seatsync: no plan was saved; {out} is as it was before.", err=True)
        show(told, several, run)
    if several:
        summary(run, outcomes)
    return exits.worst(code for _, code, _ in outcomes)


def _plan_one(
    run: Run, strict: bool, detailed: bool, at_once: bool | None, folder: Path
) -> tuple[int, tuple[str, Shown | None]]:
    """Plan one folder; ``at_once`` is whether to print it here and now as one of several, or None for not."""
    plan, found = try_plan(folder, run)
    if plan is None:
        return ExitCode.INVALID, ("", Shown(None, without_names(found, run), folder))
    shown = Shown(to_be_shown(plan, folder, run), [], folder)
    if at_once is not None:
        show([shown], at_once, run)
    if too_strict(plan, strict):
        click.echo(f"seatsync: the warnings stop the plan of {plan.institution} (--strict).", err=True)
    what = "with changes" if plan.changes else "with nothing to do"
    return outcome(plan, strict, detailed), (what, shown if at_once is None else None)


def outcome(plan: Plan, strict: bool, detailed: bool) -> int:
    """The exit code that a plan deserves."""
    if plan.refusals:
        return ExitCode.REFUSED
    if too_strict(plan, strict):
        return ExitCode.INVALID
    return ExitCode.CHANGES if detailed and plan.changes else ExitCode.DONE


def save(plans: Sequence[Plan], as_array: bool, out: Path) -> None:
    """Write the plan file, whole or not at all, and never over anything but a plan."""
    from seatsync.cli.output.files import write_whole
    from seatsync.formats.plan_document import to_document, to_text

    if out.is_file() and out.stat().st_size and not is_plan(out):
        raise click.UsageError(f"{out} is there already and is no plan; nothing was written over it.")
    write_whole(out, to_text([to_document(plan) for plan in plans], as_array))


_MOST_BYTES = 4 * 1024**3
"""Of a plan file: it may have some hundred bytes for each of millions of grants."""


def load_plans(path: Path) -> tuple[list[Plan], bool]:
    """The plans of a file, and whether it is an array of them.

    Raises:
        BadPlanFile: it is no plan, or was changed since it was saved.
    """
    from seatsync.formats.plan_document import BadPlanFile, read_plans
    from seatsync.sources import opening

    try:
        text = opening.read(path, most=_MOST_BYTES).decode()
    except UnicodeDecodeError as error:
        raise BadPlanFile("it is not text") from error
    return read_plans(text), text.lstrip().startswith("[")


def is_plan(path: Path) -> bool:
    """Whether a file looks like a plan that was saved."""
    from seatsync.sources import opening

    try:
        return b'"seatsync-plan/' in next(opening.pieces(path, size=4096), b"")
    except (opening.Unfit, FileNotFoundError, NotADirectoryError):
        return False
