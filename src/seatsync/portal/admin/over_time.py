"""A library's seats over time and ahead: the drawing, the same as a table, and which seats end, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from flask_babel import format_date, format_decimal
from sqlalchemy import Connection

from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.queries.outlook.ahead import SeatsEnd, ends_ahead
from seatsync.ledger.queries.outlook.invitations import Invitations
from seatsync.ledger.queries.outlook.outlook import Outlook
from seatsync.ledger.queries.outlook.past import used_by_day
from seatsync.portal.admin.remembered import remembered
from seatsync.portal.web.translation import _, day
from seatsync.reports.outlook.chart import Chart, chart


class OverTime(NamedTuple):
    """The ``drawn`` seats of a library, and the days on which some end by ``months`` (each with its name)."""

    drawn: Chart
    months: Sequence[tuple[str, Sequence[SeatsEnd]]]


def ends_of(connection: Connection, institution: str, books: Snapshot) -> Mapping[str, Sequence[SeatsEnd]]:
    """The last days of the seats of each library, soonest first; read once in each state of the ledger."""
    return remembered().answer(institution, books, "ends", lambda: ends_ahead(connection, institution))


def over_time(connection: Connection, institution: str, books: Snapshot, today: str) -> dict[str, OverTime]:
    """The seats of each library over time. All events are read for it, once in each state of the ledger."""
    past = remembered().answer(
        institution, books, "over time", lambda: used_by_day(connection, institution, books.timezone)
    )
    ends = ends_of(connection, institution, books)
    return {
        id: _over_time(Outlook(library, books.slots(id), past.get(id, ()), ends.get(id, ()), Invitations()), today)
        for id, library in books.libraries.items()
    }


def _over_time(outlook: Outlook, today: str) -> OverTime:
    slots, ends = outlook.slots, outlook.ends
    words = [
        _("%(used)s of %(total)s seats used", used=format_decimal(slots.used), total=format_decimal(slots.total)),
        *(
            _("Seats with last day %(day)s: %(count)s", day=day(end.day), count=format_decimal(end.number))
            for end in ends
        ),
    ]
    drawn = chart(outlook, date.fromisoformat(today), ". ".join(words))
    months = groupby(ends, key=lambda end: end.day[:7])
    return OverTime(
        drawn, [(format_date(date.fromisoformat(f"{month}-01"), "LLLL yyyy"), [*days]) for month, days in months]
    )
