"""How long before a day people are told of it: at each distance once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

DISTANCES = (60, 14, 1)
"""So many days before a day, people are told what it brings."""

TOLD_ONCE = frozenset({"contract-ends", "institution-ends", "seats-end", "seats-run-short", "seats-short-later"})
"""The codes of what is told because a day comes nearer. The ledger notes when, and ``--strict`` does not stop at it: no edit of the
files could have prevented it."""


def days_before(day: str) -> Iterator[str]:
    """The days (ISO) on which people are told of a day (ISO), the earliest first."""
    known = date.fromisoformat(day)
    yield from ((known - timedelta(days=min(ahead, known.toordinal() - 1))).isoformat() for ahead in DISTANCES)


def is_between(told_on: str, day: str, today: str) -> bool:
    """Whether a day (ISO) has come since people were told last, on ``told_on``. Before they were told anything, nothing has come."""
    return "" < told_on < day <= today


def is_nearer(told_on: str, day: str, today: str) -> bool:
    """Whether a distance to a coming day (ISO) has been reached since people were told last."""
    return today <= day and any(is_between(told_on, before, today) for before in days_before(day))


def how_far(day: str, today: str) -> str:
    """How far a day (ISO) is away, in words: ``in 14 days``."""
    days = (date.fromisoformat(day) - date.fromisoformat(today)).days
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days:,} days")
