"""Words of sets: who and what is gone, whose role makes nobody a member, and how days are written."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from seatsync.sources.rosters.meaning.presence import STATE, Presence, on
from seatsync.sources.rosters.meaning.roles import FAMILY
from seatsync.sources.tables.table import squeezed

word = lru_cache(4096)(squeezed)
"""A word of a set for comparison: ``deleted_last_completed`` and ``deletedLastCompleted`` are one."""


def _in_words(presence: Presence, **more: str) -> Presence:
    said = {word(text): reason for text, reason in presence.gone.items()}
    return Presence(frozenset(map(word, presence.here)), said | more)


_ENDED = ("completed", "concluded", "transferred", "graduated", "unenrolled")
_STATES = Presence(STATE.here | {"published", "available", "true", "yes"}, STATE.gone)
SAYS = {
    "status": _in_words(_STATES, deletedlastcompleted="deleted", **{ended: ended for ended in _ENDED}),
    "enabled": _in_words(on("disabled")),
}
"""What the columns of a set that say who and what is gone mean, as ``word`` gives it: as in every roster, and what sets write beside.

``map:`` can give another column for each.
"""
OF_FAMILY = frozenset(map(word, FAMILY))
"""``FAMILY``, as ``word`` gives it."""


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
