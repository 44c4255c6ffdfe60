"""What happens between applies: who asks for what the ledger does not allow is told why; and a one-off resend."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from seatsync.domain.action import Action, Event
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.license import IllegalTransition
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder, Stale


class Impossible(Failure):
    """Something that the state of the ledger does not allow."""

    exit_code = ExitCode.REFUSED


def record_resend(
    ledger: Ledger, institution: str, serial: int, chosen: Sequence[tuple[str, int]], at: str, actor: str
) -> None:
    """One more invitation for each (library, member number), all of them unclaimed when the ledger stood at ``serial``.

    Raises:
        Stale: the ledger has moved since.
    """

    def step(connection: Connection) -> None:
        books = read_snapshot(connection, institution, {number for _, number in chosen})
        if books.serial != serial:
            raise Stale(f"the ledger stood at {serial} and stands at {books.serial} now")
        events = [Event(Action.RESEND, library, number) for library, number in chosen]
        record(connection, institution, books, Entry("resend", at, actor), events)

    ledger.write(institution, actor, "", step)


def record(connection: Connection, institution: str, books: Snapshot, entry: Entry, events: Sequence[Event]) -> None:
    """Write what happens to members, whom ``books`` must have.

    Raises:
        Impossible: it may not happen.
    """
    try:
        Recorder(connection, institution, books).record(entry, events)
    except IllegalTransition as illegal:
        raise Impossible(f"That can't be: {illegal}.", "See `seatsync licenses --all`.") from illegal
