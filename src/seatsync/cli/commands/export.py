"""``seatsync export``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from seatsync.cli.lists import filters, select_members, write_csv
from seatsync.cli.options import common, day, folder, past
from seatsync.cli.planning import present_of
from seatsync.cli.run import Run
from seatsync.domain.filters import Filters


@click.command("export")
@folder
@filters("on")
@past
@common()
def command(run: Run, folder: Path, filters: Filters, select: Path | None, as_of: datetime | None) -> None:
    """Export user data as CSV.

    \b
    seatsync export > members.csv
    seatsync export --tag faculty > faculty.csv

    Names, e-mails, ids, tags, and license kind and status for each library, under the Logos portal's column names.
    `seatsync import` reads it back.
    """
    from seatsync.domain.license import ABSENT
    from seatsync.reports import spreadsheet

    _, snapshot = present_of(folder, run, day(as_of))
    libraries = [filters.library] if filters.library else list(snapshot.libraries)
    rows = []
    for number, m in select_members(snapshot, filters, select, run):
        held = [snapshot.licenses.get(library, {}).get(number, ABSENT) for library in libraries]
        if not filters.holds(held):
            continue
        if run.redactor is not None:
            m = m._replace(**run.redactor.row(m._asdict()))
        rows.append(spreadsheet.member_row(m, held))
    write_csv(spreadsheet.member_header(libraries), rows)
