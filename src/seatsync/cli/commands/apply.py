"""``seatsync apply``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import click

from seatsync.cli.applying.authorization import Authorization, check_known, expected
from seatsync.cli.applying.carry_out import Author
from seatsync.cli.applying.chosen import apply_chosen
from seatsync.cli.applying.fresh import apply_fresh
from seatsync.cli.applying.reviewed import apply_reviewed
from seatsync.cli.applying.saved import apply_saved
from seatsync.cli.applying.together import apply_each
from seatsync.cli.changed.since import changed_since_option, chosen_of
from seatsync.cli.changed.without_folder import say_without_folder
from seatsync.cli.commands.plan import is_plan, load_plans
from seatsync.cli.in_git import places_in_git
from seatsync.cli.institutions import many, part_of
from seatsync.cli.options import chosen_folders, common, folder, option
from seatsync.cli.outcome import Record, recorded
from seatsync.cli.run import Run


@click.command("apply")
@click.argument("paths", nargs=-1, metavar="[PLAN.json] [FOLDER]...")
@folder
@option(
    "--expect",
    multiple=True,
    metavar="[ID=]FINGERPRINT",
    help="Apply only a plan with this fingerprint. Give it once for each institution with changes, or several separated by spaces.",
)
@option(
    "--reviewed",
    is_flag=True,
    help="Apply only what the comments on the merged pull requests show, and only where files have changed since the last apply.",
)
@option(
    "--same-files",
    is_flag=True,
    help="Apply only what is due by date: end dates and reminders. Stops if the content of the files has changed since "
    "the last apply; comments and line ends do not count.",
)
@option(
    "--allow-outdated",
    is_flag=True,
    help="Apply files although a newer state of them was applied before. The journal says so.",
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
@changed_since_option
@many
@common("text", "json")
def command(
    run: Run,
    paths: tuple[str, ...],
    folder: Path,
    expect: tuple[str, ...],
    reviewed: bool,
    same_files: bool,
    allow_outdated: bool,
    yes: bool,
    strict: bool,
    actor: str | None,
    commit: str | None,
    outcome: Path | None,
    changed_since: str | None,
    shard: tuple[int, int] | None,
    jobs: int | None,
) -> int:
    """Make the changes of a plan.

    \b
    seatsync apply                       plan, show the plan, ask, apply
    seatsync apply plan.json             apply exactly the saved plan, or nothing; does not ask
    seatsync apply --expect FINGERPRINT  plan again, and apply only the reviewed plan
    seatsync apply --reviewed            in a pipeline: what the merged pull requests showed, commit by commit
    seatsync apply --same-files          every night: only end dates and reminders
    seatsync apply --yes institutions/*  several institutions in parallel, without asking
    seatsync apply --yes --shard 2/8 institutions/*

    Only the first path can be a plan file. With --yes, --expect, --reviewed or --same-files all paths are folders; files
    that institutions/* matches are ignored.

    The seal of a plan file finds damage and edits, but it is not a signature. Apply only plan files of your own pipeline,
    kept where nobody else can write, or use --expect or --reviewed.

    Each institution is applied completely or not at all. Exits with 4 if the plan is blocked, with 5 if the ledger has
    changed since the plan, the fingerprint differs, or a newer state of the files in Git was applied before.
    """
    has_authorization = _has_authorization(expect, reviewed, same_files)
    file, folders = _plan_and_folders(paths, folder, yes or has_authorization)
    if not (file or yes or has_authorization or sys.stdin.isatty()):
        raise click.UsageError(
            "seatsync can't ask without a terminal: give --yes, a plan file, or --expect FINGERPRINT."
        )
    if file and shard:
        raise click.UsageError("--shard is for folders; give each part its own plan file.")
    if file and changed_since is not None:
        raise click.UsageError("--changed-since is for folders; a plan file has institutions of its own.")
    if reviewed and changed_since is not None:
        raise click.UsageError("--reviewed finds what has changed since the last apply: it needs no --changed-since.")
    author = Author(actor, commit, allow_outdated)
    part = part_of(folders, shard)
    with _recorded(outcome, author, part) as record:
        if file:
            return apply_saved(run, load_plans(file)[0], folders, strict, author, jobs, record)
        chosen = chosen_of(part, changed_since, run, jobs)
        names = [item.folder for item in chosen.items]
        record.only(names, chosen.unchanged, chosen.base)
        if reviewed:
            return apply_reviewed(run, part, strict, author, jobs, len(folders) > 1, record)
        authorization = Authorization(expected(expect), same_files, len(folders) > 1)
        check_known(authorization.expect, folders)
        asks = not (yes or authorization.is_given)
        step = partial(apply_chosen, run, partial(apply_fresh, run, authorization, asks, strict, author))
        items = [*zip(chosen.items, places_in_git(names), strict=True)]
        code = apply_each(run, step, items, 1 if asks else jobs, names, len(folders) > 1, record, names)
        chosen.say(run, "applied")
        if same_files and changed_since is None and shard is None:
            say_without_folder(folders, chosen.ids, run)
        return code


def _recorded(file: Path | None, author: Author, folders: Sequence[Path]) -> AbstractContextManager[Record]:
    """Record the outcome of the block in the ``file``, if one is given."""
    from seatsync.cli.environment import run_address

    if file is None:
        return nullcontext(Record())
    way = next((name for name in ("expect", "reviewed", "same-files") if _is_given(name)), "")
    commit = author.for_journal(folders[0] if folders else Path())[1]
    return recorded(Record(file, f"apply --{way}" if way else "apply", commit, run_address(), folders))


def _is_given(option: str) -> bool:
    return bool(click.get_current_context().params[option.replace("-", "_")])


def _has_authorization(expect: Sequence[str], reviewed: bool, same_files: bool) -> bool:
    """Whether an option says what may be applied without asking.

    Raises:
        UsageError: more than one option does.
    """
    number = sum((bool(expect), reviewed, same_files))
    if number > 1:
        raise click.UsageError(_ONE_WAY)
    return number > 0


_ONE_WAY = (
    "Give only one of these: a plan file, --expect, --reviewed or --same-files. With --expect, --reviewed, --same-files "
    "or --yes, give folders and no plan file. A plan file is applied without asking, so it needs no --yes."
)


def _plan_and_folders(paths: Sequence[str], folder: Path, only_folders: bool) -> tuple[Path | None, list[Path]]:
    """The plan file, which can only be the first path, and the folders.

    With ``only_folders`` no file is taken as a plan: institutions/* matches all files there, even one put there by a person
    who may not apply.

    Raises:
        UsageError: a plan file is named where only folders are allowed.
    """
    if not paths or not _names_plan(Path(paths[0])) or (only_folders and len(paths) > 1):
        return None, chosen_folders(paths, folder)
    file, *others = paths
    if only_folders or any(is_plan(Path(other)) or _is_missing_plan(Path(other)) for other in others):
        raise click.UsageError(_ONE_WAY)
    return Path(file), chosen_folders(others, folder)


def _names_plan(path: Path) -> bool:
    return path.suffix == ".json" or is_plan(path)


def _is_missing_plan(path: Path) -> bool:
    return path.suffix == ".json" and not path.exists()
