"""``seatsync log``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.listing import print_rows
from seatsync.cli.options import Run, common, folder, option
from seatsync.cli.reading import institution_of

COLUMNS = ("serial", "at", "actor", "commit", "what", "library", "member", "detail")


@click.command("log")
@folder
@option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many lines, the newest first.")
@common("text", "csv", "json")
def command(run: Run, folder: Path, limit: int) -> None:
    """Show the journal, newest first.

    \b
    seatsync log
    seatsync log --limit 1000 --format csv > journal.csv
    """
    from seatsync.ledger.history import newest

    institution = institution_of(folder, run)
    with run.ledger_of(folder).reading() as connection:
        lines = newest(connection, institution, limit) if connection is not None else []
    rows = [line._asdict() for line in lines]
    if run.format == "text":
        rows = [row | {"commit": row["commit"][:10]} for row in rows]
    print_rows(run, COLUMNS, rows, "Nothing has happened yet.", most=limit)
