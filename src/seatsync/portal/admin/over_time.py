"""A library's seats over time and ahead: the drawing, the same as a table, and which seats end, month by month."""

from __future__ import annotations

from collections.abc import Sequence
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
from seatsync.portal.admin.year import Ahead
from seatsync.portal.web.translation import _, day
from seatsync.reports.outlook.chart import Chart, chart


class OverTime(NamedTuple):
    """The ``drawn`` seats of a library, when it will be ``full`` (sentences, or empty), and the days on which some seats end by
    ``months`` (each with its name)."""

    drawn: Chart
    full: str
    months: Sequence[tuple[str, Sequence[SeatsEnd]]]


def outlooks_of(connection: Connection, institution: str, books: Snapshot, today: str) -> dict[str, Outlook]:
    """The outlook of each library, without its invitations. What ends is read once in each state of the ledger; the past once a day,
    because all events are read for it."""
    ends = remembered().answer(institution, books, "ends", lambda: ends_ahead(connection, institution))
    past = remembered().answer_of_day(
        institution, today, books.timezone, lambda: used_by_day(connection, institution, books.timezone)
    )
    return {
        id: Outlook(library, books.slots(id), past.get(id, ()), ends.get(id, ()), Invitations())
        for id, library in books.libraries.items()
    }


def full(outlook: Outlook, today: str) -> str:
    """When no seat will be left, as a sentence in the words of `seatsync report`; empty where nothing tells."""
    found = outlook.full_on(date.fromisoformat(today))
    if found is None:
        return ""
    return _(
        "At the pace of the last %(days)s days (seats used: +%(more)s) it will be full about %(day)s.",
        days=found.days,
        more=format_decimal(found.more),
        day=day(found.day),
    )


def over_time(outlook: Outlook, today: str, year: Ahead) -> OverTime:
    """The seats of a library over time, and ahead as the ``year`` brings them where it is known."""
    slots, ends, id = outlook.slots, outlook.ends, outlook.library.id
    when_full = " ".join(filter(None, (full(outlook, today), year.in_words.get(id, ""))))
    words = [
        _("%(used)s of %(total)s seats used", used=format_decimal(slots.used), total=format_decimal(slots.total)),
        *([when_full.removesuffix(".")] if when_full else []),
        *(
            _("Seats with last day %(day)s: %(count)s", day=day(end.day), count=format_decimal(end.number))
            for end in ends
        ),
    ]
    now = date.fromisoformat(today)
    drawn = chart(outlook, now, ". ".join(words), outlook.ahead(now, year.curves.get(id)))
    months = groupby(ends, key=lambda end: end.day[:7])
    named = [(format_date(date.fromisoformat(f"{month}-01"), "LLLL yyyy"), [*days]) for month, days in months]
    return OverTime(drawn, when_full, named)
