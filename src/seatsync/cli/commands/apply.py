"""``seatsync apply``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli import exits
from seatsync.cli.commands.plan import is_plan, load_plans
from seatsync.cli.institution import institution_id, ledger_of
from seatsync.cli.institutions import Step, check_distinct, each, many, part_of, summary
from seatsync.cli.options import as_folders, common, option
from seatsync.cli.outcome import Outcome, Record, recorded
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import printable_plan, redactor_of, stopped_by_warnings, try_plan
from seatsync.cli.reviewed_plan import Authorization, reviewed_plans
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.planning.plan import AcceptedPlan, Plan


@click.command("apply")
@click.argument("paths", nargs=-1, metavar="[PLAN.json] [FOLDER]...")
@option("--expect", metavar="FINGERPRINT", help="Apply only if the new plan has this fingerprint.")
@option("--reviewed", is_flag=True, help="Apply only the plan in the comment on this commit's pull request.")
@option(
    "--same-files",
    is_flag=True,
    help="Apply only what is due by date: end dates and reminders. Stops if the content of the files has changed since "
    "the last apply; comments and line ends do not count.",
)
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@option("--strict", is_flag=True, help="Stop if the plan has warnings.")
@option("--actor", help="The person or pipeline, for the journal. Default: from CI or the system.")
@option("--commit", help="The Git commit of the files, for the journal. Default: from CI or Git.")
@option(
    "--outcome",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what became of each institution to this file, also if the apply fails. `seatsync notify` tells it.",
)
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
    outcome: Path | None,
    shard: tuple[int, int] | None,
    jobs: int | None,
) -> int:
    """Make the changes of a plan.

    \b
    seatsync apply                       plan, show the plan, ask, apply
    seatsync apply plan.json             apply exactly the saved plan, or nothing; does not ask
    seatsync apply --expect FINGERPRINT  plan again, and apply only the reviewed plan
    seatsync apply --reviewed            the same in a pipeline: the plan in the pull request's comment
    seatsync apply --same-files          every night: only end dates and reminders
    seatsync apply --yes institutions/*  several institutions in parallel, without asking
    seatsync apply --yes --shard 2/8 institutions/*

    Only the first path can be a plan file. With --yes, --expect, --reviewed or --same-files all paths are folders; files
    that institutions/* matches are ignored.

    The seal of a plan file finds damage and edits, but it is not a signature. Apply only plan files of your own pipeline,
    kept where nobody else can write, or use --expect or --reviewed.

    Each institution is applied completely or not at all. Exits with 4 if the plan is blocked, with 5 if the ledger has
    changed since the plan or the fingerprint differs.
    """
    has_authorization = _has_authorization(expect, reviewed, same_files)
    file, folders = _plan_and_folders(paths, yes or has_authorization)
    if not (file or yes or has_authorization or sys.stdin.isatty()):
        raise click.UsageError(
            "seatsync can't ask without a terminal: give --yes, a plan file, or --expect FINGERPRINT."
        )
    if file and shard:
        raise click.UsageError("--shard is for folders; give each part its own plan file.")
    author = _Author(actor, commit)
    chosen = part_of(folders, shard)
    with _recorded(outcome, author, chosen) as record:
        if file:
            return _apply_saved(run, file, folders, strict, author, jobs, record)
        check_distinct(chosen, run, jobs)
        authorization = Authorization(expect, reviewed_plans() if reviewed else None, same_files)
        asks = not (yes or authorization.is_given)
        step = partial(_apply_fresh, run, authorization, asks, strict, author)
        return _each(run, step, chosen, 1 if asks else jobs, chosen, len(folders) > 1, record)


def _recorded(file: Path | None, author: _Author, folders: Sequence[Path]) -> AbstractContextManager[Record]:
    """Record the outcome of the block in the ``file``, if one is given."""
    from seatsync.cli.environment import run_address

    if file is None:
        return nullcontext(Record())
    way = next((name for name in ("expect", "reviewed", "same-files") if _is_given(name)), "")
    commit = author.for_journal(folders[0] if folders else Path())[1]
    return recorded(Record(file, f"apply --{way}" if way else "apply", commit, run_address(), folders))


def _is_given(option: str) -> bool:
    return bool(click.get_current_context().params[option.replace("-", "_")])


def _has_authorization(expect: str | None, reviewed: bool, same_files: bool) -> bool:
    """Whether an option says what may be applied without asking.

    Raises:
        UsageError: more than one option does, or ``expect`` is empty.
    """
    if expect is not None and not expect.strip():
        raise click.UsageError("--expect is empty: give the fingerprint that `seatsync plan` printed.")
    number = sum((bool(expect), reviewed, same_files))
    if number > 1:
        raise click.UsageError(_ONE_WAY)
    return number > 0


def _each(
    run: Run,
    step: Step,
    items: Sequence[Any],
    jobs: int | None,
    names: Sequence[object],
    is_several: bool,
    record: Record,
) -> int:
    """Apply each item, print a summary if there are several, and return the exit code. ``names`` are the items' names."""
    told: list[tuple[object, int, str]] = []
    for number, done in enumerate(each(step, items, run, jobs, "Applying to")):
        outcome: Outcome = done.result or Outcome(result="stopped", message=done.failure[0], help=done.failure[1])
        record.note(number, outcome._replace(code=done.code))
        told.append((names[number], done.code, "changed" if outcome.result == "applied" else "without changes"))
    code = exits.worst(code for _, code, _ in told)
    record.end(code)
    if is_several:
        summary(run, told)
    return code


_ONE_WAY = (
    "Give only one of these: a plan file, --expect, --reviewed or --same-files. With --expect, --reviewed, --same-files "
    "or --yes, give folders and no plan file. A plan file is applied without asking, so it needs no --yes."
)


def _plan_and_folders(paths: Sequence[str], only_folders: bool) -> tuple[Path | None, list[Path]]:
    """The plan file, which can only be the first path, and the folders.

    With ``only_folders`` no file is taken as a plan: institutions/* matches all files there, even one put there by a person
    who may not apply.

    Raises:
        UsageError: a plan file is named where only folders are allowed.
    """
    if not paths or not _names_plan(Path(paths[0])) or (only_folders and len(paths) > 1):
        return None, as_folders(paths)
    file, *others = paths
    if only_folders or any(is_plan(Path(other)) or _is_missing_plan(Path(other)) for other in others):
        raise click.UsageError(_ONE_WAY)
    return Path(file), as_folders(others)


def _names_plan(path: Path) -> bool:
    return path.suffix == ".json" or is_plan(path)


def _is_missing_plan(path: Path) -> bool:
    return path.suffix == ".json" and not path.exists()


class _Author:
    """The actor and commit of the command line, for the journal; empty if not given."""

    def __init__(self, actor: str | None, commit: str | None) -> None:
        self.actor = actor
        self.commit = commit

    def for_journal(self, folder: Path) -> tuple[str, str]:
        """Actor and commit; those not given come from CI, the system or the folder's Git."""
        from seatsync.cli.environment import actor, commit

        return self.actor or actor(), self.commit or commit(folder)


def _apply_fresh(
    run: Run, authorization: Authorization, asks: bool, strict: bool, author: _Author, folder: Path
) -> tuple[int, Outcome]:
    """Plan a folder again and apply the plan, after asking a person if ``asks``. Exit code, and what became of it."""
    plan, found = try_plan(folder, run)
    if plan is None:
        return ExitCode.INVALID, _of_errors(found)
    if run.format == "text" or asks:
        result = FolderResult(printable_plan(plan, folder, run), [], folder)
        show([result], False, replace(run, format="text", quiet=run.quiet and not asks))
    accepted = _accepted(plan)
    if accepted is None or stopped_by_warnings(plan, strict):
        click.echo("Nothing was applied.", err=True)
        return (ExitCode.INVALID if accepted is not None else ExitCode.REFUSED), _stopped(plan, folder, run)
    if objection := authorization.objection(plan, folder, run):
        reason, help = objection
        click.echo(f"seatsync: Nothing was applied: {reason}", err=True)
        exits.say_fix(help)
        return ExitCode.STALE, _stopped(plan, folder, run, reason, help)
    if asks and plan.changes and not click.confirm("Apply this?", err=True):
        click.echo("Nothing was applied.", err=True)
        return ExitCode.BROKEN, _stopped(plan, folder, run, "A person said no.")
    return _carry_out(run, folder, accepted, author, plan_was_shown=True, same_files=authorization.same_files)


def _of_errors(found: Sequence[Diagnostic]) -> Outcome:
    """The outcome where the files have errors: their places and codes, because their messages may name people."""
    from seatsync.domain.diagnostic import Severity, counted

    errors = [one for one in found if one.severity is Severity.ERROR]
    places = [f"{one.code} ({one.origin.file}:{one.origin.line})" if one.origin else one.code for one in errors[:3]]
    more = ", …" if len(errors) > len(places) else ""
    message = f"The files have {counted(len(errors), 'error')}: {', '.join(places)}{more}."
    return Outcome(result="stopped", message=message, help="Correct the files in a new pull request.")


def _stopped(plan: Plan, folder: Path, run: Run, message: str = "", help: str = "") -> Outcome:
    """The outcome where nothing of a plan was applied; without a ``message`` because of its broken rules or warnings."""
    if not message:
        findings = plan.refusals or plan.warnings
        codes = ", ".join(dict.fromkeys(one.code for one in findings))
        message = (
            f"The plan is blocked: {codes}."
            if plan.refusals
            else f"The plan has warnings, and --strict is on: {codes}."
        )
        help = "Correct the files in a new pull request, or approve the exception there. Its plan says how."
    told = _of_plan(plan, folder, run)
    return told._replace(result="stopped", message=message, help=help)


def _of_plan(plan: Plan, folder: Path, run: Run) -> Outcome:
    """What is known of an outcome from the plan alone."""
    redactor = redactor_of(folder, plan.institution, run)
    fingerprint = plan.fingerprint if redactor is None else redactor.fingerprint(plan.fingerprint)
    return Outcome(plan.institution, str(folder), fingerprint=fingerprint, summary=plan.summary)


def _apply_saved(
    run: Run, file: Path, folders: list[Path], strict: bool, author: _Author, jobs: int | None, record: Record
) -> int:
    """Apply the plans of a file to the ledgers of the folders."""
    plans, _ = load_plans(file)
    ids = {folder: institution_id(folder) for folder in folders}
    pairs = [(plan, _folder_of(plan, ids, run)) for plan in plans]
    record.institutions([Outcome(plan.institution, str(folder)) for plan, folder in pairs])
    step = partial(_apply_one_saved, run, strict, author)
    return _each(run, step, pairs, jobs, [plan.institution for plan in plans], len(plans) > 1, record)


def _apply_one_saved(run: Run, strict: bool, author: _Author, pair: tuple[Plan, Path]) -> tuple[int, Outcome]:
    plan, folder = pair
    if plan.redacted:
        known = plan.fingerprint or "FINGERPRINT"
        help = f"Apply it by its fingerprint: `seatsync apply --expect {known}`."
        raise click.UsageError(f"The plan of {plan.institution} has pseudonyms instead of e-mails (--redact). {help}")
    accepted = _accepted(plan)
    if accepted is None or stopped_by_warnings(plan, strict):
        show([FolderResult(printable_plan(plan, folder, run), [], folder)], False, run)
        click.echo("Nothing was applied.", err=True)
        return (ExitCode.REFUSED if accepted is None else ExitCode.INVALID), _stopped(plan, folder, run)
    return _carry_out(run, folder, accepted, author, plan_was_shown=False)


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


def _accepted(plan: Plan) -> AcceptedPlan | None:
    from seatsync.planning.plan import accept

    return accept(plan)


def _check_ledger_lasts(run: Run, folder: Path) -> None:
    """Check that a CI job does not create a new ledger on its runner: it would be lost, and the next job would start again.

    Raises:
        UsageError: this is a CI job, and no ledger is named.
    """
    from seatsync.ledger.database import FILE

    job = "GITHUB_ACTIONS" in os.environ or "GITLAB_CI" in os.environ
    if job and run.ledger is None and not (folder / FILE).exists():
        help = "Set SEATSYNC_LEDGER to a database, or to git (docs/ci.md)."
        raise click.UsageError(f"No ledger is named, and a {FILE} created here would be lost with this runner. {help}")


def _carry_out(
    run: Run, folder: Path, plan: AcceptedPlan, author: _Author, plan_was_shown: bool, same_files: bool = False
) -> tuple[int, Outcome]:
    """Apply the plan and print the result. Exit code, and what became of it."""
    from seatsync.apply.apply import carry_out
    from seatsync.domain.diagnostic import counted

    _check_ledger_lasts(run, folder)
    ledger = ledger_of(run, folder, plan.institution)
    actor, commit = author.for_journal(folder)
    told = _of_plan(plan, folder, run)
    with run.step(f"Applying {counted(len(plan.changes), 'change')}"):
        zone = plan.timezone
        applied = carry_out(ledger, plan, run.today(zone), run.at(zone), actor, commit, same_files)
    told = told._replace(
        result="applied" if plan.changes else "unchanged", serial=applied.serial, letters=applied.letters
    )
    if run.format == "json":
        result: dict[str, Any] = {
            "institution": plan.institution,
            "applied": bool(plan.changes),
            "serial": applied.serial,
            "head": applied.head,
            "fingerprint": told.fingerprint,
            "summary": told.summary,
            "letters": applied.letters,
        }
        click.echo(json.dumps(result, ensure_ascii=False))
    elif plan.changes or plan.approvals:
        passed = f", {counted(len(plan.approvals), 'limit')} passed by approval" if plan.approvals else ""
        way = "held: `seatsync outbox release` lets them go" if applied.held else "`seatsync outbox send` sends them"
        sending = f" ({way})" if applied.letters else ""
        done = (
            f"{counted(len(plan.changes), 'change')}{passed}, "
            f"{counted(applied.letters, 'new letter')} in the outbox{sending}"
        )
        head = f"{applied.serial}:{applied.head}"
        journal = f"The journal is now at entry {applied.serial:,}. To check it later, note its head: {head}."
        run.say(f"Applied to {ledger}: {done}. {journal}")
    elif applied.noted:
        run.say(f"Nothing to change. Journal entry {applied.serial:,} of {ledger} notes that these files are applied.")
    elif not plan_was_shown:
        run.say(f"Nothing to apply: {ledger} already matches the files.")
    return ExitCode.DONE, told
