"""``seatsync licenses``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from seatsync.cli.listing import listing
from seatsync.cli.lists import filter_options, print_rows, sort_rows, with_ended
from seatsync.cli.options import as_of_option, common, one_folder, option
from seatsync.cli.run import Run
from seatsync.domain.filters import Filters


@click.command("licenses")
@one_folder
@filter_options("any")
@option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN sorts in descending order.")
@as_of_option
@common("text", "csv", "json", pages=True)
def command(
    run: Run, folder: Path, filters: Filters, select: Path | None, sort: str | None, as_of: datetime | None
) -> None:
    """List licenses.

    \b
    seatsync licenses --library books --kind permanent
    seatsync licenses --status unclaimed --sort invited_on
    seatsync licenses --at-vendor open
    seatsync licenses --all --format csv > licenses.csv
    seatsync licenses --as-of 2026-12-31 --search ann

    Lists the licenses that take a seat, including those of members who have left; with --all also revoked and opted-out
    ones. The column "until" is the last day of a license that ends. The column "mail" says "bounced" if the latest
    invitation could not be delivered. Where a library is at the vendor, the status says how far the license has come there
    (in CSV and JSON "at_vendor" does); --at-vendor open lists those with something to be done.
    """
    from seatsync.ledger.queries.outbox import mail_of
    from seatsync.reports.spreadsheet import license_columns, license_row

    rows = []
    with listing(folder, run, filters, select, as_of) as listed:
        libraries = listed.books.libraries
        columns = license_columns(libraries.values())
        for library in listed.with_licenses():
            for numbers, books in listed.holders(library):
                bounced, held = listed.bounced(numbers), books.licenses.get(library, {})
                for number in numbers:
                    mail = mail_of(held[number], (library, number) in bounced)
                    values = license_row(libraries.get(library, library), books.members[number], held[number], mail)
                    rows.append(dict(zip(columns, values, strict=False)))
        if_empty = listed.none_match("licenses") if not rows else ""
    rows = sort_rows(rows, columns, sort)
    print_rows(run, columns, with_ended(rows, run, listed.books.timezone, as_of), if_empty)
