"""What happens between applies: a claim, an opt-out, a one-off resend."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from seatsync.domain.action import CLAIM, OPT_OUT, Action, Event
from seatsync.domain.license import ABSENT, IllegalTransition, Status
from seatsync.domain.names import did_you_mean, email_fault, email_key
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder, Stale
from seatsync.outbox.letters import letter_for


class Impossible(Exception):
    """Something that the state of the ledger does not allow. The message says why, ``help`` what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


def record_claim(ledger: Ledger, institution: str, library: str, email: str, account: str, at: str, actor: str) -> None:
    """The member has claimed; ``account`` is the e-mail of their own sign-in.

    Raises:
        Impossible: there is nothing to claim.
    """
    if fault := email_fault(account):
        raise Impossible(f"{fault}.", "Correct it.")

    def events(books: Snapshot) -> list[Event]:
        number = _unclaimed(books, library, email, "claim")
        return [Event(CLAIM, library, number, person={"account": account})]

    _record(ledger, institution, Entry("claim", at, actor), events)


def record_opt_out(ledger: Ledger, institution: str, library: str, email: str, at: str, actor: str) -> None:
    """The member declines.

    Raises:
        Impossible: there is nothing to decline, or the institution does not allow it.
    """

    def events(books: Snapshot) -> list[Event]:
        if books.institution is not None and not books.institution.opt_out:
            help = "Set `opt_out: true` in seatsync.yaml and apply it."
            raise Impossible(f"Members of {institution} may not opt out.", help)
        return [Event(OPT_OUT, library, _unclaimed(books, library, email, "decline"))]

    _record(ledger, institution, Entry("opt-out", at, actor), events)


def record_resend(
    ledger: Ledger, institution: str, serial: int, chosen: Sequence[tuple[str, int]], at: str, actor: str
) -> None:
    """One more invitation for each (library, member number), all of them unclaimed when the ledger stood at ``serial``.

    Raises:
        Stale: the ledger has moved since.
    """

    def events(books: Snapshot) -> list[Event]:
        if books.serial != serial:
            raise Stale(f"the ledger stood at {serial} and stands at {books.serial} now")
        return [Event(Action.RESEND, library, number) for library, number in chosen]

    _record(ledger, institution, Entry("resend", at, actor), events)


def _unclaimed(books: Snapshot, library: str, email: str, what: str) -> int:
    """The number of the member who has an unclaimed license of ``library``."""
    if library not in books.libraries:
        guess = did_you_mean(library, books.libraries)
        raise Impossible(f'The ledger has no library "{library}". {guess}'.rstrip(), "See `seatsync status`.")
    key = email_key(email)
    numbers = [number for number, member in books.members.items() if member.key == key]
    if not numbers:
        raise Impossible(
            f"The ledger knows nobody with the e-mail {email}.", "Write it as `seatsync members` lists it."
        )
    held = books.licenses.get(library, {})
    for number in numbers:
        if held.get(number, ABSENT).status is Status.UNCLAIMED:
            return number
    status = held.get(numbers[0], ABSENT).status.replace("_", " ")
    raise Impossible(
        f"{email} has nothing to {what} of {library}: the license status is {status}.",
        "See `seatsync licenses --all`.",
    )


def _record(ledger: Ledger, institution: str, entry: Entry, events: Callable[[Snapshot], list[Event]]) -> None:
    """Write the events that the ledger, as it is, calls for."""

    def step(connection: Connection) -> None:
        books = read_snapshot(connection, institution)
        try:
            Recorder(connection, institution, books, letter_for).record(entry, events(books))
        except IllegalTransition as illegal:
            raise Impossible(f"That can't be: {illegal}.", "See `seatsync licenses --all`.") from illegal

    ledger.write(institution, entry.actor, entry.commit, step)
