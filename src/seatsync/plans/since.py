"""What has happened since the last apply, if its baseline still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from seatsync.domain.institution import Institution
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import day_in
from seatsync.ledger.baseline import holds
from seatsync.ledger.queries.lookup import asking
from seatsync.ledger.queries.since.apply import due_reminders, touched_since
from seatsync.ledger.read import read_snapshot
from seatsync.plans.rules_digest import rules_digest


@dataclass(frozen=True, slots=True)
class SinceApply:
    """The ledger without members (``books``), the ``actions`` since the apply by member number (0: no member), and the
    numbers of members with a reminder due, or with a seat that lapses (``calling``).

    ``today`` is the day in the time zone of the ledger. The files have the same one: the short ways need the same seatsync.yaml.
    """

    institution: Institution
    today: date
    books: Snapshot
    actions: Mapping[int, set[str]]
    calling: set[int]


def since_apply(connection: Connection, institution: str, now: datetime) -> SinceApply | None:
    """What has happened since the last apply. None if there is no baseline, or it no longer holds."""
    books = read_snapshot(connection, institution, ())
    if books.institution is None:
        return None
    today = day_in(now, books.timezone)
    if not holds(books.baseline, books.applied_on, today, rules_digest()):
        return None
    ask = asking(connection)
    actions = touched_since(ask, institution, books.baseline["serial"])
    calling = due_reminders(ask, institution, books.baseline["remind"], today)
    if books.institution.reclaim_after:
        from seatsync.ledger.queries.line.lapsing import lapsing

        calling |= {number for _, number in lapsing(connection, institution, books.institution, today)}
    return SinceApply(books.institution, today, books, actions, calling)
