"""Erase a person and delete old letters. The journal records both."""

from __future__ import annotations

from sqlalchemy import Connection

from seatsync.apply.apply import must_belong_to
from seatsync.apply.members import Impossible
from seatsync.domain.action import Event, Unplanned
from seatsync.domain.portal.steps import steps_of
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import start_of
from seatsync.domain.text.emails import email_key
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.named import members_named, replaced_with_email
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder
from seatsync.ledger.retention import forget_links, forget_members, forget_plans, forget_stints, prune_letters


def erase(ledger: Ledger, institution: str, who: str, at: str, actor: str, commit: str) -> int:
    """Erase the person whose e-mail or student id is ``who``; return the number of records erased.

    The journal keeps what happened, but to a member without a name; its hash chain stays intact. Permanent licenses keep
    their seats. ``ledger.scrub`` then removes the old bytes from the database files.

    Raises:
        Impossible: nobody has that e-mail or id, the person is still in the files, or something about them is to be done at the
            vendor.
        ForeignLedger: the ledger belongs to another institution.
    """

    def step(connection: Connection) -> int:
        known = _numbers_of(connection, institution, who)
        books = read_snapshot(connection, institution, known)
        must_belong_to(books, institution)
        numbers = _numbers_of_leavers(books, who)
        if any(any(steps_of(books, number)) for number in numbers):
            raise Impossible(
                f"Something about {who} is still to be done at the vendor, and nobody could find them there without their name.",
                "Do it there (`seatsync worklist list`), run `seatsync worklist done`, and erase them then.",
            )
        stints = forget_stints(connection, institution, who)
        if not numbers and not stints.naming:
            raise Impossible(
                f"Nobody in the ledger has the e-mail or student id {who}.",
                "Write the e-mail or student id as the ledger has it.",
            )
        forget_links(connection, institution, numbers, stints.naming)
        events = [Event(Unplanned.ERASE, "", number) for number in numbers]
        forgotten = forget_plans(connection, institution, numbers, [*stints.naming, *stints.ended])
        forgotten |= {"administrators": stints.administrators, "contacts": stints.contacts}
        detail = {name: serials for name, serials in forgotten.items() if serials}
        entry = Entry("erase", at, actor, commit, "", detail)
        Recorder(connection, institution, books).record(entry, events)
        forget_members(connection, institution, numbers)
        return len(numbers) + len(stints.naming)

    return ledger.write(institution, actor, commit, step)


def _numbers_of(connection: Connection, institution: str, who: str) -> list[int]:
    """The numbers of the members with this e-mail or student id, and of those whose e-mail it was before somebody new."""
    replaced = replaced_with_email(connection, institution, email_key(who))
    return sorted({*members_named(connection, institution, who), *replaced})


def _numbers_of_leavers(books: Snapshot, who: str) -> list[int]:
    """The numbers of the members in ``books``, who have this e-mail or student id. All of them must have left.

    If somebody new on the roster has the e-mail, it is that of the earlier members.
    """
    key, found = email_key(who), books.members
    if any(not member.key for member in found.values()):
        found = {number: member for number, member in found.items() if not member.on_roster}
    if leaving := [number for number, member in found.items() if member.on_roster and not member.is_listed]:
        raise _still_leaving(books, who, leaving[0])
    if any(member.on_roster for member in found.values()):
        help = "Remove them from the rosters and apply; otherwise the next apply brings them back."
        raise Impossible(f"{who} is still on the roster.", help)
    contacts = books.institution.contacts if books.institution is not None else ()
    if key in [email_key(contact.email) for contact in contacts]:
        raise Impossible(f"{who} is a contact.", "Remove them from `contacts` in seatsync.yaml and apply.")
    helper = books.institution.help if books.institution is not None else None
    if helper is not None and key == email_key(helper.email):
        raise Impossible(
            f"{who} is whom members may ask.", "Name somebody else under `help` in seatsync.yaml and apply."
        )
    if key in books.admins:
        raise Impossible(f"{who} is an administrator.", "Remove them from `admins` in seatsync.yaml and apply.")
    return sorted(found)


def _still_leaving(books: Snapshot, who: str, number: int) -> Impossible:
    """The refusal to erase a member who has left and keeps seats for a grace period."""
    last = books.seats_end(number)
    keeps = f" and keeps temporary seats until {last}" if last else ""
    return Impossible(
        f"{who} left on {books.members[number].left_on}{keeps} (`leavers.grace`).",
        "Erase them when an apply after that day has removed them. To do it before, delete `leavers` from seatsync.yaml and apply: that "
        "ends the seats of everybody in a grace period.",
    )


def prune(ledger: Ledger, institution: str, before: str, at: str, actor: str, commit: str) -> int:
    """Delete the letters from before the day ``before`` (ISO) that are no longer waiting; return how many.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
    """

    def step(connection: Connection) -> int:
        books = read_snapshot(connection, institution, ())
        must_belong_to(books, institution)
        pruned = prune_letters(connection, institution, start_of(before, books.timezone)) if books.serial else []
        if pruned:
            letters = ",".join(f"{first}-{last}" for first, last in pruned)
            entry = Entry("prune", at, actor, commit, "", {"letters_before": before, "letters": letters})
            Recorder(connection, institution, books).record(entry, [])
        return sum(last - first + 1 for first, last in pruned)

    return ledger.write(institution, actor, commit, step)
