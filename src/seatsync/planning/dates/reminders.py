"""When reminders of unclaimed invitations are due."""

from __future__ import annotations

from datetime import date, timedelta

from seatsync.domain.license import License


def reminders_due(license: License, remind_after: tuple[int, ...], today: date) -> int:
    """How many reminders should have been sent by ``today``."""
    if not remind_after or not license.invited_on:
        return 0
    invited = date.fromisoformat(license.invited_on)
    return sum(invited + timedelta(days=days) <= today for days in remind_after)
