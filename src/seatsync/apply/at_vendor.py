"""Record that steps of the work list are done at the vendor."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection

from seatsync.apply.apply import must_belong_to
from seatsync.apply.members import record
from seatsync.domain.action import Event
from seatsync.domain.portal.done import events_of_done, events_of_stand_ins
from seatsync.domain.portal.namesakes import namesakes
from seatsync.domain.portal.steps import Step
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import DONE, Entry
from seatsync.ledger.queries.work import changed_since, open_work


def done(
    ledger: Ledger,
    institution: str,
    steps: Collection[Step],
    at: str,
    actor: str,
    commit: str = "",
    as_of: int | None = None,
) -> Sequence[Step]:
    """Take these steps off the work list, and return those that were on it.

    The others were done before, or are no longer to be done; they do no harm. What came onto the list since stays on it. With
    ``as_of``, the last journal entry that the caller knew, nothing is taken off about members who have changed since.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
    """

    def step(connection: Connection) -> Sequence[Step]:
        books, is_open = open_work(connection, institution)
        must_belong_to(books, institution)
        changed = changed_since(connection, institution, as_of) if as_of is not None else ()
        chosen = [one for one in is_open if one in steps and one.member not in changed]
        if chosen:
            record(connection, institution, books, Entry(DONE, at, actor, commit), _events(books, chosen))
        return chosen

    steps = frozenset(steps)
    return ledger.write(institution, actor, commit, step)


def _events(books: Snapshot, steps: Sequence[Step]) -> Iterator[Event]:
    """Yield the events one step after another: each is posted before the next is made."""
    shared = namesakes(books, steps)
    for step in steps:
        yield from events_of_done(books, step)
    yield from events_of_stand_ins(books, shared)
