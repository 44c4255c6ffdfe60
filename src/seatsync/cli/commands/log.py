"""``seatsync log``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.institution import institution_of, ledger_of
from seatsync.cli.lists import in_local_time, must_be_known, print_rows, redacted
from seatsync.cli.options import Moment, common, day, one_folder, option
from seatsync.cli.planning import numbers_ever_named, without_members
from seatsync.cli.run import Run
from seatsync.domain.fields import MAX_NUMBER
from seatsync.domain.text.days import end_of, start_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

COLUMNS = ("serial", "at", "actor", "commit", "plan", "what", "library", "member", "detail")


@click.command("log")
@one_folder
@option(
    "--limit", type=click.IntRange(1, MAX_NUMBER), default=50, show_default=True, help="Show at most this many lines."
)
@option("--member", metavar="EMAIL|ID", help="Only what happened to this member.")
@option("--library", metavar="ID", help="Only what happened in this library.")
@option("--what", metavar="ACTION", help="Only this action, named as in plans and in this log.")
@option("--commit", metavar="SHA", help="Only changes from this Git commit, or commits that begin with this.")
@option("--plan", metavar="FINGERPRINT", help="Only changes of this plan, or plans that begin with this.")
@option("--actor", of="log", help="Only changes by this person or pipeline.")
@option("--since", type=Moment(), help="Only from this day on.")
@option("--until", type=Moment(), help="Only up to this day.")
@common("text", "csv", "json", pages=True)
def command(
    run: Run,
    folder: Path,
    limit: int,
    member: str | None,
    since: datetime | None,
    until: datetime | None,
    **values: str,
) -> None:
    """Show the journal, newest first.

    \b
    seatsync log
    seatsync log --member ann@grace.example
    seatsync log --library books --what upgrade --since 2026-09-01
    seatsync log --limit 1000 --format csv > journal.csv

    Times and days are those of the institution's time zone; JSON has times in UTC.
    """
    from seatsync.ledger.queries.history import HistoryFilter, history

    institution, persons = institution_of(folder, run), run.redactor is None
    with run.step("Reading the ledger"), ledger_of(run, folder, institution).reading() as connection:
        snapshot = without_members(connection, institution, run)
        members = numbers_ever_named(connection, institution, member, run) if member else None
        if values["plan"] and connection is not None:
            values["plan"] = _as_recorded(values["plan"], connection, institution)
        first, last = day(since, snapshot.timezone), day(until, snapshot.timezone)
        wanted = HistoryFilter(
            members=members,
            since=start_of(first, snapshot.timezone) if first else None,
            before=end_of(last, snapshot.timezone) if last else None,
            **values,
        )
        lines = history(connection, institution, wanted, limit, persons) if connection is not None else []
        if not lines and connection is not None and snapshot.serial:
            must_be_known(values["library"], snapshot, connection, institution)
    rows = in_local_time((line._asdict() for line in lines), ["at"], run, snapshot.timezone)
    if run.format == "text" and rows:
        from seatsync.cli.output.journal import print_events
        from seatsync.reports import text

        print_events(text.stdout(run.no_color), redacted(rows, run))
    else:
        print_rows(run, COLUMNS, rows, "No journal entries match." if snapshot.serial else "No journal entries yet.")


def _as_recorded(plan: str, connection: Connection, institution: str) -> str:
    """The fingerprint as the journal has it; the given one may be keyed, as redacted output shows it."""
    from seatsync.cli.output.privacy import secret_from_environment
    from seatsync.ledger.queries.lookup import plan_known_as, secret_of

    secrets = secret_of(connection, institution), secret_from_environment(institution)
    return plan_known_as(connection, institution, plan, secrets)
