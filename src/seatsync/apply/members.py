"""Record events of members between applies, such as a one-off resend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from seatsync.domain.action import Action, Event
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.license import IllegalTransition
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.by_hand import Chosen, cancel, cancellable, held_letters, hold, release
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
            record(
                connection, institution, books, Entry("cancel", at, actor, detail={"cancelled": _ranges(serials)}), []
            )
        return len(serials)

    return ledger.write(institution, actor, "", step)


def hold_letters(ledger: Ledger, institution: str, since: str, at: str, actor: str) -> int:
    """Hold the letters that are due, and those that applies write from now on; return how many are due.

    The journal notes it, and the moment ``since`` (ISO) to which the ledger was restored.
    """

    def step(connection: Connection) -> int:
        books = read_snapshot(connection, institution, ())
        serials = hold(connection, institution, at) if books.serial else []
        if serials or books.held_since != since:
            detail = {"held": since, "holding": _ranges(serials)}
            record(connection, institution, books, Entry("hold", at, actor, detail=detail), [])
        return len(serials)

    return ledger.write(institution, actor, "", step)


def release_letters(ledger: Ledger, institution: str, chosen: Chosen | None, at: str, actor: str) -> int:
    """Release the chosen held letters; return how many. None: all of them, and later applies hold none. The journal notes it."""

    def step(connection: Connection) -> int:
        books = read_snapshot(connection, institution, ())
        serials = held_letters(connection, institution, chosen or Chosen()) if books.held_since else []
        release(connection, institution, serials)
        is_end = chosen is None and books.held_since
        if serials or is_end:
            detail = {"released": _ranges(serials), **({"held": ""} if is_end else {})}
            record(connection, institution, books, Entry("release", at, actor, detail=detail), [])
        return len(serials)

    return ledger.write(institution, actor, "", step)


def _ranges(serials: Sequence[int]) -> str:
    return ",".join(f"{first}-{last}" for first, last in in_ranges(serials))


def record(connection: Connection, institution: str, books: Snapshot, entry: Entry, events: Iterable[Event]) -> None:
    """Write the entry with the events of members, who must be in ``books``.

    Raises:
        Impossible: an event is not allowed in the current state.
    """
    try:
        Recorder(connection, institution, books).record(entry, events)
    except IllegalTransition as illegal:
        raise Impossible(f"That is not possible: {illegal}.", "See `seatsync licenses --all`.") from illegal
