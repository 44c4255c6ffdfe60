"""``seatsync export``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from seatsync.cli.listing import listing
from seatsync.cli.lists import filter_options, write_csv
from seatsync.cli.options import as_of_option, common, one_folder
from seatsync.cli.run import Run
from seatsync.domain.filters import USERS, Filters


@click.command("export")
@one_folder
@filter_options(USERS)
@as_of_option
@common()
def command(run: Run, folder: Path, filters: Filters, select: Path | None, as_of: datetime | None) -> None:
    """Export members and licenses as CSV, with who is on no roster any more and owns a permanent license.

    \b
    seatsync export > members.csv
    seatsync export --tag faculty > faculty.csv

    Columns: names, e-mails, ids, tags, and the license kind and status for each library, named as in the Logos portal. More than
    there: whether the person is on a roster, end dates, and for a library at the vendor what its portal still has otherwise.
    `seatsync import` reads such files; into an empty ledger it takes all licenses back.
    """
    from seatsync.domain.license import ABSENT
    from seatsync.reports import spreadsheet

    if select is not None:
        filters = replace(filters, roster="on")  # as on the pages
    rows = []
    with listing(folder, run, filters, select, as_of) as listed:
        libraries = [listed.books.libraries[library] for library in listed.libraries]
        for numbers, books in listed.members():
            for number in numbers:
                member = books.members[number]
                if run.redactor is not None:
                    member = member._replace(**run.redactor.row(member._asdict()))
                held = [books.licenses.get(library.id, {}).get(number, ABSENT) for library in libraries]
                rows.append(spreadsheet.member_row(member, libraries, held))
    write_csv(spreadsheet.member_header(libraries), rows)
