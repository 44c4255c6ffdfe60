"""``seatsync resend``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.lists import filters, select_members
from seatsync.cli.options import common, folder, option
from seatsync.cli.planning import present_of
from seatsync.cli.run import Run
from seatsync.cli.surroundings import actor as who
from seatsync.domain.failure import ExitCode
from seatsync.domain.filters import Filters

if TYPE_CHECKING:
    from seatsync.domain.snapshot import Snapshot


@click.command("resend")
@click.argument("members", nargs=-1, metavar="[EMAIL]...")
@folder
@filters("any")
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@common()
def command(run: Run, folder: Path, members: tuple[str, ...], filters: Filters, select: Path | None, yes: bool) -> int:
    """Send invitations once more, as the portals' "Resend invite emails".

    \b
    seatsync resend --library books                     everyone there who has not claimed
    seatsync resend --library books --tag student --yes
    seatsync resend --library books ann@grace.example

    Only unclaimed licenses are concerned. Naming somebody who has claimed, or holds none, is refused.
    """
    from seatsync.apply.members import record_resend
    from seatsync.domain.diagnostic import counted
    from seatsync.domain.license import Status

    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --yes.")
    id, snapshot = present_of(folder, run)
    people = dict(select_members(snapshot, filters, select, run))
    libraries = [filters.library] if filters.library else list(snapshot.libraries)
    chosen_ones = [
        (library, number)
        for library in libraries
        for number, license in snapshot.licenses.get(library, {}).items()
        if number in people and license.status is Status.UNCLAIMED and filters.holds([license])
    ]
    if members:
        chosen_ones = _named(members, chosen_ones, libraries, snapshot)
    if not chosen_ones:
        run.say("Nobody there has an unclaimed license.")
        return ExitCode.DONE
    if not yes and not click.confirm(f"Send {len(chosen_ones):,} invitations once more?", err=True):
        click.echo("Nothing was sent.", err=True)
        return ExitCode.BROKEN
    record_resend(ledger_of(run, folder), id, snapshot.serial, chosen_ones, run.at, who())
    run.say(f"Added to the outbox: {counted(len(chosen_ones), 'letter')}.")
    return ExitCode.DONE


def _named(
    members: tuple[str, ...], unclaimed: list[tuple[str, int]], libraries: list[str], snapshot: Snapshot
) -> list[tuple[str, int]]:
    """The unclaimed licenses of members who are named one by one; each must have one."""
    from seatsync.apply.members import Impossible
    from seatsync.domain.text.emails import email_key

    wanted = {email_key(email): email for email in members}
    known = {member.key for member in snapshot.members.values()}
    found = [(library, number) for library, number in unclaimed if snapshot.members[number].key in wanted]
    having = {snapshot.members[number].key for _, number in found}
    for key, email in wanted.items():
        if key not in having:
            what = (
                f"has no unclaimed license of {' or '.join(libraries)}"
                if key in known
                else "is not known to the ledger"
            )
            raise Impossible(f"Nothing was sent: {email} {what}.", "Only who has not claimed can be invited once more.")
    return found
