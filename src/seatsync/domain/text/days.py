"""Days as people write them: 2027-06-30."""

from __future__ import annotations

import re
from datetime import date

from seatsync.domain.text.characters import printable

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(text: str) -> date | None:
    """The day written as 2027-06-30, or None where that is none."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def day_fault(text: str) -> str:
    """Why ``text`` is none that ``parse_day`` takes, without the stop."""
    return f'"{printable(text)}" is no date{": there is no such day" if _DAY.fullmatch(text) else ""}'
