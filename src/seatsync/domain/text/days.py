"""Dates as people write them: 2027-06-30."""

from __future__ import annotations

import re
from datetime import date

from seatsync.domain.text.characters import printable

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(text: str) -> date | None:
    """Parse a date like 2027-06-30. None if it is not one."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def day_fault(text: str) -> str:
    """Why ``parse_day`` rejects ``text``, as a sentence without its period."""
    return f'"{printable(text)}" is not a date{": there is no such day" if _DAY.fullmatch(text) else ""}'
