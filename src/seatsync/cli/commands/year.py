"""``seatsync year``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.options import Moment, common, folders, option
from seatsync.cli.output.findings import print_findings
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatsync.planning.year.curve import Year


@click.command("year")
@folders
@option("--until", type=Moment(), help="The last day to look at. Default: a year from today.")
@option(
    "--with",
    "scenarios",
    metavar="SCENARIO",
    multiple=True,
    help="Run it with this scenario of seatsync.yaml. Repeatable.",
)
@common("text", "json", "csv", "html", "ics", pages=True)
def command(run: Run, folders: list[Path], until: datetime | None, scenarios: tuple[str, ...]) -> None:
    """Run the coming year ahead: seats in use on each day, who waits, when a library is full, how many seats to order by when.

    \b
    seatsync year
    seatsync year --until 2027-06-30
    seatsync year --with intake
    seatsync year --format html > year.html
    seatsync year --format ics > seats.ics
    seatsync year --format json | jq '.libraries.books.to_order'

    What may come is a scenario in seatsync.yaml: `scenarios: {intake: {add: 60, tags: [student], on: 2027-09-01}}`.

    Each day's plan is made and carried out in memory, by the rules that will make it then. Nothing is written. It is what comes
    if nobody claims, declines or changes the files; letters count as sent on the day on which they are written. Where the plan of
    a day would be blocked, that is said, and nothing more happens until it would not be.
    """
    years = [_year(folder, run, until, scenarios) for folder in folders]
    if run.format in ("csv", "ics"):
        from seatsync.reports.year.words import facts, stopped

        for fact in (fact for year in years for fact in (*facts(year), *stopped(year))):
            run.say(fact)
    if run.format == "json":
        from seatsync.reports.year.data import as_json

        objects = [as_json(year) for year in years]
        click.echo(json.dumps(objects if len(folders) > 1 else objects[0], indent=2, ensure_ascii=False))
    elif run.format == "csv":
        from seatsync.reports.year.data import as_csv

        click.echo(as_csv(years), nl=False)
    elif run.format == "html":
        from seatsync.reports.year.page import html

        click.echo(html(years), nl=False)
    elif run.format == "ics":
        from seatsync.reports.year.calendar import calendar

        click.echo(calendar(years, run.instant("")), nl=False)
    else:
        _print(years, run)


def _print(years: Sequence[Year], run: Run) -> None:
    from seatsync.reports import text
    from seatsync.reports.year.text import write

    out = text.stdout(run.no_color)
    for number, year in enumerate(years):
        if number:
            out.line()
        write(out, year, run.verbose)


def _year(folder: Path, run: Run, until: datetime | None, scenarios: Sequence[str]) -> Year:
    """The year of a folder. Exits with 3 if its files have mistakes."""
    from seatsync.plans.year.ahead import year_ahead
    from seatsync.sources.institution_folder import InstitutionFolder

    opened = InstitutionFolder.open(folder)
    if opened.institution_id is not None:
        with (
            run.step(f"Running the year of {opened.institution_id} ahead"),
            ledger_of(run, folder, opened.institution_id).reading() as connection,
        ):
            year, found, _ = year_ahead(opened, connection, run.now, until, scenarios)
        if year is not None:
            return year
    else:
        from seatsync.sources.load import load

        found = load(opened, run.now).found
    print_findings(folder, found, run)
    raise click.exceptions.Exit(ExitCode.INVALID)
