"""Writes a briefing into the outbox once it is due: a letter to each administrator, and the entry of the journal that causes it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from seatsync.domain.action import Event, Unplanned
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.briefing.due import due_on
from seatsync.ledger.queries.outbox import iso
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder


def brief(connection: Connection, institution: str, now: datetime, actor: str) -> int:
    """Write the institution's briefing if it is due; return to how many. Call this as the institution's writer."""
    today = due_on(connection, now, institution)
    if today is None:
        return 0
    books = read_snapshot(connection, institution, ())
    events = [Event(Unplanned.BRIEFING, person=asdict(admin)) for admin in books.admins.values()]
    entry = Entry("briefing", iso(now), actor, detail={"briefed": today.isoformat()})
    Recorder(connection, institution, books).record(entry, events)
    return len(events)
