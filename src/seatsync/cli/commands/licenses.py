"""``seatsync licenses``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from seatsync.cli.lists import bounced_of, filter_options, print_rows, select_members, sort_rows, with_ended
from seatsync.cli.options import as_of_option, common, folder, option
from seatsync.cli.planning import institution_snapshot
from seatsync.cli.run import Run
from seatsync.domain.filters import Filters


@click.command("licenses")
@folder
@filter_options("any")
@option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN sorts in descending order.")
@as_of_option
@common("text", "csv", "json")
def command(
    run: Run, folder: Path, filters: Filters, select: Path | None, sort: str | None, as_of: datetime | None
) -> None:
    """List licenses.

    \b
    seatsync licenses --library books --kind permanent
    seatsync licenses --status unclaimed --sort invited_on
    seatsync licenses --all --format csv > licenses.csv
    seatsync licenses --as-of 2026-12-31 --search ann

    Lists the licenses that take a seat, including those of members who have left; with --all also revoked and opted-out
    ones. The column "until" is the last day of a license that ends. The column "mail" says "bounced" if the latest
    invitation could not be delivered.
    """
    from seatsync.ledger.queries.outbox import mail_of
    from seatsync.reports.spreadsheet import OF_LICENSES, license_row

    id, snapshot = institution_snapshot(folder, run, as_of)
    bounced = bounced_of(folder, id, run) if as_of is None else set()
    people = dict(select_members(snapshot, filters, select, run))
    rows = []
    for library, held in snapshot.licenses.items():
        if filters.library not in ("", library):
            continue
        for number, license in held.items():
            member = people.get(number)
            if member is None or not filters.lists(license):
                continue
            mail = mail_of(license, (library, number) in bounced)
            rows.append(dict(zip(OF_LICENSES, license_row(library, member, license, mail), strict=True)))
    rows = with_ended(sort_rows(rows, OF_LICENSES, sort), run, snapshot.timezone, as_of)
    print_rows(run, OF_LICENSES, rows, "No licenses match.")
