"""``seatsync licenses``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from seatsync.cli.lists import bounced_of, filters, print_rows, select_members, sort_rows
from seatsync.cli.options import common, day, folder, option, past
from seatsync.cli.planning import present_of
from seatsync.cli.run import Run
from seatsync.domain.filters import Filters


@click.command("licenses")
@folder
@filters("any")
@option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN for the other way round.")
@past
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

    Licenses that take a slot are listed, also those that leavers own; with --all, revoked and declined ones too. Under "mail"
    it says "bounced" where the latest invitation could not be delivered.
    """
    from seatsync.ledger.queries.outbox import mail_of
    from seatsync.reports.spreadsheet import OF_LICENSES, license_row

    id, snapshot = present_of(folder, run, day(as_of))
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
    print_rows(run, OF_LICENSES, sort_rows(rows, OF_LICENSES, sort), "No license is so.")
