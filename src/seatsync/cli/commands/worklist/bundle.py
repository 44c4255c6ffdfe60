"""``seatsync worklist bundle``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.options import common, folder
from seatsync.cli.output.bundles import check_may_be_written, write_bundle
from seatsync.cli.run import Run


@click.command("bundle")
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
@folder
@common()
def bundle(run: Run, target: Path, folder: Path) -> None:
    """Write files for the vendor's portal, and a check list to print.

    \b
    seatsync worklist bundle to-do
    seatsync worklist bundle to-do -C grace

    DIR gets one CSV file for each step, in the portal's own columns and numbered in the order to be done, and CHECKLIST.html
    (also CHECKLIST.md): where to click, how many people, what the portal must show. An earlier bundle in DIR is replaced.

    The files have names and e-mails: keep them like the rosters, and delete them when everything is done.
    """
    from seatsync.cli.commands.worklist.reading import read_open
    from seatsync.reports.worklist.bundle import PAGE
    from seatsync.reports.worklist.bundle import bundle as files_of
    from seatsync.reports.worklist.check_list import NOTHING, in_all

    check_may_be_written(run)
    work = read_open(folder, run)
    on = run.today(work.books.timezone).isoformat()
    write_bundle(target, work.institution, files_of(work.sheets, work.books, work.institution, on))
    if not work.sheets:
        run.say(f"{NOTHING} {target / PAGE} says so.")
        return
    run.say(f"{target}: {in_all(work.sheets)}. Open or print {target / PAGE} and begin there.")
