"""``seatsync export``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from seatsync.cli.listing import Filters, filters, holds, select_members, write_csv
from seatsync.cli.options import Run, common, day, folder, past
from seatsync.cli.reading import present_of


@click.command("export")
@folder
@filters
@past
@common()
def command(run: Run, folder: Path, as_of: datetime | None, **chosen: Any) -> None:
    """Export user data as CSV.

    \b
    seatsync export > members.csv
    seatsync export --tag faculty > faculty.csv

    Names, e-mails, ids, tags, and license kind and status for each library, under the Logos portal's column names.
    `seatsync import` reads it back.
    """
    from seatsync.domain.license import ABSENT
    from seatsync.reports import spreadsheet

    wanted = Filters(**chosen)
    _, snapshot = present_of(folder, run, day(as_of))
    libraries = [wanted.library] if wanted.library else list(snapshot.libraries)
    rows = []
    for number, m in select_members(snapshot, wanted, run):
        held = [snapshot.licenses.get(library, {}).get(number, ABSENT) for library in libraries]
        if not holds(wanted, held):
            continue
        if run.redactor is not None:
            m = m._replace(**run.redactor.row(m._asdict()))
        rows.append(spreadsheet.member_row(m, held))
    write_csv(spreadsheet.member_header(libraries), rows)
