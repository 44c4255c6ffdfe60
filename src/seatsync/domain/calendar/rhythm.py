"""How often administrators get a briefing, and when the next one is due."""

from __future__ import annotations

from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RHYTHMS = ("daily", *WEEKDAYS, "first-of-month")
"""Each day, on a day of the week, or on the first day of the month."""

_DAY = timedelta(days=1)


def period_of(every: str, today: date) -> date:
    """The first day of the period of a rhythm that ``today`` is in: the last day on which a briefing was due."""
    if every == "first-of-month":
        return today.replace(day=1)
    back = (today.weekday() - WEEKDAYS.index(every)) % len(WEEKDAYS) if every in WEEKDAYS else 0
    return today - timedelta(days=min(back, today.toordinal() - 1))


def is_due(every: str, briefed_on: str, today: date) -> bool:
    """Whether no briefing was written in this period yet; ``briefed_on`` is the day (ISO) of the last one, empty for none."""
    return every in RHYTHMS and briefed_on < period_of(every, today).isoformat()


def told_before(every: str, today: date) -> date:
    """The day since which the first briefing tells what was done: the first one of the period before."""
    first = period_of(every, today)
    return period_of(every, first - _DAY) if first > date.min else first


def rhythm_in_words(every: str) -> str:
    """A rhythm in words: ``every Monday``."""
    return (
        f"every {every.title()}" if every in WEEKDAYS else every.replace("first-of-month", "on the first of the month")
    )
