"""Writes a briefing into the outbox once it is due: the letters to administrators, and the entry of the journal that causes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from seatsync.domain.action import Event, Unplanned
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.briefing.due import due_on
from seatsync.ledger.queries.outbox import iso, supersede_briefings
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder


def brief(connection: Connection, institution: str, now: datetime, actor: str) -> int:
    """Write the institution's briefing if it is due, in place of those that nobody has sent; return how many letters that cancels. Call
    this as the institution's writer."""
    today = due_on(connection, now, institution)
    if today is None:
        return 0
    superseded = supersede_briefings(connection, institution, iso(now))
    books = read_snapshot(connection, institution, ())
    to = [admin for admin in books.admins.values() if admin.briefed]
    names = ("email", "given_name", "family_name")
    events = [Event(Unplanned.BRIEFING, person={name: getattr(admin, name) for name in names}) for admin in to]
    entry = Entry("briefing", iso(now), actor, detail={"briefed": today.isoformat()})
    Recorder(connection, institution, books).record(entry, events)
    return superseded
