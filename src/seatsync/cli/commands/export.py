"""``seatsync export``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from seatsync.cli.lists import filter_options, select_members, write_csv
from seatsync.cli.options import as_of_option, common, folder
from seatsync.cli.planning import institution_snapshot
from seatsync.cli.run import Run
from seatsync.domain.filters import Filters


@click.command("export")
@folder
@filter_options("on")
@as_of_option
@common()
def command(run: Run, folder: Path, filters: Filters, select: Path | None, as_of: datetime | None) -> None:
    """Export members and licenses as CSV.

    \b
    seatsync export > members.csv
    seatsync export --tag faculty > faculty.csv

    Columns: names, e-mails, ids, tags, and the license kind and status for each library, named as in the Logos portal, and its
    end date.
    `seatsync import` reads such files.
    """
    from seatsync.domain.license import ABSENT
    from seatsync.reports import spreadsheet

    _, snapshot = institution_snapshot(folder, run, as_of)
    libraries = [filters.library] if filters.library else list(snapshot.libraries)
    rows = []
    for number, member in select_members(snapshot, filters, select, run):
        held = [snapshot.licenses.get(library, {}).get(number, ABSENT) for library in libraries]
        if not filters.holds(held):
            continue
        if run.redactor is not None:
            member = member._replace(**run.redactor.row(member._asdict()))
        rows.append(spreadsheet.member_row(member, held))
    write_csv(spreadsheet.member_header(libraries), rows)
