"""What all ``seatsync edit`` commands do: change the files in memory, check them, write them, show the lines and the plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.output.findings import prefix, print_findings
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import plan_result, printable_plan
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure

if TYPE_CHECKING:
    from seatsync.domain.desired import Desired
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.domain.snapshot import Snapshot
    from seatsync.planning.plan import Plan
    from seatsync.sources.editing.config import EditedConfig
    from seatsync.sources.editing.files import EditedFile
    from seatsync.sources.editing.folder import EditedFolder


def carry_out(
    path: Path, run: Run, change: Callable[[EditedFolder], None], revoked: tuple[str, Collection[str]] | None = None
) -> int:
    """Make one change of a folder's files, all of it or nothing; return the exit code.

    ``revoked`` is a library and the keys of members who shall no longer get it.
    """
    from seatsync.sources.editing.writing import alone

    def changed() -> EditedFolder:
        from seatsync.sources.editing.folder import EditedFolder

        folder = EditedFolder(path, run.now, partial(_snapshot, path, run))
        change(folder)
        return folder

    with alone(path, run.lock_timeout):
        return _carry_out(path, run, changed, revoked)


def carry_out_in_config(path: Path, run: Run, change: Callable[[EditedConfig], None]) -> int:
    """Make one change of seatsync.yaml, whose rosters may have mistakes so far; return the exit code."""
    from seatsync.sources.editing.writing import alone

    def changed() -> EditedConfig:
        from seatsync.sources.editing.config import EditedConfig

        config = EditedConfig(path, run.now)
        change(config)
        return config

    with alone(path, run.lock_timeout):
        return _carry_out(path, run, changed, None)


def _carry_out(
    path: Path, run: Run, changed: Callable[[], EditedConfig], revoked: tuple[str, Collection[str]] | None
) -> int:
    from seatsync.sources.editing.config import InvalidFiles
    from seatsync.sources.editing.files import as_edited
    from seatsync.sources.editing.writing import finish, write_all

    if finished := finish(path):
        run.say(f"An edit that was interrupted before is finished: {', '.join(finished)}.")
    try:
        with run.step("Reading the files"):
            folder = changed()
        files = folder.finished()
    except InvalidFiles as invalid:
        print_findings(path, invalid.found, run)
        run.say(
            "So the files would be after this edit, and their lines are those of then. Nothing was written."
            if invalid.after_edit
            else "The files have these mistakes already: correct them first. Nothing was written."
        )
        return ExitCode.INVALID
    plan, told = None, folder.told
    if files and (revoked is not None or run.format == "json" or not run.quiet):
        plan = _plan(path, run, as_edited(path, files))
        if plan is None:  # which would have shown them
            told = [*told, *(warning for warning in _warnings(folder, run) if warning not in told)]
    if plan is not None and revoked is not None:
        _check_not_permanent(plan, *revoked)
    if files:
        write_all(path, files)
    if told:
        print_findings(path, told, run)
    _show(path, run, files, folder.notes, plan)
    return ExitCode.DONE


def _snapshot(path: Path, run: Run, desired: Desired) -> Snapshot:
    from seatsync.ledger.read import read_renamed

    id, was = desired.institution.id, desired.was
    with ledger_of(run, path, id, was=was).reading() as connection:
        return read_renamed(connection, id, was)


def _plan(path: Path, run: Run, instead: Mapping[str, bytes]) -> Plan | None:
    """The plan that the changed files would have; None, and a sentence, where the ledger can't be read."""
    try:
        with run.step("Planning"):
            return plan_result(path, run, instead=instead).plan
    except Failure as failure:
        run.say(f"The plan can't be shown here: {failure} `seatsync plan` shows it where the ledger can be read.")
        return None


def _warnings(folder: EditedConfig, run: Run) -> list[Diagnostic]:
    """What the changed files are warned of as far as no ledger is needed."""
    from seatsync.refusals.warn import warnings_of_files

    desired = folder.after.desired if folder.after is not None else None
    if folder.after is None or desired is None:
        return []
    return [*folder.after.found, *warnings_of_files(desired, run.today(desired.institution.timezone))]


def _check_not_permanent(plan: Plan, library: str, keys: Collection[str]) -> None:
    """Check that the plan takes back none of these members' permanent licenses.

    Raises:
        CannotEdit: it would, and can't.
    """
    from seatsync.domain.text.emails import email_key
    from seatsync.sources.editing.refused import CannotEdit

    for finding in (*plan.refusals, *plan.warnings):
        if finding.code in ("permanent-revoke", "permanent-retained") and finding.library == library:
            owners = [member for member in finding.members if email_key(member) in keys]
            if owners:
                fact = f"{owners[0]} owns {library} permanently. Permanent licenses are never revoked; nothing was written."
                raise CannotEdit(fact, "Leave the grant as it is. The member keeps the license, also after leaving.")


def _show(path: Path, run: Run, files: Sequence[EditedFile], notes: Iterable[str], plan: Plan | None) -> None:
    shown = printable_plan(plan, path, run) if plan is not None else None
    if run.format == "json":
        from seatsync.formats.plan_document import to_document

        lines = [as_json(path, run, file, number) for file in files for number in range(len(file.lines))]
        document = to_document(shown) if shown is not None else None
        click.echo(json.dumps({"changes": lines, "notes": [*notes], "plan": document}, indent=2, ensure_ascii=False))
        return
    _show_lines(path, run, files)
    for note in notes:
        run.say(note)
    if not files:
        run.say("Nothing to do.")
    elif shown is not None and not run.quiet:
        click.echo()
        show([FolderResult(shown, [], path)], False, run)


def as_json(path: Path, run: Run, file: EditedFile, number: int) -> dict[str, object]:
    """Lines that were changed, as JSON; where names are left out, only their place."""
    lines = file.lines[number]
    place = {"file": prefix(path) + file.name, "line": lines.line}
    if run.redactor is not None:
        return place
    return {**place, "before": [*lines.before], "after": [*lines.after]}


def _show_lines(path: Path, run: Run, files: Sequence[EditedFile]) -> None:
    """Print the changed lines as a small diff; where names are left out, only their places."""
    from seatsync.reports import text
    from seatsync.reports.view.escaping import escape_controls

    out = text.stdout(run.no_color)
    line = partial(out.line, folded=False)
    for file in files:
        if file.before is None or file.after is None:
            line((f"{prefix(path)}{file.name} ({'new' if file.before is None else 'deleted'})", "bold"))
        for lines in file.lines:
            line((f"{prefix(path)}{file.name}:{lines.line}", "bold"))
            if run.redactor is None:
                for before in lines.before:
                    line((f"- {escape_controls(before)}", "red"))
                for after in lines.after:
                    line((f"+ {escape_controls(after)}", "green"))
