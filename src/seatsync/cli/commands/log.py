"""``seatsync log``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.lists import print_rows
from seatsync.cli.options import Moment, common, day, folder, option
from seatsync.cli.planning import known_as, present_of
from seatsync.cli.run import Run
from seatsync.domain.fields import MOST

COLUMNS = ("serial", "at", "actor", "commit", "plan", "what", "library", "member", "detail")


@click.command("log")
@folder
@option(
    "--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="How many lines, the newest first."
)
@option("--member", metavar="EMAIL|ID", help="Only what happened to this member.")
@option("--library", metavar="ID", help="Only what happened in this library.")
@option("--what", metavar="ACTION", help="Only this action, as plans and the log name it.")
@option("--commit", metavar="SHA", help="Only what this Git commit asked for; its beginning will do.")
@option("--plan", metavar="FINGERPRINT", help="Only what this plan did; its beginning will do.")
@option("--actor", help="Only what this person or pipeline did.")
@option("--since", type=Moment(), help="Only from this day on.")
@option("--until", type=Moment(), help="Only up to this day.")
@common("text", "csv", "json")
def command(
    run: Run, folder: Path, limit: int, member: str | None, since: datetime | None, until: datetime | None, **given: str
) -> None:
    """Show the journal, newest first.

    \b
    seatsync log
    seatsync log --member ann@grace.example
    seatsync log --library books --what upgrade --since 2026-09-01
    seatsync log --limit 1000 --format csv > journal.csv
    """
    from seatsync.ledger.queries.history import Wanted, history

    institution, snapshot = present_of(folder, run, members=bool(member))
    members = known_as(member, snapshot) if member else None
    if given["plan"]:
        given["plan"] = _as_recorded(given["plan"], folder, institution, run)
    wanted = Wanted(members=members, since=day(since), until=day(until), **given)
    persons = run.redactor is None
    with ledger_of(run, folder).reading() as connection:
        lines = history(connection, institution, wanted, limit, persons) if connection is not None else []
    rows = [line._asdict() for line in lines]
    print_rows(
        run,
        COLUMNS,
        rows,
        "The journal has nothing of that." if snapshot.serial else "Nothing has happened yet.",
        limit,
        short=("commit", "plan"),
    )


def _as_recorded(plan: str, folder: Path, institution: str, run: Run) -> str:
    """The fingerprint as the journal has it, of one that may be keyed, as redacted outputs show it."""
    from seatsync.cli.output.privacy import secret_from_outside
    from seatsync.ledger.queries.lookup import plan_known_as, secret_of

    with ledger_of(run, folder).reading() as connection:
        if connection is None:
            return plan
        secrets = secret_of(connection, institution), secret_from_outside(institution)
        return plan_known_as(connection, institution, plan, secrets)
