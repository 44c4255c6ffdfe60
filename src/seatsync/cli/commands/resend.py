"""``seatsync resend``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.environment import actor
from seatsync.cli.institution import ledger_of
from seatsync.cli.lists import filter_options, select_members
from seatsync.cli.options import common, folder, option
from seatsync.cli.planning import institution_snapshot
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.domain.filters import Filters

if TYPE_CHECKING:
    from seatsync.domain.snapshot import Snapshot


@click.command("resend")
@click.argument("members", nargs=-1, metavar="[EMAIL]...")
@folder
@filter_options("any")
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@common()
def command(run: Run, folder: Path, members: tuple[str, ...], filters: Filters, select: Path | None, yes: bool) -> int:
    """Send invitations again, like "Resend invite emails" in the portals.

    \b
    seatsync resend --library books                     everybody who has not claimed
    seatsync resend --library books --tag student --yes
    seatsync resend --library books ann@grace.example

    Only unclaimed licenses get a new invitation. If you name somebody without an unclaimed license, nothing is sent.
    """
    from seatsync.apply.members import record_resend
    from seatsync.domain.diagnostic import counted
    from seatsync.domain.license import Status

    if not yes and not sys.stdin.isatty():
        raise click.UsageError("seatsync can't ask without a terminal: give --yes.")
    id, snapshot = institution_snapshot(folder, run)
    people = dict(select_members(snapshot, filters, select, run))
    libraries = _with_letters(filters.library, snapshot)
    chosen = [
        (library, number)
        for library in libraries
        for number, license in snapshot.licenses.get(library, {}).items()
        if number in people and license.status is Status.UNCLAIMED and filters.holds([license])
    ]
    if members:
        chosen = _named(members, chosen, libraries, snapshot)
    if not chosen:
        run.say("Nobody in this selection has an unclaimed license.")
        return ExitCode.DONE
    if not yes and not click.confirm(f"Send {counted(len(chosen), 'invitation')} again?", err=True):
        click.echo("Nothing was sent.", err=True)
        return ExitCode.BROKEN
    record_resend(ledger_of(run, folder, id), id, snapshot.serial, chosen, run.at(snapshot.timezone), actor())
    run.say(f"Added to the outbox: {counted(len(chosen), 'letter')}. `seatsync outbox send` sends them.")
    return ExitCode.DONE


def _with_letters(library: str | None, snapshot: Snapshot) -> list[str]:
    """The library chosen, or all that send letters.

    Raises:
        Impossible: the library chosen sends none.
    """
    from seatsync.apply.members import Impossible

    sending = [id for id, known in snapshot.libraries.items() if known.sends_letters]
    if library and library in snapshot.libraries and library not in sending:
        message = f"Nothing was sent: {library} has `sends_letters: false`, so seatsync sends no letters about it."
        raise Impossible(message, "Delete `sends_letters: false` in seatsync.yaml, and apply it.")
    return [library] if library else sending


def _named(
    members: tuple[str, ...], unclaimed: list[tuple[str, int]], libraries: list[str], snapshot: Snapshot
) -> list[tuple[str, int]]:
    """The unclaimed licenses of the named members.

    Raises:
        Impossible: one of them has no unclaimed license, or is not in the ledger.
    """
    from seatsync.apply.members import Impossible
    from seatsync.domain.text.emails import email_key

    named = {email_key(email): email for email in members}
    known = {member.key for member in snapshot.members.values()}
    found = [(library, number) for library, number in unclaimed if snapshot.members[number].key in named]
    with_license = {snapshot.members[number].key for _, number in found}
    for key, email in named.items():
        if key not in with_license:
            reason = (
                f"has no unclaimed license of {' or '.join(libraries)}"
                if key in known
                else "is not known to the ledger"
            )
            raise Impossible(f"Nothing was sent: {email} {reason}.", "Name only members with an unclaimed license.")
    return found
