"""``seatsync licenses``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seatsync.cli.listing import Filters, filters, print_rows, select_members, sort_rows
from seatsync.cli.options import Run, common, folder, option
from seatsync.cli.reading import institution_of, snapshot_of

COLUMNS = ("library", "email", "given_name", "family_name", "kind", "status", "invited_on")


@click.command("licenses")
@folder
@filters
@option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN for the other way round.")
@common("text", "csv", "json")
def command(run: Run, folder: Path, sort: str | None, **chosen: Any) -> None:
    """List licenses.

    \b
    seatsync licenses --library books --kind permanent
    seatsync licenses --status unclaimed --sort invited_on
    seatsync licenses --all --format csv > licenses.csv

    Licenses that take a slot are listed, also those that leavers own; with --all, revoked and declined ones too.
    """
    wanted = Filters(**chosen)
    snapshot = snapshot_of(folder, institution_of(folder, run), run)
    people = dict(select_members(snapshot, wanted, run, leavers=True))
    rows = []
    for library, held in snapshot.licenses.items():
        if wanted.library not in (None, library):
            continue
        for number, license in held.items():
            member = people.get(number)
            if member is None or wanted.kind not in (None, license.kind) or wanted.status not in (None, license.status):
                continue
            if not license.active and wanted.licensed in (None, "with") and not (wanted.kind or wanted.status):
                continue
            if license.active and wanted.licensed == "without":
                continue
            rows.append(
                {
                    "library": library,
                    "email": member.email,
                    "given_name": member.given_name,
                    "family_name": member.family_name,
                    "kind": license.kind.value,
                    "status": license.status.value,
                    "invited_on": license.invited_on,
                }
            )
    print_rows(run, COLUMNS, sort_rows(rows, sort), "No license is so.")
