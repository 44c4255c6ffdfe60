"""Making a person unreadable, and pruning letters: what the ledger forgets, and says that it has forgotten."""

from __future__ import annotations

from sqlalchemy import Connection

from seatsync.apply.apply import must_be_its_own
from seatsync.apply.members import Impossible
from seatsync.domain.action import Event, Unplanned
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder
from seatsync.ledger.retention import forget_links, forget_members, forget_plans, forget_stints, prune_letters


def erase(ledger: Ledger, institution: str, who: str, at: str, actor: str, commit: str) -> int:
    """Make the person whose e-mail or student id is ``who`` unreadable; returns how many records that were.

    The journal keeps what happened, to a member without a name; its chain holds. Permanent licenses keep their slots.
    ``ledger.scrub`` then takes the old bytes out of the files.

    Raises:
        Impossible: nobody has that name, or somebody who is still in the files.
        ForeignLedger: the ledger is another institution's.
    """

    def step(connection: Connection) -> int:
        books = read_snapshot(connection, institution)
        must_be_its_own(books, institution)
        numbers = _gone(books, who)
        stints = forget_stints(connection, institution, who)
        if not numbers and not stints.naming:
            raise Impossible(
                f"The ledger knows nobody as {who}.", "Give the e-mail or student id as the ledger has it."
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


def _gone(books: Snapshot, who: str) -> list[int]:
    """The numbers of those who are known by this e-mail or student id, all of whom must have left."""
    key = email_key(who)
    found = {
        number: member
        for number, member in books.members.items()
        if who and (key == member.key or who == member.student_id)
    }
    if any(member.on_roster for member in found.values()):
        help = "Take them out of the rosters and apply that, or the next apply would bring them back."
        raise Impossible(f"{who} is still on the roster.", help)
    contacts = books.institution.contacts if books.institution is not None else ()
    if key in [email_key(contact.email) for contact in contacts]:
        raise Impossible(f"{who} is a contact.", "Take them out of `contacts` in seatsync.yaml and apply that.")
    if key in books.admins:
        raise Impossible(f"{who} is an administrator.", "Take them out of `admins` in seatsync.yaml and apply that.")
    return sorted(found)


def prune(ledger: Ledger, institution: str, before: str, at: str, actor: str, commit: str) -> int:
    """Delete letters of the days before ``before`` (ISO) that wait no more; returns how many. The journal says so.

    Raises:
        ForeignLedger: the ledger is another institution's.
    """

    def step(connection: Connection) -> int:
        books = read_snapshot(connection, institution)
        must_be_its_own(books, institution)
        pruned = prune_letters(connection, institution, before) if books.serial else []
        if pruned:
            letters = ",".join(f"{first}-{last}" for first, last in pruned)
            entry = Entry("prune", at, actor, commit, "", {"letters_before": before, "letters": letters})
            Recorder(connection, institution, books).record(entry, [])
        return sum(last - first + 1 for first, last in pruned)

    return ledger.write(institution, actor, commit, step)
