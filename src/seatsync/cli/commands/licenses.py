"""``seatsync licenses``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from seatsync.cli.listing import Listing, listing
from seatsync.cli.lists import filter_options, print_rows, sort_rows, with_ended
from seatsync.cli.options import as_of_option, common, one_folder, option
from seatsync.cli.run import Run
from seatsync.domain.filters import Filters
from seatsync.domain.license import Status


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
    seatsync licenses --status waiting --library books
    seatsync licenses --at-vendor open
    seatsync licenses --all --format csv > licenses.csv
    seatsync licenses --as-of 2026-12-31 --search ann

    Lists the licenses that take a seat, including those of members who have left; with --all also revoked and opted-out
    ones. The column "until" is the last day of a license that ends. The column "mail" says "bounced" if the latest
    invitation could not be delivered. Where a library is at the vendor, the status says how far the license has come there
    (in CSV and JSON "at_vendor" does); --at-vendor open lists those with something to be done. Who waits for a seat of a full
    library is listed with --status waiting, in the order of the line; the column "place" is their number there.
    """
    from seatsync.reports.spreadsheet import PLACE, license_columns

    with_places = Status.WAITING in filters.status
    with listing(folder, run, filters, select, as_of) as listed:
        columns = license_columns(listed.books.libraries.values())
        in_order = sort or (PLACE if with_places else None)
        rows, besides = listed.shown(_rows(listed, columns, with_places), run, in_order, is_of_licenses=True)
        if_empty = listed.none_match("licenses") if not rows else ""
    if with_places:
        columns = (*columns, PLACE)
        rows.sort(key=lambda row: (row["library"], row[PLACE] or 0))
    rows = sort_rows(rows, columns, sort)
    print_rows(run, columns, with_ended(rows, run, listed.books.timezone, as_of), if_empty, besides)


def _rows(listed: Listing, columns: Sequence[str], with_places: bool) -> Iterator[dict[str, Any]]:
    """The licenses with these columns, library by library; with their places in the line if these are asked for."""
    from seatsync.ledger.queries.outbox import mail_of
    from seatsync.reports.spreadsheet import PLACE, license_row

    libraries = listed.books.libraries
    for library in listed.with_licenses():
        line = listed.line(library) if with_places else {}
        for numbers, books in listed.holders(library):
            bounced, held = listed.bounced(numbers), books.licenses.get(library, {})
            for number in numbers:
                mail = mail_of(held[number], (library, number) in bounced)
                values = license_row(libraries.get(library, library), books.members[number], held[number], mail)
                row = dict(zip(columns, values, strict=False))
                yield row | {PLACE: line.get(held[number].place, "")} if with_places else row
