"""``seatsync plan``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.changed.since import changed_since_option, chosen_of
from seatsync.cli.changed.task import Task
from seatsync.cli.institutions import each, many, part_of, summary
from seatsync.cli.options import common, folders, option
from seatsync.cli.output.findings import without_names
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import printable_plan, stopped_by_warnings, try_plan
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.cli.changed.ended import Ended
    from seatsync.planning.plan import Plan


@click.command("plan")
@folders
@option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Save the plan in this file, to show and apply it later.",
)
@option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@option("--strict", is_flag=True, help="Stop if the plan has warnings.")
@changed_since_option
@many
@common("text", "json", "markdown", "html", "github", "gitlab", "sarif")
def command(
    run: Run,
    folders: list[Path],
    out: Path | None,
    detailed_exitcode: bool,
    strict: bool,
    changed_since: str | None,
    shard: tuple[int, int] | None,
    jobs: int | None,
) -> int:
    """Show what would change.

    \b
    seatsync plan                              the current folder
    seatsync plan --out plan.json              save the plan for `show` and `apply`
    seatsync plan --format html > plan.html    a page to look at
    seatsync plan --now 2027-07-01             the plan for that day
    seatsync plan --shard 2/8 institutions/*   the second of eight parts of many institutions
    seatsync plan --changed-since main institutions/*

    Writes nothing but the plan file. Exits with 3 if the files are invalid, with 4 if the plan is blocked.
    """
    chosen = chosen_of(part_of(folders, shard), changed_since, run, jobs)
    others = [words] if (words := chosen.in_words("planned")) else []
    several = len(folders) > 1 or len(chosen.items) != 1
    prints_itself = run.format == "text" and out is None  # each step prints its own plan
    step = partial(_plan_one, run, strict, detailed_exitcode, several if prints_itself else None)
    outcomes: list[tuple[object, int, str]] = []

    def planned() -> Iterator[FolderResult]:
        for item, done in zip(chosen.items, each(step, chosen.items, run, jobs, "Planning"), strict=True):
            success, result = done.result or ("", None)
            outcomes.append((item.folder, done.code, success))
            if result is not None:
                yield result

    results: Iterable[FolderResult] = planned()
    if prints_itself:
        deque(results, maxlen=0)
    else:
        if out is not None:
            results = list(results)
            plans = [one.plan for one in results if one.plan is not None]
            if plans or not chosen.items:
                save(plans, several, out)
            elif results and out.exists():
                click.echo(f"seatsync: no plan was saved; {out} was not changed.", err=True)
        show(results, several, run, others)
    if len(folders) > 1 and outcomes:
        summary(run, outcomes)
    chosen.say(run, "planned")
    return exits.worst(code for _, code, _ in outcomes)


def _plan_one(
    run: Run, strict: bool, detailed: bool, is_one_of_several: bool | None, item: Task | Ended
) -> tuple[int, tuple[str, FolderResult | None]]:
    """Plan one folder: exit code, and result in words and as a value.

    The step prints its plan itself, as ``is_one_of_several`` or the only one; if that is None, it returns the plan instead.
    """
    plan, result = _planned(item, run)
    if plan is None:
        return ExitCode.INVALID, ("", result)
    if is_one_of_several is not None:
        show([result], is_one_of_several, run)
    if stopped_by_warnings(plan, strict):
        click.echo(f"seatsync: the warnings stop the plan of {plan.institution} (--strict).", err=True)
    success = "with changes" if plan.changes else "without changes"
    return outcome(plan, strict, detailed), (success, result if is_one_of_several is None else None)


def _planned(item: Task | Ended, run: Run) -> tuple[Plan | None, FolderResult]:
    """The plan of one folder, or of an institution that has none any more; and what to print of it."""
    if not isinstance(item, Task):
        from seatsync.cli.changed.ended import ended_plan, ended_result

        plan = ended_plan(item, run)
        if plan.refusals or item.task is None:
            return plan, ended_result(item, plan, run)
        item = item.task
    planned, found = try_plan(item.folder, run)
    if planned is None:
        return None, FolderResult(None, without_names(found, run), item.folder)
    if item.files:
        from seatsync.cli.changed.in_this_change import with_own_exceptions

        planned = with_own_exceptions(planned, item)
    return planned, FolderResult(printable_plan(planned, item.folder, run), [], item.folder)


def outcome(plan: Plan, strict: bool, detailed: bool) -> int:
    """The exit code for a plan."""
    if plan.refusals:
        return ExitCode.REFUSED
    if stopped_by_warnings(plan, strict):
        return ExitCode.INVALID
    return ExitCode.CHANGES if detailed and plan.changes else ExitCode.DONE


def save(plans: Sequence[Plan], as_array: bool, out: Path) -> None:
    """Write the plan file completely or not at all; never overwrite a file that is not a plan."""
    from seatsync.cli.output.files import write_atomically
    from seatsync.formats.plan_document import to_document, to_text

    if out.is_file() and out.stat().st_size and not is_plan(out):
        raise click.UsageError(f"{out} already exists and is not a plan, so it was not overwritten.")
    write_atomically(out, to_text([to_document(plan) for plan in plans], as_array))


_MOST_BYTES = 4 * 1024**3
"""The largest plan file: it can have a few hundred bytes for each of millions of grants."""


def load_plans(path: Path) -> tuple[list[Plan], bool]:
    """The plans of a file, and whether the file is an array.

    Raises:
        BadPlanFile: the file is not a plan, or was changed after it was saved.
    """
    from seatsync.formats.plan_document import BadPlanFile, read_plans
    from seatsync.sources import opening

    try:
        text = opening.read(path, most=_MOST_BYTES).decode()
    except UnicodeDecodeError as error:
        raise BadPlanFile("it is not text") from error
    return read_plans(text), text.lstrip().startswith("[")


def is_plan(path: Path) -> bool:
    """Whether a file looks like a saved plan."""
    from seatsync.sources import opening

    try:
        return b'"seatsync-plan/' in next(opening.pieces(path, size=4096), b"")
    except (opening.Unfit, FileNotFoundError, NotADirectoryError):
        return False
