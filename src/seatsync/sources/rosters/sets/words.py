"""Words of sets: who and what is gone, whose role makes nobody a member, and how days are written."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

HERE = frozenset({"", "active", "enrolled", "published", "available", "current", "true", "yes"})
GONE = frozenset(
    {
        *("tobedeleted", "deleted", "inactive", "suspended", "disabled", "withdrawn", "completed", "concluded"),
        *("deletedlastcompleted", "archived", "transferred", "graduated", "left", "expired", "unenrolled", "dropped"),
    }
)
FAMILY = frozenset(
    {
        *("guardian", "parent", "relative", "observer", "emergencycontact", "contact", "family", "child", "doctor"),
        *("mother", "father", "grandparent", "stepparent", "aunt", "uncle", "sibling", "observerenrollment"),
    }
)
"""Roles of people who are in a set because of somebody else. They are members only if ``take: roles`` names them."""


@lru_cache(4096)
def word(text: str) -> str:
    """A word of a set for comparison: ``deleted_last_completed`` and ``deletedLastCompleted`` are one."""
    return "".join(character for character in text.casefold() if character.isalnum())


@lru_cache(4096)
def last_day(text: str) -> str | None:
    """A written day as ISO, empty for none; None if it is no day. A time is left away: the day it names counts."""
    text = text.strip()
    if not text:
        return ""
    if found := re.match(r"(\d{4})-?(\d{2})-?(\d{2})(?=$|[T ])", text):
        year, month, day = found.groups()
    elif found := re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})(?=$| )", text):  # as School Data Sync writes it
        month, day, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def is_readable(id: str) -> bool:
    """Whether a person can read the id as a name: FS2026 can be, a number or a random identifier can't."""
    return any(map(str.isalpha, id)) and len(id) <= 24 and not re.fullmatch(r"[0-9a-fA-F{}-]{8,}", id)
