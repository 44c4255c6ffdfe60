"""``seatsync validate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from seatsync.cli import exits
from seatsync.cli.options import Run, common, folders, option, prefix
from seatsync.cli.reading import without_names
from seatsync.cli.showing import Shown, show


@click.command("validate")
@folders
@option("--strict", is_flag=True, help="Warnings count as errors.")
@common("text", "json", "markdown", "github", "sarif")
def command(run: Run, folders: list[Path], strict: bool) -> int:
    """Check the files alone; no ledger.

    \b
    seatsync validate                         the current folder
    seatsync validate --strict institutions/* warnings count too
    seatsync validate --format json | jq '.[].message'

    Every mistake is told in one run, each with its file, line and column, and what to do.
    """
    from seatsync.domain.diagnostic import Severity
    from seatsync.domain.snapshot import Snapshot
    from seatsync.planning.diff import resolve
    from seatsync.refusals.case import Case
    from seatsync.refusals.warn import warnings_of_files
    from seatsync.reports import text
    from seatsync.sources.load import load

    stops = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    told = []
    for folder in folders:
        desired, found = load(folder)
        if desired is not None:
            draft = resolve(desired, Snapshot(), run.today)
            found = [*found, *warnings_of_files(Case(draft, {}))]
        found = without_names(found, run)
        told.append(Shown(None, found, folder))
        if run.format == "text":
            out = text.stdout(run.no_color)
            text.diagnostics(out, found, prefix(folder))
            if not run.quiet:
                out.print(f"{folder}: {text.summary(found)}")
    everything = [finding for one in told for finding in one.found]
    if run.format == "json":
        objects = [as_json(finding, one.folder) for one in told for finding in one.found]
        click.echo(json.dumps(objects, indent=2, ensure_ascii=False))
    elif run.format == "markdown" and not everything:
        click.echo("Nothing is wrong with the files.")
    elif run.format != "text":
        show(told, len(folders) > 1, run)
    return exits.INVALID if any(finding.severity in stops for finding in everything) else exits.DONE


def as_json(diagnostic: Any, folder: Path) -> dict[str, Any]:
    """A diagnostic as the contract writes it."""
    origin = diagnostic.origin
    source = {"file": prefix(folder) + origin.file, "line": origin.line, "column": origin.column} if origin else None
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "source": source,
    }
