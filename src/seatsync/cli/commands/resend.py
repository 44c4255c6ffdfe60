"""``seatsync resend``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.environment import actor
from seatsync.cli.institution import ledger_of
from seatsync.cli.listing import Listing, listing
from seatsync.cli.lists import filter_options
from seatsync.cli.options import check_can_ask, common, folder, is_confirmed, is_typed_yes, option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.domain.filters import Filters

if TYPE_CHECKING:
    from seatsync.domain.person import Member
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

    check_can_ask(yes)
    unclaimed = replace(filters, status=filters.status or (Status.UNCLAIMED.value,))
    with listing(folder, run, unclaimed, select) as listed:
        id, snapshot = listed.institution, listed.books
        libraries = _with_letters(filters.library, snapshot)
        found = _unclaimed(libraries, filters, listed)
        chosen = _of_named(members, libraries, filters, listed) if members else [seat for seat, _ in found]
    if not chosen:
        run.say("Nobody in this selection has an unclaimed license.")
        return ExitCode.DONE
    to_all = not members and select is None and filters == Filters(library=filters.library, roster=filters.roster)
    if not _is_wanted(yes, len(chosen), len({number for _, number in chosen}), to_all):
        return ExitCode.DONE
    record_resend(ledger_of(run, folder, id), id, snapshot.serial, chosen, run.at(snapshot.timezone), actor())
    run.say(f"Added to the outbox: {counted(len(chosen), 'letter')}. `seatsync outbox send` sends them.")
    return ExitCode.DONE


def _is_wanted(yes: bool, letters: int, people: int, to_all: bool) -> bool:
    """Whether somebody wants to send so many letters. To everybody, they type the whole word."""
    from seatsync.domain.diagnostic import counted

    what = f"Send {counted(letters, 'invitation')} again"
    if letters > 1:
        what += f", to {counted(people, 'person', 'people')}"
    if yes or people == 1 or not to_all:
        return is_confirmed(yes, f"{what}?")
    return is_typed_yes(f"{what}: everybody who has not claimed. Type yes to send")


def _with_letters(library: str | None, snapshot: Snapshot) -> list[str]:
    """The library chosen, or all whose members seatsync invites.

    Raises:
        Impossible: the library chosen sends none.
    """
    from seatsync.apply.members import Impossible

    sending = [id for id, known in snapshot.libraries.items() if known.invites]
    if library and library in snapshot.libraries and library not in sending:
        if not snapshot.libraries[library].is_at_vendor:
            fact = f"{library} has `sends_letters: false`, so seatsync sends no letters about it."
            help = "Delete `sends_letters: false` in seatsync.yaml, and apply it."
        elif snapshot.libraries[library].invites_again:
            fact = f"{library} is delivered by the vendor, whose portal invites its members."
            help = "To put it on the work list, write `resend:` on its grant, and apply it."
        else:
            fact = f"{library} is delivered by the vendor, whose portal can't send an invitation again."
            help = "Ask the vendor's support."
        raise Impossible(f"Nothing was sent: {fact}", help)
    return [library] if library else sending


def _unclaimed(libraries: list[str], filters: Filters, listed: Listing) -> Iterator[tuple[tuple[str, int], Member]]:
    """The unclaimed licenses that match the filters, as (library, member number), each with its member."""
    from seatsync.domain.license import Status

    for library in libraries:
        for numbers, books in listed.holders(library):
            for number in numbers:
                license = books.licenses[library][number]
                if license.status is Status.UNCLAIMED and filters.holds([license]):
                    yield (library, number), books.members[number]


def _of_named(
    members: tuple[str, ...], libraries: list[str], filters: Filters, listed: Listing
) -> list[tuple[str, int]]:
    """The unclaimed licenses of the named members.

    Raises:
        Impossible: one of them has no unclaimed license, or is not in the ledger.
    """
    from seatsync.apply.members import Impossible
    from seatsync.domain.text.emails import email_key

    named = {email_key(email): email for email in members}
    known = listed.with_emails(named)
    found = {seat: member.key for seat, member in _unclaimed(libraries, filters, known)}
    for key, email in named.items():
        if key not in found.values():
            is_known = replace(listed, only=None).with_emails([key]).only
            reason = (
                f"has no unclaimed license of {' or '.join(libraries)}" if is_known else "is not known to the ledger"
            )
            raise Impossible(f"Nothing was sent: {email} {reason}.", "Name only members with an unclaimed license.")
    return [*found]
