"""``seatsync plan``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.applying.outcomes import blocked, of_errors
from seatsync.cli.changed.since import changed_since_option, chosen_of, proposal_option
from seatsync.cli.changed.task import Task
from seatsync.cli.changed.without_folder import say_without_folder
from seatsync.cli.in_git import commit_of_files, places_in_git, published_files
from seatsync.cli.institution import ledger_of
from seatsync.cli.institutions import each, estimated, many, part_of, summary
from seatsync.cli.options import common, folders, option
from seatsync.cli.outcome import Outcome, Record, recorded
from seatsync.cli.output.bundles import check_may_be_written
from seatsync.cli.output.findings import without_names
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import printable_plan, say_what_is_open, stopped_by_warnings, try_plan
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.cli.changed.ended import Ended
    from seatsync.git.folders import FolderInGit
    from seatsync.git.published import Published
    from seatsync.planning.plan import Plan
    from seatsync.plans.result import PlanResult


bundle_option = option(
    "--bundle",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write what the plan would put on the work list as files for the vendor's portal, marked as not applied.",
)


@click.command("plan")
@folders
@option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Save the plan in this file, to show and apply it later.",
)
@option(
    "--outcome",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what became of each institution to this file, also if it can't be planned. `seatsync mark` shows it.",
)
@bundle_option
@option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@option("--strict", is_flag=True, help="Stop if the plan has warnings.")
@changed_since_option
@proposal_option
@many
@common("text", "json", "markdown", "html", "github", "gitlab", "sarif", pages=True)
def command(
    run: Run,
    folders: list[Path],
    out: Path | None,
    outcome: Path | None,
    bundle: Path | None,
    detailed_exitcode: bool,
    strict: bool,
    changed_since: str | None,
    proposal: Path | None,
    shard: tuple[int, int] | None,
    jobs: int | None,
) -> int:
    """Show what would change.

    \b
    seatsync plan                              the current folder
    seatsync plan --out plan.json              save the plan for `show` and `apply`
    seatsync plan --format html > plan.html    a page to look at
    seatsync plan --now 2027-07-01             the plan for that day
    seatsync plan --bundle next                what will be to do in the vendor's portal
    seatsync plan --shard 2/8 institutions/*   the second of eight parts of many institutions
    seatsync plan --changed-since main institutions/*

    Writes nothing but the files that it is asked for. Exits with 3 if the files are invalid, with 4 if the plan is blocked.
    """
    if bundle is not None:
        check_may_be_written(run)
        if len(folders) > 1:
            raise click.UsageError("--bundle is for one institution. Name one folder.")
    part = part_of(folders, shard)
    with _recorded(outcome, part) as record:
        chosen = chosen_of(part, changed_since, run, jobs, proposal)
        names = [item.folder for item in chosen.items]
        record.only(names, chosen.unchanged, chosen.base)
        several = len(folders) > 1 or len(chosen.items) != 1
        prints_itself = run.format == "text" and out is None  # each step prints its own plan
        step = partial(_plan_one, run, strict, detailed_exitcode, bundle, several if prints_itself else None)
        is_file = run.format == "json" or out is not None
        places: Sequence[FolderInGit | None] = places_in_git(names) if is_file else [None] * len(names)
        has_links = is_file or run.format in ("html", "markdown")
        addresses: Sequence[Published | None] = published_files(names) if has_links else [None] * len(names)
        told: list[tuple[object, int, str]] = []

        def planned() -> Iterator[FolderResult]:
            items = [*zip(chosen.items, places, addresses, strict=True)]
            for number, done in enumerate(each(step, items, run, jobs, "Planning", seconds=estimated(names))):
                became, result = done.result or (Outcome("", "", None, "stopped", *done.failure), None)
                record.note(number, became._replace(code=done.code))
                told.append((names[number], done.code, "with changes" if became.summary else "without changes"))
                if result is not None:
                    yield result

        results: Iterable[FolderResult] = planned()
        if prints_itself:
            deque(results, maxlen=0)
        else:
            if out is not None:
                results = _saved([*results], several, bool(chosen.items), out)
            show(results, several, run, chosen.others("planned"))
        code = exits.worst(code for _, code, _ in told)
        record.end(code)
    if len(folders) > 1 and told:
        summary(run, told)
    chosen.say(run, "planned")
    if changed_since is None and shard is None:
        say_without_folder(folders, chosen.ids, run)
    return code


def _recorded(file: Path | None, folders: Sequence[Path]) -> AbstractContextManager[Record]:
    """Record the outcome of the block in the ``file``, if one is given."""
    from seatsync.cli.environment import commit, run_address

    if file is None:
        return nullcontext(Record())
    return recorded(Record(file, "plan", commit(folders[0] if folders else Path()), run_address(), folders))


def _saved(results: list[FolderResult], as_array: bool, is_something_to_do: bool, out: Path) -> list[FolderResult]:
    """Save the plans, or none if there is nothing to plan. If there was something but no plan, an earlier file stays."""
    plans = [one.plan for one in results if one.plan is not None]
    if plans or not is_something_to_do:
        save(plans, as_array, out)
    elif results and out.exists():
        say(f"seatsync: no plan was saved; {out} was not changed.")
    return results


def _plan_one(
    run: Run,
    strict: bool,
    detailed: bool,
    bundle: Path | None,
    is_one_of_several: bool | None,
    one: tuple[Task | Ended, FolderInGit | None, Published | None],
) -> tuple[int, tuple[Outcome, FolderResult | None]]:
    """Plan one folder: exit code, and result for the outcome file and as a value. If its place in Git is given, its plan says the
    commit, and where a code host shows the files, if that is given.

    The step prints its plan itself, as ``is_one_of_several`` or the only one; if that is None, it returns the plan instead.
    """
    item, place, address = one
    (plan, found, id), result = _planned(item, place, address, run)
    if plan is None:
        return ExitCode.INVALID, (of_errors(found)._replace(institution=id), result)
    if is_one_of_several is not None:
        show([result], is_one_of_several, run)
    if is_one_of_several is False and not plan.changes and isinstance(item, Task):
        say_what_is_open(
            ledger_of(run, item.folder, plan.institution, was=plan.was), item.folder, plan.institution, run
        )
    if bundle is not None:
        from seatsync.cli.commands.worklist.of_plan import write_foreseen

        write_foreseen(plan, item.folder, bundle, run)
    is_stopped = stopped_by_warnings(plan, strict)
    if is_stopped:
        say(f"seatsync: the warnings stop the plan of {plan.institution} (--strict).")
    shown = result.plan or plan
    became = Outcome(
        plan.institution, str(item.folder), None, "planned", fingerprint=shown.fingerprint, summary=plan.summary
    )
    if plan.refusals or is_stopped:
        became = became._replace(result="stopped", message=blocked(plan))
    return exit_code(plan, strict, detailed), (became, result if is_one_of_several is None else None)


def _planned(
    item: Task | Ended, place: FolderInGit | None, address: Published | None, run: Run
) -> tuple[PlanResult, FolderResult]:
    """The plan of one folder, or of an institution that has none any more, and what to print of it."""
    from seatsync.plans.result import PlanResult

    if not isinstance(item, Task):
        from seatsync.cli.changed.ended_plan import ended_plan, ended_result

        plan = ended_plan(item, run)
        if plan.refusals or item.task is None:
            return PlanResult(plan, []), ended_result(item, plan, run)
        item = item.task
    result = try_plan(item.folder, run)
    planned = result.plan
    if planned is None:
        return result, FolderResult(None, without_names(result.found, run), item.folder)
    if item.files:
        from seatsync.cli.changed.in_this_change import with_own_exceptions

        planned = with_own_exceptions(planned, item)
    if item.base:
        from seatsync.cli.changed.curve import with_moves

        planned = with_moves(planned, item, run)
    if place is not None:
        planned = replace(planned, files_commit=commit_of_files(planned, place))
    if address is not None:
        planned = replace(planned, files_at=address.address_of(planned.places))
    return PlanResult(planned, []), FolderResult(printable_plan(planned, item.folder, run), [], item.folder)


def exit_code(plan: Plan, strict: bool, detailed: bool) -> int:
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
    """Whether a file looks like a saved plan, or a saved list of no plans."""
    from seatsync.sources import opening

    try:
        start = next(opening.pieces(path, size=4096), b"")
        return b'"seatsync-plan/' in start or b"".join(start.split()) == b"[]"
    except (opening.Unfit, FileNotFoundError, NotADirectoryError):
        return False
