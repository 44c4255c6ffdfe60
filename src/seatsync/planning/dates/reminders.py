"""When reminders of unclaimed invitations are due."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from seatsync.domain.license import License


def reminders_due(license: License, remind_after: tuple[int, ...], today: date) -> int:
    """How many reminders should have been sent by ``today``."""
    if not remind_after or not license.invited_on:
        return 0
    return _due(license.invited_on, remind_after, today)


@lru_cache(maxsize=1_000)
def _due(invited_on: str, remind_after: tuple[int, ...], today: date) -> int:
    """The same for an invitation of this day (ISO): thousands of members have one."""
    invited = date.fromisoformat(invited_on)
    return sum(invited + timedelta(days=days) <= today for days in remind_after)
