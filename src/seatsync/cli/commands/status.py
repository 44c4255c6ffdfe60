"""``seatsync status``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from seatsync.cli.options import as_of_option, common, folders
from seatsync.cli.planning import institution_snapshot
from seatsync.cli.run import Run

FIGURES = ("total", "used", "available", "reserved", "temporary", "permanent")


@click.command("status")
@folders
@as_of_option
@common("text", "json")
def command(run: Run, folders: list[Path], as_of: datetime | None) -> None:
    """Show the seats of each library: total, used, available, reserved, temporary, permanent.

    \b
    seatsync status
    seatsync status --format json | jq '.libraries[].available'
    seatsync status --as-of 2026-12-31

    The numbers come from the ledger: what was applied, not what the files say.
    """
    institutions = []
    for folder in folders:
        id, snapshot = institution_snapshot(folder, run, as_of)
        if snapshot.serial == 0:
            run.say(f"{id}: nothing has been applied yet.")
        institutions.append(
            {
                "institution": id,
                "libraries": {library: snapshot.slots(library).as_dict() for library in snapshot.libraries},
            }
        )
    if run.format == "json":
        click.echo(json.dumps(institutions if len(folders) > 1 else institutions[0], indent=2, ensure_ascii=False))
        return
    from seatsync.reports import text

    for institution in institutions:
        libraries = institution["libraries"]
        assert isinstance(libraries, dict)
        rows = [(library, *(f"{slots[name]:,}" for name in FIGURES)) for library, slots in libraries.items()]
        out = text.stdout(run.no_color)
        out.table(rows, (str(institution["institution"]), *FIGURES), FIGURES)
        for library, slots in libraries.items():
            if permanent := slots["permanent_reserved"]:
                out.line(
                    (f"{library}: {permanent:,} of the reserved {'is' if permanent == 1 else 'are'} permanent.", "")
                )
