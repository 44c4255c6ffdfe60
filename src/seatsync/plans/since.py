"""What has happened since the last apply, as far as that left things in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from seatsync.domain.people import Institution
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.queries.lookup import due_reminders, touched_since
from seatsync.ledger.read import read_snapshot
from seatsync.plans.settle import holds


@dataclass(frozen=True, slots=True)
class Since:
    """``books`` without members; ``done`` are the actions since the apply, by member (0: nobody's), ``due`` the numbers of
    those to whom a reminder is due."""

    institution: Institution
    books: Snapshot
    done: Mapping[int, set[str]]
    due: set[int]


def since_apply(connection: Connection, institution: str, today: date) -> Since | None:
    """None where all must be looked at: nothing is known to be settled, or the day has ended it."""
    books = read_snapshot(connection, institution, ())
    if books.institution is None or not holds(books, today):
        return None
    done = touched_since(connection, institution, books.settled["serial"])
    due = due_reminders(connection, institution, books.settled["remind"], today)
    return Since(books.institution, books, done, due)
