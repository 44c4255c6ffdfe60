"""``seatsync members``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from seatsync.cli.listing import (
    MEMBER_COLUMNS,
    Filters,
    filters,
    holds,
    member_row,
    print_rows,
    select_members,
    sort_rows,
)
from seatsync.cli.options import Run, common, day, folder, option, past
from seatsync.cli.reading import present_of


@click.command("members")
@folder
@filters
@option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN for the other way round.")
@past
@common("text", "csv", "json")
def command(run: Run, folder: Path, sort: str | None, as_of: datetime | None, **chosen: Any) -> None:
    """List members.

    \b
    seatsync members --tag faculty
    seatsync members --library jamworks --without-license --format csv
    seatsync members --library books --status unclaimed --sort family_name

    With --library, each member's license kind and status in it are listed too.
    """
    from seatsync.domain.license import ABSENT

    wanted = Filters(**chosen)
    _, snapshot = present_of(folder, run, day(as_of))
    columns: tuple[str, ...] = (*MEMBER_COLUMNS, "kind", "status") if wanted.library else MEMBER_COLUMNS
    rows = []
    for number, member in select_members(snapshot, wanted, run):
        libraries = [wanted.library] if wanted.library else list(snapshot.libraries)
        held = [snapshot.licenses.get(library, {}).get(number, ABSENT) for library in libraries]
        if not holds(wanted, held):
            continue
        row = member_row(member)
        if wanted.library:
            row |= {"kind": held[0].kind.value, "status": held[0].status.value}
        rows.append(row)
    print_rows(run, columns, sort_rows(rows, columns, sort), "No member is so.")
