"""Record events of members between applies, such as a one-off resend."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from seatsync.domain.action import Action, Event
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.license import IllegalTransition
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.outbox import Chosen, cancel, cancellable
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder, Stale
from seatsync.ledger.retention import in_ranges


class Impossible(Failure):
    """The current state of the ledger does not allow this."""

    exit_code = ExitCode.REFUSED


def record_resend(
    ledger: Ledger, institution: str, serial: int, chosen: Sequence[tuple[str, int]], at: str, actor: str
) -> None:
    """Send one more invitation for each (library, member number), all unclaimed at journal entry ``serial``.

    Raises:
        Stale: the ledger has changed since.
    """

    def step(connection: Connection) -> None:
        books = read_snapshot(connection, institution, {number for _, number in chosen})
        if books.serial != serial:
            raise Stale(f"the ledger was at journal entry {serial} and is now at {books.serial}")
        events = [Event(Action.RESEND, library, number) for library, number in chosen]
        record(connection, institution, books, Entry("resend", at, actor), events)

    ledger.write(institution, actor, "", step)


def cancel_letters(ledger: Ledger, institution: str, chosen: Chosen, at: str, actor: str) -> int:
    """Cancel the chosen letters that wait or have bounced; return how many. The journal notes which, and who did it."""

    def step(connection: Connection) -> int:
        books = read_snapshot(connection, institution, ())
        serials = cancellable(connection, institution, chosen, at) if books.serial else []
        if serials:
            cancel(connection, institution, serials, actor, at)
            letters = ",".join(f"{first}-{last}" for first, last in in_ranges(serials))
            record(connection, institution, books, Entry("cancel", at, actor, detail={"cancelled": letters}), [])
        return len(serials)

    return ledger.write(institution, actor, "", step)


def record(connection: Connection, institution: str, books: Snapshot, entry: Entry, events: Sequence[Event]) -> None:
    """Write the entry with the events of members, who must be in ``books``.

    Raises:
        Impossible: an event is not allowed in the current state.
    """
    try:
        Recorder(connection, institution, books).record(entry, events)
    except IllegalTransition as illegal:
        raise Impossible(f"That is not possible: {illegal}.", "See `seatsync licenses --all`.") from illegal
