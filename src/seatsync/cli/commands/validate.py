"""``seatsync validate``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.changed.since import Chosen, changed_since_option, chosen, proposal_option
from seatsync.cli.changed.task import Task
from seatsync.cli.options import chosen_folders, common, folder, option
from seatsync.cli.output.findings import named, prefix, without_names, write_findings
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.sources.files import NAME, Folder

if TYPE_CHECKING:
    from seatsync.domain.desired import Desired
    from seatsync.domain.diagnostic import Diagnostic


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[FOLDER]... | FILE")
@folder
@option("--of-files", is_flag=True, help="The paths are files; check the institutions they belong to.")
@option("--strict", is_flag=True, help="Treat warnings as errors.")
@changed_since_option
@proposal_option
@common("text", "json", "markdown", "github", "gitlab", "sarif", pages=True)
def command(
    run: Run,
    paths: tuple[str, ...],
    folder: Path,
    of_files: bool,
    strict: bool,
    changed_since: str | None,
    proposal: Path | None,
) -> int:
    """Check the files, without the ledger.

    \b
    seatsync validate                         the current folder
    seatsync validate --verbose               also how each column of the rosters was read, and who was left out
    seatsync validate students.csv            one roster alone: how it is read, who is left out, what is wrong
    seatsync validate --strict institutions/* warnings count too
    seatsync validate --format json | jq '.[].message'
    seatsync validate --of-files grace/members.csv harbor/seatsync.yaml
    seatsync validate --changed-since main institutions/*

    Prints all mistakes in one run, each with its file, line and column, and how to fix it.
    """
    from seatsync.domain.diagnostic import Severity
    from seatsync.reports import text

    file = _one_file(paths) if not of_files else None
    if file is not None:
        return _validate_one(file, run, strict)
    folders = _folders_of(paths) if of_files else chosen_folders(paths, folder)
    if not (of_files or changed_since or proposal):  # these may name what is not here any more, or only in the proposal
        _must_exist(paths)
    if not folders:
        run.say("Nothing was checked: none of these files is in an institution's folder.")
    stops = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    todo = chosen(folders, changed_since, proposal)
    results = []
    for one in _checked(todo, run):
        results.append(one)
        if run.format == "text":
            out = text.stdout(run.no_color)
            write_findings(out, one.folder, one.found, run)
            _show_details(one.details, run)
            if not run.quiet:
                out.line((f"{named(one.folder)}: {text.summary(one.found)}", ""))
    everything = [finding for one in results for finding in one.found]
    others = [words for words in (todo.in_words("checked"), _of_fork()) if words]
    if run.format == "json":
        objects = [as_json(finding, one.folder) for one in results for finding in one.found]
        click.echo(json.dumps(objects, indent=2, ensure_ascii=False))
    elif run.format == "markdown" and not everything:
        click.echo("\n\n".join(["The files have no mistakes.", *others]))
    elif run.format != "text":
        show(results, len(folders) > 1, run, others)
    for words in others:
        run.say(words)
    return ExitCode.INVALID if any(finding.severity in stops for finding in everything) else ExitCode.DONE


def _checked(todo: Chosen, run: Run) -> Iterator[FolderResult]:
    """Yield what is found in each folder, and of the institutions that have none any more."""
    from seatsync.outbox.rendering import Templates
    from seatsync.refusals.warn import warnings_of_files
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load
    from seatsync.sources.rosters.told import in_detail, notices
    from seatsync.sources.rosters.unnamed import unnamed

    for item in todo.items:
        folder, found, details = item.folder, [], list[str]()
        if not isinstance(item, Task):
            from seatsync.cli.changed.ended_plan import finding_without_ledger

            found = [finding_without_ledger(item)]
        if isinstance(item, Task) or item.task is not None:
            desired, mistakes, rosters = load(InstitutionFolder.open(folder), run.now)
            found += [one for one in mistakes if not _is_told_by_plan(one, desired)]
            found += [notice for roster in rosters for notice in notices(roster)]
            details = [line for roster in rosters for line in in_detail(roster)] if run.verbose else []
            if desired is not None:
                named = {
                    *desired.files,
                    *(export.path for export in desired.exports),
                    *(one.path for one in desired.rosters),
                }
                found += unnamed(Folder(folder), named)
            found += Templates(folder).check()
            if desired is not None:
                found += warnings_of_files(desired, run.today(desired.institution.timezone))
        yield FolderResult(None, without_names(found, run), folder, details)


def _must_exist(paths: Iterable[str]) -> None:
    """Refuse a mistyped path, with the near name that is there.

    Raises:
        UsageError: nothing has this name.
    """
    from seatsync.domain.text.guesses import did_you_mean

    for path in map(Path, paths):
        if path.name != NAME and not os.path.lexists(path):
            beside = sorted(one.name for one in path.parent.iterdir()) if path.parent.is_dir() else []
            raise click.UsageError(f"There is no file or folder {path}. {did_you_mean(path.name, beside)}".rstrip())


def _one_file(paths: tuple[str, ...]) -> Path | None:
    """The path if it is one roster alone: a file, or a folder with a set of files that is no institution's."""
    path = Path(paths[0]) if len(paths) == 1 else None
    if path is None or path.name == NAME:
        return None
    is_set = path.is_dir() and not (path / NAME).is_file() and any(path.glob("*.csv"))
    return path if path.is_file() or is_set else None


def _validate_one(file: Path, run: Run, strict: bool) -> int:
    """Show how one roster is read, who is left out of it, and what is wrong with it."""
    from seatsync.domain.diagnostic import Severity
    from seatsync.refusals.warnings.members import garbled
    from seatsync.reports import text
    from seatsync.sources.one_roster import NotARoster, read_one
    from seatsync.sources.rosters.told import in_detail, notices

    try:
        folder, reader, found = read_one(file, run.now)
    except NotARoster as other:
        raise click.UsageError(f"{other}. `seatsync validate FOLDER` checks it with its institution.") from other
    found = without_names([*found, *garbled(reader.members), *notices(reader)], run)
    if run.format == "text":
        out = text.stdout(run.no_color)
        _show_details([*in_detail(reader)], run)
        write_findings(out, folder, found, run)
        if not run.quiet:
            out.line((f"{file}: {text.summary(found)}", ""))
    elif run.format == "json":
        click.echo(json.dumps([as_json(one, folder) for one in found], indent=2, ensure_ascii=False))
    else:
        show([FolderResult(None, found, folder)], False, run)
    stops = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return ExitCode.INVALID if any(one.severity in stops for one in found) else ExitCode.DONE


def _show_details(lines: Iterable[str], run: Run) -> None:
    from seatsync.reports import text

    out = text.stdout(run.no_color)
    for line in lines:
        out.line((line, ""))


def _is_told_by_plan(finding: Diagnostic, desired: Desired | None) -> bool:
    """Whether it is a notice about an export under review. The plan that reads the export tells it, once; the file stays for long."""
    from seatsync.domain.diagnostic import Severity

    if finding.severity is not Severity.NOTICE or finding.origin is None or desired is None:
        return False
    return finding.origin.file in {export.path for export in desired.exports}


def _of_fork() -> str:
    """What the author and the reviewers of a fork's pull request should know; empty for others."""
    from seatsync.sources.encryption.forks import is_from_a_fork

    if not is_from_a_fork(os.environ):
        return ""
    return (
        "This pull request is from a fork, so its files are checked here, and not planned. If no other workflow plans it "
        "(`seatsync init --ci github --forks`), nobody has reviewed its plan, and the apply after the merge stops with 5. "
        "To fix: push its branch to this repository before the merge, and open the pull request from there."
    )


def _folders_of(files: Iterable[str]) -> list[Path]:
    """The institutions' folders that contain these files, each once, in the order of the files."""
    above = (parent for file in files for parent in (Path(file).parent, *Path(file).parent.parents)[:_MOST_LEVELS])
    return list(dict.fromkeys(folder for folder in above if (folder / NAME).is_file()))


_MOST_LEVELS = 16


def as_json(diagnostic: Any, folder: Path) -> dict[str, Any]:
    """A diagnostic as JSON, with its file's path from the current folder."""
    origin = diagnostic.origin
    source = {"file": prefix(folder) + origin.file, "line": origin.line, "column": origin.column} if origin else None
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "source": source,
    }
