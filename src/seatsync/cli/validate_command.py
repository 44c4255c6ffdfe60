"""``seatsync validate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from seatsync.cli import exits
from seatsync.cli.options import Run, common, folders, option, prefix


@click.command("validate")
@folders
@option("--strict", is_flag=True, help="Warnings count as errors.")
@common("text", "json", "markdown")
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
    from seatsync.reports import markdown, text
    from seatsync.reports.view import shown
    from seatsync.sources.load import load

    stops = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    told: list[dict[str, Any]] = []
    everything = []
    for folder in folders:
        desired, found = load(folder)
        if desired is not None:
            draft = resolve(desired, Snapshot(), run.today)
            found = [*found, *warnings_of_files(Case(draft, {}))]
        everything += [shown(diagnostic, prefix(folder)) for diagnostic in found]
        told += [as_json(diagnostic, folder) for diagnostic in found]
        if run.format == "text":
            out = text.stdout(run.no_color)
            text.diagnostics(out, found, prefix(folder))
            if not run.quiet:
                out.print(f"{folder}: {text.summary(found)}")
    if run.format == "json":
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif run.format == "markdown":
        click.echo(markdown.diagnostics(everything) or "Nothing is wrong with the files.\n", nl=False)
    return exits.INVALID if any(diagnostic.severity in stops for diagnostic in everything) else exits.DONE


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
