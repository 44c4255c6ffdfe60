"""``seatsync resend``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from seatsync.cli import exits
from seatsync.cli.listing import Filters, filters, select_members
from seatsync.cli.options import Run, common, folder, option
from seatsync.cli.reading import institution_of, snapshot_of
from seatsync.cli.surroundings import actor as who


@click.command("resend")
@click.argument("members", nargs=-1, metavar="[EMAIL]...")
@folder
@filters
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@common("text")
def command(run: Run, folder: Path, members: tuple[str, ...], yes: bool, **chosen: Any) -> int:
    """Send invitations once more, as the portals' "Resend invite emails".

    \b
    seatsync resend --library books                     everyone there who has not claimed
    seatsync resend --library books --tag student --yes
    seatsync resend --library books ann@grace.example

    Only unclaimed licenses are concerned. Naming somebody who has claimed, or holds none, is refused.
    """
    from seatsync.apply.members import record_resend
    from seatsync.domain.license import Status

    wanted = Filters(**chosen)
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --yes.")
    id = institution_of(folder, run)
    snapshot = snapshot_of(folder, id, run)
    people = dict(select_members(snapshot, wanted, run, leavers=True))
    libraries = [wanted.library] if wanted.library else list(snapshot.libraries)
    if members:
        chosen_ones = _named(members, libraries, people, snapshot)
    else:
        chosen_ones = [
            (library, number)
            for library in libraries
            for number, license in snapshot.licenses.get(library, {}).items()
            if number in people and license.status is Status.UNCLAIMED and wanted.kind in (None, license.kind)
        ]
    if not chosen_ones:
        run.say("Nobody there has an unclaimed license.")
        return exits.DONE
    if not yes and not click.confirm(f"Send {len(chosen_ones):,} invitations once more?", err=True):
        click.echo("Nothing was sent.", err=True)
        return exits.BROKEN
    record_resend(run.ledger_of(folder), id, snapshot, chosen_ones, run.at, who())
    run.say(f"{len(chosen_ones):,} letters are in the outbox.")
    return exits.DONE


def _named(
    members: tuple[str, ...], libraries: list[str], people: dict[int, Any], snapshot: Any
) -> list[tuple[str, int]]:
    """The unclaimed licenses of members who are named one by one; each must have one."""
    from seatsync.apply.members import Impossible
    from seatsync.domain.license import Status
    from seatsync.domain.names import email_key

    numbers = {member.key: number for number, member in people.items()}
    found = []
    for email in members:
        number = numbers.get(email_key(email))
        held = (
            []
            if number is None
            else [
                (library, number)
                for library in libraries
                if (license := snapshot.licenses.get(library, {}).get(number)) and license.status is Status.UNCLAIMED
            ]
        )
        if not held:
            what = (
                "is not known to the ledger"
                if number is None
                else f"has no unclaimed license of {' or '.join(libraries)}"
            )
            raise Impossible(f"Nothing was sent: {email} {what}.", "Only who has not claimed can be invited once more.")
        found += held
    return found
