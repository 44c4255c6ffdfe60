"""``seatsync import``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.environment import actor, commit
from seatsync.cli.institution import ledger_of
from seatsync.cli.options import check_can_ask, common, folder, option
from seatsync.cli.output.findings import print_findings
from seatsync.cli.planning import plan_of, use_secret
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.apply.portal_comparison import Difference
    from seatsync.domain.desired import Desired
    from seatsync.domain.license import Kind, Status
    from seatsync.domain.portal.export import Export


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@folder
@option(
    "--library",
    metavar="ID",
    help="The library that the file is about: its license columns, or its Jamworks participants.",
)
@option(
    "--encoding",
    type=click.Choice(["utf-8", "utf-16", "windows-1252"]),
    help="The file's encoding, if it is not recognized.",
)
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@common()
def command(run: Run, file: Path, folder: Path, library: str | None, encoding: str | None, yes: bool) -> int:
    """Import members and licenses from a portal's CSV file.

    \b
    seatsync import users.csv                                members only
    seatsync import users.csv --library biblical-studies     with License Kind and License Status
    seatsync import participants.csv --library jamworks      Jamworks: everybody in the file has a seat

    Members who are on no roster go into a new roster, licenses without a grant into a new grants file, and both files are
    added to seatsync.yaml. Then the ledger records the portal's licenses, without letters, so that the next plan is empty.
    Importing the same file again changes nothing.

    Only what moves forward is taken: new members and licenses, claims, opt-outs, revoked licenses, licenses made permanent.
    An older file never turns a claimed or declined license back. All other differences are listed, and nothing is changed.
    """
    from seatsync.apply.apply import must_belong_to
    from seatsync.apply.importing import additions, checked_events, import_portal, with_additions
    from seatsync.apply.portal_comparison import compare, with_roster_emails
    from seatsync.cli.output.files import write_atomically
    from seatsync.domain.diagnostic import counted
    from seatsync.ledger.read import known_as, read_snapshot

    check_can_ask(yes)
    desired = _desired(folder, run)
    export = _read(file, desired, library, encoding, run)
    id = desired.institution.id
    with ledger_of(run, folder, id).reading() as connection:
        use_secret(connection, id, run)
        books = read_snapshot(connection, known_as(connection, id, desired.was))
    must_belong_to(books, id)
    portal = with_roster_emails(export, desired, books)
    found = compare(portal, desired, books)
    timezone = desired.institution.timezone
    today = run.today(timezone)
    added = additions(folder, file.name, desired, found, books, today)
    checked_events(with_additions(desired, added), books, portal, today)
    holders = sum(kind != "none" for holdings in portal.holdings.values() for kind, _ in holdings.values())
    run.say(f"{file}: {counted(len(portal.members), 'member')}, {counted(holders, 'license')}.")
    run.say(f"New in the files: {counted(len(added.members), 'member')}, {counted(len(added.grants), 'grant')}.")
    for name in added.texts:
        run.say(f"  {'changes' if (folder / name).exists() else 'writes'} {folder / name}")
    _list_differences(found.differences, run)
    if not yes and not click.confirm("Import this?", err=True):
        click.echo("Nothing was written.", err=True)
        return ExitCode.BROKEN
    for name, text in added.texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, [text])
    desired = _desired(folder, run)
    ledger = ledger_of(run, folder, desired.institution.id)
    events = import_portal(ledger, desired, portal, today, run.at(timezone), actor(), commit(folder))
    run.say(f"The ledger recorded {counted(events, 'event')}." if events else "The ledger already had everything.")
    return _plan_again(folder, run)


def _list_differences(differences: Sequence[Difference], run: Run) -> None:
    """List what the file says otherwise and the import does not take, person by person, even with ``--quiet``."""
    from seatsync.domain.diagnostic import counted

    if differences:
        number = counted(len(differences), "difference")
        click.echo(f"Not imported, because an import never goes backwards: {number}.", err=True)
    for library, member, here, there in differences:
        who = run.redactor.who(member) if run.redactor is not None else member
        what = f"{_in_words(*here)} in the ledger, {_in_words(*there)} in the file"
        click.echo(
            f"  {library}: {who}: {what}" if library else f"  {who}: in the file, but no longer on any roster", err=True
        )


def _in_words(kind: Kind, status: Status) -> str:
    """A license as people read it."""
    from seatsync.domain.license import Kind, Status
    from seatsync.reports.view import status_in_words

    if status is Status.NONE:
        return "no license"
    return status_in_words(status) + (f" ({kind})" if kind is not Kind.NONE else "")


def _desired(folder: Path, run: Run) -> Desired:
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    loaded = load(InstitutionFolder.open(folder))
    if loaded.desired is None:
        print_findings(folder, loaded.found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    return loaded.desired


def _read(file: Path, desired: Desired, library: str | None, encoding: str | None, run: Run) -> Export:
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
        print_findings(file.parent, files.found, run)
    if portal is None:
        raise click.exceptions.Exit(ExitCode.INVALID)
    return portal


def _plan_again(folder: Path, run: Run) -> int:
    """Plan again, and say whether files and ledger now agree."""
    from seatsync.reports.view import PlanView
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    plan = plan_of(load(InstitutionFolder.open(folder)), folder, run)
    if plan.changes or plan.refusals:
        run.say(
            f"Files and ledger still differ: {PlanView(plan).counts or 'the plan is blocked'}. See `seatsync plan`."
        )
    else:
        run.say("The plan is empty: files and ledger agree.")
    return ExitCode.DONE
