"""When a library will have no seat left, if it goes on as it did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from seatsync.domain.library import Slots
from seatsync.ledger.queries.outlook.ahead import SeatsEnd
from seatsync.ledger.queries.outlook.past import DayUsed

LOOK_BACK, LEAST, FURTHEST = 365, 28, 730
"""Days of the past that give the pace: a whole year, because seats are granted in terms; how many must be known; how far to look."""


class Full(NamedTuple):
    """No seat is left on ``day`` (ISO) at the pace of the last ``days``, in which the seats used became so many ``more``."""

    day: str
    days: int
    more: int


def full_on(past: Sequence[DayUsed], slots: Slots, ends: Sequence[SeatsEnd], today: date) -> Full | None:
    """When a library is full, with the seats that end counted as free after their day.

    None where it is full already, where it does not grow, where too little is known, and where it is too far ahead.
    """
    known = [one for one in past if one.day < today.isoformat()]
    if not known or slots.available <= 0:
        return None
    days = min(LOOK_BACK, (today - date.fromisoformat(known[0].day)).days)
    start = (today - timedelta(days)).isoformat()
    more = slots.used - [one.used for one in known if one.day <= start][-1]
    if days < LEAST or more <= 0:
        return None
    for ahead in range(1, FURTHEST + 1):
        day = (today + timedelta(ahead)).isoformat()
        ended = sum(end.number for end in ends if end.day < day)
        if slots.used + more * ahead // days - ended >= slots.total:
            return Full(day, days, more)
    return None
