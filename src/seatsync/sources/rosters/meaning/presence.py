"""What the values of a column say of whether somebody is a member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatsync.domain.text.characters import clean
from seatsync.sources.rosters.meaning.presence_words import GONE, HERE, NO, NO_DAY, YES


@dataclass(frozen=True)
class Presence:
    """What the values of a column say: ``here`` are the words of members, ``gone`` maps a word to why somebody is none.

    ``other`` is what any other value means: "" that somebody is a member, a reason that they are not, None that nobody knows;
    that is an error. An empty value says nothing. Case does not count. The column has days if it ``has_days``.
    """

    here: frozenset[str] = frozenset()
    gone: Mapping[str, str] = field(default_factory=dict)
    other: str | None = None
    has_days: bool = False

    def word(self, value: str) -> str | None:
        """Why somebody with this value is no member; "" if they are one, None if nobody knows."""
        folded = clean(value).casefold()
        if not folded or folded in self.here:
            return ""
        return self.gone.get(folded, self.other)


STATE = Presence(HERE, GONE)
"""A column of states, such as ``status``."""


def on(reason: str) -> Presence:
    """A column that says yes of members; ``reason`` is why the others are none."""
    return Presence(HERE | {*YES}, {**dict.fromkeys(NO, reason), **GONE})


def off(reason: str) -> Presence:
    """A column that says yes of those who are no members, because they are ``reason``."""
    return Presence(HERE | {*NO}, {**dict.fromkeys(YES, reason), **GONE})


def since(reason: str) -> Presence:
    """A column with the day on which somebody became ``reason``: any value means so, but a later day, and what says no."""
    return Presence(HERE | NO_DAY, {}, reason, has_days=True)
