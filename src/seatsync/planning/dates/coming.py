"""Grants that begin later: who gets a seat by them, who keeps one, and how many seats are in use then.

Files and ledger are taken as they are today. A grant that begins gives its seats by what they say on its day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.desired import Grant
from seatsync.domain.license import Kind, Status
from seatsync.domain.text.days import parse_day
from seatsync.planning.draft import Draft
from seatsync.planning.entitlements import Entitlements

_DAY = timedelta(days=1)


def next_grants(entitlements: Entitlements, library: str) -> dict[int, Grant]:
    """The grant of a library that begins next for each member whom one reaches later, by position."""
    found: dict[int, Grant] = {}
    for part, reached in sorted(
        _coming(entitlements, library), key=lambda pair: pair[0].starts or date.max, reverse=True
    ):
        found.update(dict.fromkeys(reached, part))
    return found


def begins_next(rule: Grant | None) -> str:
    """The end of a reason: when the next grant begins."""
    return f"; the grant at {rule.origin} begins on {rule.starts}" if rule is not None else ""


def _coming(entitlements: Entitlements, library: str) -> list[tuple[Grant, set[int]]]:
    return [(part, reached) for part, reached in entitlements.coming.items() if part.library == library]


class Begins(NamedTuple):
    """Whom a grant, or a part of it, gives a seat on the day on which it begins, and who keeps theirs by it."""

    new: set[int]
    kept: set[int]


@dataclass(slots=True)
class Ahead:
    """The coming days of a library: what each coming grant brings, and by how many seats more or fewer are in use from a day on."""

    begins: dict[Grant, Begins] = field(default_factory=dict)
    moves: Counter[date] = field(default_factory=Counter)

    def most(self, used: int) -> Mapping[date, int]:
        """The seats in use on each day on which a grant begins, if ``used`` are after the plan."""
        found: dict[date, int] = {}
        days = {part.starts for part in self.begins if part.starts is not None}
        for day in sorted(self.moves.keys() | days):
            used += self.moves[day]
            if day in days:
                found[day] = used
        return found


def ahead(draft: Draft, library: str) -> Ahead:
    """Look ahead: end dates, and the grants that begin later, of who does not decline."""
    found = Ahead()
    coming = sorted(_coming(draft.entitlements, library), key=lambda pair: pair[0].starts or date.max)
    last, declined = _last_days(draft, library)
    by_member: dict[int, list[Grant]] = {}
    for part, reached in coming:
        found.begins[part] = Begins(set(), set())
        for position in reached if part.regrant else reached - declined:
            by_member.setdefault(position, []).append(part)
    for position, parts in by_member.items():
        _follow(draft, found, position, last.get(position), parts)
    _end(found.moves, (day for position, day in last.items() if position not in by_member))
    _end(found.moves, (day for one in draft.leavers.values() if (day := parse_day(one.ends.get(library, "")))))
    return found


def _last_days(draft: Draft, library: str) -> tuple[dict[int, date], set[int]]:
    """The last day of each seat after the plan, by position, and the members who have declined for good."""
    held, regrants = draft.licenses.get(library, {}), draft.entitlements.regrants.get(library, set())
    of = {
        position: license for position, number in enumerate(draft.numbers) if (license := held.get(number)) is not None
    }
    declined = {position for position, license in of.items() if license.status is Status.OPTED_OUT} - regrants
    wanted = draft.entitlements.wanted.get(library, {})
    last = {position: _last_day(draft, rule) for position, rule in wanted.items() if position not in declined}
    if (hold := draft.hold) is not None:
        frozen, day = {*draft.held.get((Action.REVOKE, library), ())}, date.fromisoformat(hold.last)
        last |= {position: day for position in of if draft.desired.members[position].email in frozen}
    last |= {position: date.max for position, license in of.items() if license.kind is Kind.PERMANENT}
    return last, declined


def _follow(draft: Draft, found: Ahead, position: int, last: date | None, parts: Iterable[Grant]) -> None:
    """Follow one member through the days: their seat, if any, to its ``last`` day, then from grant to grant."""
    for part in parts:
        assert part.starts is not None
        until = _last_day(draft, part)
        if last is not None and last >= part.starts - _DAY:
            if until > last:
                found.begins[part].kept.add(position)
                last = until
            continue
        _end(found.moves, () if last is None else (last,))
        found.begins[part].new.add(position)
        found.moves[part.starts] += 1
        last = until
    _end(found.moves, () if last is None else (last,))


def _end(moves: Counter[date], days: Iterable[date]) -> None:
    moves.subtract(day + _DAY for day in days if day < _NO_END)


_NO_END = date.max - _DAY


def _last_day(draft: Draft, rule: Grant) -> date:
    """The last day of a seat, so that one without an end lasts longer than others, and a permanent one longer still."""
    if rule.kind is Kind.PERMANENT:
        return date.max
    hold = draft.hold_of(rule)
    return min((date.fromisoformat(hold.last) if hold is not None else rule.until) or _NO_END, _NO_END)
