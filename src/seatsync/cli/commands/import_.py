"""``seatsync import``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.options import common, folder, option
from seatsync.cli.output.findings import tell
from seatsync.cli.planning import plan_of, snapshot_of
from seatsync.cli.run import Run
from seatsync.cli.surroundings import actor as who
from seatsync.cli.surroundings import commit as which_commit
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.domain.desired import Desired
    from seatsync.sources.portal.export import Portal


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@folder
@option("--library", metavar="ID", help="The library that the license columns (or a Jamworks member list) are about.")
@option(
    "--encoding", type=click.Choice(["utf-8", "utf-16", "windows-1252"]), help="Of the CSV, where it is not recognised."
)
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@common()
def command(run: Run, file: Path, folder: Path, library: str | None, encoding: str | None, yes: bool) -> int:
    """Take over members and licenses from a portal's CSV.

    \b
    seatsync import users.csv                                members alone
    seatsync import users.csv --library biblical-studies     with License Kind and License Status
    seatsync import participants.csv --library jamworks      Jamworks: who is listed has a seat

    Members that no roster has are written to a new roster, licenses that no grant asks for to a new grants file, and
    both are entered in seatsync.yaml. The ledger then takes over what the portal says, without sending any letter, so
    that the next plan is empty. Run twice, it does nothing the second time.
    """
    from seatsync.apply.importing import additions, as_known, judged_events, take_over, with_additions
    from seatsync.cli.output.files import write_whole
    from seatsync.domain.diagnostic import counted

    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --yes.")
    desired = _desired(folder, run)
    portal = as_known(_read(file, desired, library, encoding, run), desired)
    added = additions(folder, file.name, desired, portal, run.today)
    judged_events(with_additions(desired, added), snapshot_of(folder, desired.institution.id, run), portal, run.today)
    holders = sum(kind != "none" for holdings in portal.holdings.values() for kind, _ in holdings.values())
    run.say(f"{file}: {len(portal.members):,} members, {holders:,} licenses.")
    run.say(f"New to the files: {len(added.members):,} members, {len(added.grants):,} grants.")
    for name in added.texts:
        run.say(f"  {'changes' if (folder / name).exists() else 'writes'} {folder / name}")
    if not yes and not click.confirm("Take this over?", err=True):
        click.echo("Nothing was written.", err=True)
        return ExitCode.BROKEN
    for name, text in added.texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, [text])
    desired = _desired(folder, run)
    events = take_over(ledger_of(run, folder), desired, portal, run.today, run.at, who(), which_commit(folder))
    run.say(f"The ledger took over {counted(events, 'event')}." if events else "The ledger had all of it already.")
    return _what_is_left(folder, run)


def _desired(folder: Path, run: Run) -> Desired:
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    loaded = load(InstitutionFolder.open(folder))
    if loaded.desired is None:
        tell(folder, loaded.found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    return loaded.desired


def _read(file: Path, desired: Desired, library: str | None, encoding: str | None, run: Run) -> Portal:
    from seatsync.domain.text.guesses import did_you_mean
    from seatsync.sources.files import Folder
    from seatsync.sources.portal.export import read_export

    if library is not None and library not in desired.libraries:
        guess = did_you_mean(library, desired.libraries)
        raise click.UsageError(f'seatsync.yaml has no library "{library}". {guess}'.rstrip())
    files = Folder(file.parent)
    text = files.read(file.name, encoding=encoding)
    portal = read_export(text, file.name, desired.libraries, library, files.found) if text is not None else None
    if files.found:
        tell(file.parent, files.found, run)
    if portal is None:
        raise click.exceptions.Exit(ExitCode.INVALID)
    return portal


def _what_is_left(folder: Path, run: Run) -> int:
    from seatsync.reports.view import PlanView
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    plan = plan_of(load(InstitutionFolder.open(folder)), folder, run)
    if plan.changes or plan.refusals:
        run.say(f"Files and ledger still differ: {PlanView(plan).counts or 'see the refusals'}. See `seatsync plan`.")
    else:
        run.say("The plan is empty: files and ledger agree.")
    return ExitCode.DONE
