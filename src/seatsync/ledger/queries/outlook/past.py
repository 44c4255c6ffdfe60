"""How many seats of each library were used on each day, from the journal."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from seatsync.domain.action import EVENTS
from seatsync.domain.license import From, Kind
from seatsync.domain.text.days import day_at
from seatsync.ledger import tables

_EFFECTS = {word: action.facts.license for word, action in EVENTS.items() if action.facts.license is not None}
_ENDING = sorted(word for word, effect in _EFFECTS.items() if effect.ends)
_SEEN = sorted(word for word, effect in _EFFECTS.items() if effect.start is From.ANY)
"""Events that say themselves what the license is afterwards, if it changes."""


class DayUsed(NamedTuple):
    """So many seats were ``used`` at the end of a ``day`` (ISO, at the institution)."""

    day: str
    used: int


def used_by_day(connection: Connection, institution: str, timezone: str) -> dict[str, list[DayUsed]]:
    """The seats used of each library at the end of each day on which their number changed, oldest first.

    It reads all events about licenses: of a million of them that takes some seconds.
    """
    entry = tables.entry.c
    entries = connection.execute(select(entry.serial, entry.at).where(entry.institution == institution))
    days = {serial: day_at(at, timezone) for serial, at in entries}
    changes: dict[str, dict[str, int]] = {}
    for number, library, change in connection.execute(_changes(institution)):
        of_library = changes.setdefault(library, {})
        of_library[days[number]] = of_library.get(days[number], 0) + change
    return {library: _summed(of_library) for library, of_library in changes.items()}


def _summed(changes: Mapping[str, int]) -> list[DayUsed]:
    days = sorted(changes)
    return [DayUsed(day, used) for day, used in zip(days, accumulate(changes[day] for day in days), strict=True)]


def _changes(institution: str) -> Select[Any]:
    """By how much each entry of the journal changed the used seats of each library: (entry, library, change)."""
    event = tables.event.c
    is_seen, is_none = event.action.in_(_SEEN), event.detail.contains(f'"kind":"{Kind.NONE.value}"')
    holds = case((or_(event.action.in_(_ENDING), and_(is_seen, is_none)), 0), else_=1)
    one = (event.library, event.member)
    before = func.coalesce(func.lag(holds).over(partition_by=one, order_by=event.serial), 0)
    change = (
        select(event.entry, event.library, (holds - before).label("change"))
        .where(event.institution == institution, event.action.in_(sorted(_EFFECTS)))
        .where(or_(~is_seen, event.detail.contains('"kind":')))
        .subquery()
    )
    total = func.sum(change.c.change)
    return select(change.c.entry, change.c.library, total).group_by(change.c.entry, change.c.library).having(total != 0)
