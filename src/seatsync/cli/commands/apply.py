"""``seatsync apply``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli import exits
from seatsync.cli.commands.plan import is_plan, load_plans
from seatsync.cli.institution import institution_id, ledger_of
from seatsync.cli.institutions import Step, each, many, must_differ, part_of, summary
from seatsync.cli.options import as_folders, common, option
from seatsync.cli.output.plans import Shown, show
from seatsync.cli.planning import redactor_of, to_be_shown, too_strict, try_plan
from seatsync.cli.reviewed_plan import Allowed, what_was_reviewed
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.planning.plan import AcceptedPlan, Plan


@click.command("apply")
@click.argument("paths", nargs=-1, metavar="[PLAN.json] [FOLDER]...")
@option("--expect", metavar="FINGERPRINT", help="Apply only if the fresh plan has this fingerprint.")
@option("--reviewed", is_flag=True, help="Apply only what the comment on this commit's pull request shows.")
@option("--same-files", is_flag=True, help="Apply only what dates ask for: the files are those of the last apply.")
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@option("--strict", is_flag=True, help="Warnings stop the plan.")
@option("--actor", help="Who does this, for the journal; taken from CI or the system if not given.")
@option("--commit", help="The Git commit that asks for it; taken from CI or Git if not given.")
@many
@common("text", "json")
def command(
    run: Run,
    paths: tuple[str, ...],
    expect: str | None,
    reviewed: bool,
    same_files: bool,
    yes: bool,
    strict: bool,
    actor: str | None,
    commit: str | None,
    shard: tuple[int, int] | None,
    jobs: int | None,
) -> int:
    """Carry a plan out.

    \b
    seatsync apply                       plan, show, ask, apply
    seatsync apply plan.json             exactly what was saved, or nothing; asks nothing
    seatsync apply --expect FINGERPRINT  plan afresh, and apply only what was reviewed
    seatsync apply --reviewed            the same in a pipeline: what the pull request's comment shows
    seatsync apply --same-files          nightly: grants that end, reminders that are due, and nothing else
    seatsync apply --yes institutions/*  several, side by side, without asking
    seatsync apply --yes --shard 2/8 institutions/*

    Only the first path can be a plan file, and with --yes, --expect, --reviewed or --same-files none is: of institutions/*
    the folders alone are meant.

    A plan file's seal finds damage and edits; it is no signature. Apply only plans of your own pipeline, from where nobody
    else can write, or go by --expect or --reviewed.

    Each institution is applied whole or not at all. Leaves with 4 if refused, with 5 if the ledger has moved since
    the plan or the fingerprint is another.
    """
    decided = _is_decided(expect, reviewed, same_files)
    file, folders = _meant(paths, yes or decided)
    if not (file or yes or decided or sys.stdin.isatty()):
        raise click.UsageError("There is no terminal to ask on: give --yes, a plan file, or --expect FINGERPRINT.")
    who = _Who(actor, commit)
    if file:
        if shard:
            raise click.UsageError("--shard is for folders; give each part its own plan file.")
        return _apply_saved(run, file, folders, strict, who, jobs)
    chosen = part_of(folders, shard)
    must_differ(chosen, run, jobs)
    allowed = Allowed(expect, what_was_reviewed() if reviewed else None, same_files)
    asking = not (yes or allowed.is_decided)  # of a person one thing at a time
    step = partial(_apply_fresh, run, allowed, asking, strict, who)
    return _each(run, step, chosen, 1 if asking else jobs, chosen, len(folders) > 1)


def _is_decided(expect: str | None, reviewed: bool, same_files: bool) -> bool:
    """Whether an option says what may be applied.

    Raises:
        UsageError: more than one does, or ``expect`` is empty.
    """
    if expect is not None and not expect.strip():
        raise click.UsageError("--expect is empty: it takes the fingerprint that `seatsync plan` printed.")
    ways = sum((bool(expect), reviewed, same_files))
    if ways > 1:
        raise click.UsageError(_ONE_WAY)
    return ways > 0


def _each(
    run: Run, step: Step, items: Sequence[Any], jobs: int | None, names: Sequence[object], is_several: bool
) -> int:
    """Apply each of the items; the exit code for all, and for several what became of each, by its name."""
    done = each(step, items, run, jobs, "Applying to")
    outcomes = [(name, one.code, one.result or "with nothing to do") for name, one in zip(names, done, strict=True)]
    if is_several:
        summary(run, outcomes)
    return exits.worst(code for _, code, _ in outcomes)


_ONE_WAY = (
    "One plan file, --expect, --reviewed or --same-files at a time: each says what may be applied. "
    "With --yes or one of these all paths are folders; a plan file asks nothing, and needs no --yes."
)


def _meant(paths: Sequence[str], folders_alone: bool) -> tuple[Path | None, list[Path]]:
    """The plan file, which only the first path can name, and the folders.

    With ``folders_alone`` no file is a plan: institutions/* matches whatever lies there, also what somebody put there who may
    not apply.

    Raises:
        UsageError: a plan file is named where none can be.
    """
    if not paths or not _names_plan(Path(paths[0])) or (folders_alone and len(paths) > 1):
        return None, as_folders(paths)
    file, *others = paths
    if folders_alone or any(is_plan(Path(other)) or _is_missing_plan(Path(other)) for other in others):
        raise click.UsageError(_ONE_WAY)
    return Path(file), as_folders(others)


def _names_plan(path: Path) -> bool:
    return path.suffix == ".json" or is_plan(path)


def _is_missing_plan(path: Path) -> bool:
    return path.suffix == ".json" and not path.exists()


class _Who:
    """Who applies, because of which commit."""

    def __init__(self, actor: str | None, commit: str | None) -> None:
        self.actor = actor
        self.commit = commit

    def told(self, folder: Path) -> tuple[str, str]:
        from seatsync.cli.surroundings import actor, commit

        return self.actor or actor(), self.commit or commit(folder)


def _apply_fresh(
    run: Run, allowed: Allowed, asking: bool, strict: bool, who: _Who, folder: Path
) -> tuple[int, str | None]:
    plan, _ = try_plan(folder, run)
    if plan is None:
        return ExitCode.INVALID, None
    if run.format == "text" or asking:
        told = Shown(to_be_shown(plan, folder, run), [], folder)
        show([told], False, replace(run, format="text", quiet=run.quiet and not asking))
    accepted = _accepted(plan)
    if accepted is None or too_strict(plan, strict):
        click.echo("Nothing was applied.", err=True)
        return (ExitCode.INVALID if accepted is not None else ExitCode.REFUSED), None
    if objection := allowed.objection(plan, folder, run):
        click.echo(f"seatsync: {objection[0]}", err=True)
        click.echo(f"  → Nothing was applied. {objection[1]}", err=True)
        return ExitCode.STALE, None
    if asking and plan.changes and not click.confirm("Apply this?", err=True):
        click.echo("Nothing was applied.", err=True)
        return ExitCode.BROKEN, None
    return _carry_out(run, folder, accepted, who, shown=True)


def _apply_saved(run: Run, file: Path, folders: list[Path], strict: bool, who: _Who, jobs: int | None) -> int:
    plans, _ = load_plans(file)
    ids = {folder: institution_id(folder) for folder in folders}
    pairs = [(plan, _folder_of(plan, ids, run)) for plan in plans]
    step = partial(_apply_one_saved, run, strict, who)
    return _each(run, step, pairs, jobs, [plan.institution for plan in plans], len(plans) > 1)


def _apply_one_saved(run: Run, strict: bool, who: _Who, pair: tuple[Plan, Path]) -> tuple[int, str | None]:
    plan, folder = pair
    if plan.redacted:
        known = plan.fingerprint or "FINGERPRINT"
        help = f"Apply what was reviewed by its fingerprint: `seatsync apply --expect {known}`."
        raise click.UsageError(f"The plan of {plan.institution} has pseudonyms in place of e-mails (--redact). {help}")
    accepted = _accepted(plan)
    if accepted is None or too_strict(plan, strict):
        show([Shown(to_be_shown(plan, folder, run), [], folder)], False, run)
        click.echo("Nothing was applied.", err=True)
        return (ExitCode.REFUSED if accepted is None else ExitCode.INVALID), None
    return _carry_out(run, folder, accepted, who, shown=False)


def _folder_of(plan: Plan, ids: Mapping[Path, str | None], run: Run) -> Path:
    """The folder of a plan's institution, whose ledger is meant; any will do where --ledger names it, and none says whose it is."""
    from seatsync.apply.apply import ForeignLedger
    from seatsync.ledger.database import FILE

    for folder, id in ids.items():
        # Files that can't be read say nothing of whose they are; the ledger beside them does, and is asked later.
        if id == plan.institution or (id is None and (folder / FILE).exists()):
            return folder
    if run.ledger and not any(ids.values()):
        return next(iter(ids))
    if any(ids.values()):
        there = ", ".join(f"{folder} is that of {id or 'nobody'}" for folder, id in ids.items())
        raise ForeignLedger(f'the plan is for "{plan.institution}", but {there}')
    named = ", ".join(map(str, ids))
    raise click.UsageError(
        f'Where is "{plan.institution}"? Not in {named}: name its folder behind the plan, or give --ledger.'
    )


def _accepted(plan: Plan) -> AcceptedPlan | None:
    from seatsync.planning.plan import accept

    return accept(plan)


def _must_last(run: Run, folder: Path) -> None:
    """A ledger that a job makes for itself is gone with its runner, and the next one would begin anew.

    Raises:
        UsageError: this is such a job, and no ledger is named.
    """
    from seatsync.ledger.database import FILE

    job = "GITHUB_ACTIONS" in os.environ or "GITLAB_CI" in os.environ
    if job and run.ledger is None and not (folder / FILE).exists():
        help = "Set SEATSYNC_LEDGER to a database, or to git (docs/ci.md)."
        raise click.UsageError(f"No ledger is named, and a {FILE} made here would be gone with this runner. {help}")


def _carry_out(run: Run, folder: Path, plan: AcceptedPlan, who: _Who, shown: bool) -> tuple[int, str | None]:
    from seatsync.apply.apply import carry_out
    from seatsync.domain.diagnostic import counted

    _must_last(run, folder)
    ledger = ledger_of(run, folder, plan.institution)
    actor, commit = who.told(folder)
    redactor = redactor_of(folder, plan.institution, run)
    with run.step(f"Applying {counted(len(plan.changes), 'change')}"):
        applied = carry_out(ledger, plan, run.at, actor, commit)
    if run.format == "json":
        told: dict[str, Any] = {
            "institution": plan.institution,
            "applied": bool(plan.changes),
            "serial": applied.serial,
            "head": applied.head,
            "fingerprint": plan.fingerprint if redactor is None else redactor.fingerprint(plan.fingerprint),
            "summary": plan.summary,
            "letters": applied.letters,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    elif plan.changes:
        done = f"{counted(len(plan.changes), 'change')}, {counted(applied.letters, 'letter')} in the outbox"
        run.say(f"Applied to {ledger}: {done}. The journal stands at {applied.serial:,}, head {applied.head}.")
    elif not shown:
        run.say(f"Nothing to apply; {ledger} is as the files ask.")
    return ExitCode.DONE, "changed" if plan.changes else None
