"""Whose administrators are due a briefing."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, select

from seatsync.domain.calendar.rhythm import is_due
from seatsync.domain.text.days import day_in
from seatsync.ledger import tables
from seatsync.ledger.queries.accounts.holdings import ACROSS


def briefings_due(connection: Connection, now: datetime, institution: str | None = None) -> list[str]:
    """The institutions whose briefing is due; of all, or ``institution`` if it is."""
    return [*_due(connection, now, institution)]


def due_on(connection: Connection, now: datetime, institution: str) -> date | None:
    """The institution's day, if its briefing is due."""
    return _due(connection, now, institution).get(institution)


def _due(connection: Connection, now: datetime, institution: str | None) -> dict[str, date]:
    columns = tables.institution.c
    query = select(columns.institution, columns.briefing, columns.briefed_on, columns.timezone)
    query = query.where(columns.briefing != "").order_by(columns.institution)
    if institution is not None:
        query = query.where(columns.institution == institution)
    options = ACROSS if institution is None else {}
    days = {
        id: (every, briefed_on, day_in(now, timezone))
        for id, every, briefed_on, timezone in connection.execute(query, execution_options=options)
    }
    return {id: today for id, (every, briefed_on, today) in days.items() if is_due(every, briefed_on, today)}
