"""Freezes: days on which seatsync takes nothing away, or reminds nobody.

A freeze moves end dates: a temporary seat that would be revoked on one of its days ends on its last day instead. So claims, pages,
lists, letters and lines know it as they know other end dates, and nothing has to be remembered until it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from seatsync.domain.text.characters import forbidden
from seatsync.domain.text.days import next_day, parse_day

REVOKE = "revoke"
REMIND = "resend"
ACTIONS: Mapping[str, str] = {REVOKE: "takes no seat away", REMIND: "sends no reminders"}
"""What can be held back, and the words for it."""


class Freeze(NamedTuple):
    """The days (ISO) from ``first`` to ``last``, on which these ``actions`` are held back, and why; the reason can be empty."""

    first: str
    last: str
    actions: tuple[str, ...] = (REVOKE,)
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The freeze as plans and the journal write it."""
        return {"from": self.first, "until": self.last, "actions": [*self.actions], "reason": self.reason}


Freezes = Sequence[Freeze]


class Hold(NamedTuple):
    """What holds an action back on a day: to which day (ISO), that day included, and why (can be empty)."""

    last: str
    reason: str

    @property
    def over(self) -> str:
        """The first day (ISO) on which it is over."""
        return next_day(self.last)

    @property
    def in_words(self) -> str:
        """The end and the reason, as in "until 2027-06-10 (finals)"."""
        return f"until {self.last}{f' ({self.reason})' if self.reason else ''}"


def hold_on(freezes: Freezes, day: str, action: str = REVOKE) -> Hold | None:
    """What holds the action back on a day (ISO); None if it is not. Freezes that overlap or follow each other are one."""
    last, reasons = "", dict[str, None]()
    mine = [one for one in freezes if action in one.actions]
    while found := [one for one in mine if one.first <= day <= one.last]:
        furthest = max(found, key=lambda one: one.last)
        last, day = furthest.last, next_day(furthest.last)
        reasons |= dict.fromkeys(filter(None, (furthest.reason,)))
        if day == last:
            break
    return Hold(last, ", ".join(reasons)) if last else None


def is_frozen(freezes: Freezes, day: str) -> bool:
    """Whether anything is held back on a day (ISO)."""
    return any(one.first <= day <= one.last for one in freezes)


def hold_of_end(freezes: Freezes, own: str, today: str) -> Hold | None:
    """What holds the end of a seat back whose own last day is ``own`` (ISO; empty for no end); None if nothing does.

    It would be revoked on the day after, or ``today`` if that is past. Where that day is frozen, it stays to the end of the freeze.
    """
    return hold_on(freezes, max(next_day(own), today)) if own and freezes and own < date.max.isoformat() else None


def last_day(freezes: Freezes, own: str, today: str) -> str:
    """The last day (ISO) of a seat whose own last day is ``own``; empty for no end."""
    hold = hold_of_end(freezes, own, today)
    return hold.last if hold is not None else own


def turning_days(freezes: Freezes) -> Iterable[str]:
    """The days (ISO) on which a freeze begins, and those on which it is over."""
    return {day for one in freezes for day in (one.first, next_day(one.last))}


def is_freezes(value: Any) -> bool:
    """Whether these are freezes as ``as_dict`` writes them."""
    return isinstance(value, list | tuple) and all(map(_is_freeze, value))


def _is_freeze(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() == {"from", "until", "actions", "reason"}
        and all(isinstance(value[name], str) and parse_day(value[name]) is not None for name in ("from", "until"))
        and isinstance(value["actions"], list | tuple)
        and all(isinstance(action, str) and action in ACTIONS for action in value["actions"])
        and isinstance(value["reason"], str)
        and forbidden(value["reason"]) is None
    )


def freezes_of(written: Iterable[Mapping[str, Any]]) -> tuple[Freeze, ...]:
    """The freezes that ``as_dict`` has written.

    Raises:
        KeyError, TypeError: they are not such freezes.
    """
    return tuple(Freeze(one["from"], one["until"], (*one["actions"],), one["reason"]) for one in written)


def freezes_in_words(freezes: Freezes) -> str:
    """The freezes, for plans and the journal; empty for none."""
    return " and ".join(map(_in_words, freezes))


def _in_words(one: Freeze) -> str:
    only = "" if one.actions == (REVOKE,) else f", {' and '.join(ACTIONS[action] for action in one.actions)}"
    return f"{one.first} to {one.last}{f' ({one.reason})' if one.reason else ''}{only}"
