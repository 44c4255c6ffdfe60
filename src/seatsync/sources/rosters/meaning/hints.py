"""Columns that may say who has left, by a word in their name: their values show whether they do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from seatsync.domain.text.characters import clean
from seatsync.sources.rosters.meaning.last_days import days_in
from seatsync.sources.rosters.meaning.presence import Presence, off, on, since
from seatsync.sources.rosters.meaning.presence_columns import MAYBE_STATES
from seatsync.sources.rosters.meaning.presence_words import (
    ACTIVE,
    ACTIVE_NAMES,
    BLOCKED,
    LEFT,
    LEFT_NAMES,
    NO,
    SAID,
    YES,
)
from seatsync.sources.tables.table import squeezed

_STATE = Presence(gone=dict.fromkeys(SAID, "?"), other="")

_STATES = frozenset({"active", "enroll", "enrol", "enrollment", "enrolment", "employment", "account", "member"})
"""Words before "status" in names of columns that have no other meaning."""
_LEFT_NAMES, _ACTIVE_NAMES = (frozenset(map(squeezed, names)) for names in (LEFT_NAMES, ACTIVE_NAMES))
_WORD = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")


class Hint(NamedTuple):
    """What a column says if one of its values does. ``field`` is its name under `map:`.

    With ``only_words``, it does not if a value is neither yes nor no: such columns count or describe something else.
    """

    field: str
    meaning: Presence
    only_words: bool = False

    def telling(self, values: Iterable[str]) -> str | None:
        """The first of the values that says that somebody has left, or may; None if none does."""
        distinct = [*dict.fromkeys(value for value in map(clean, values) if value)]
        if self.only_words and not all(value.casefold() in _YES_OR_NO for value in distinct):
            return None
        return next((value for value in distinct if self.meaning.word(value) != ""), None)

    def map_for(self, value: str) -> str:
        """The field that the column is if it has this value."""
        if self.field != "withdrawn" or value.casefold() in _YES_OR_NO:
            return self.field
        return "deleted_on" if days_in([value]).unread else "ends"


_YES_OR_NO = frozenset({*YES, *NO, "-"})


def hint_of(cell: str, names: Sequence[str]) -> Hint | None:
    """What a header's cell with these squeezed ``names`` may say; None if nothing."""
    words = {word.casefold() for word in _WORD.findall(cell)}
    if not LEFT.isdisjoint(words) or not _LEFT_NAMES.isdisjoint(names):
        return Hint("withdrawn", since("left"))
    if any(name.endswith("status") for name in names) and not _STATES.isdisjoint(words):
        return Hint("status", on("left"))
    if not ACTIVE.isdisjoint(words) or not _ACTIVE_NAMES.isdisjoint(names):
        return Hint("active", on("inactive"), only_words=True)
    if not BLOCKED.isdisjoint(words):
        return Hint("suspended", off("suspended"), only_words=True)
    if not _MAYBE.isdisjoint(names) or any(name.endswith("status") for name in names):
        return Hint("status", _STATE)
    return None


def hint_of_a_state() -> Hint:
    """What a column may say whose name is that of one that says who is gone, and that `map:` gives to another field."""
    return Hint("status", _STATE)


_MAYBE = frozenset(map(squeezed, MAYBE_STATES))
