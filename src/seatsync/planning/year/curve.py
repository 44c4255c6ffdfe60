"""The curve of a library: seats in use on each coming day, who waits, what falls due, and how many seats to order by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from seatsync.domain.desired import Scenario
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.money.purchases import Purchases


class CurveDay(NamedTuple):
    """A library at the end of a day (ISO).

    ``asked`` are the seats that the files ask for: those in use, and one for each who waits or whom a blocked plan would give one.
    ``granted``, ``ended`` (revoked), ``lapsed`` (not claimed in time) and ``permanent`` (made permanent, or granted so) count what happens
    to seats on that day, ``letters`` the letters of each kind that are written.
    """

    date: str
    total: int
    used: int
    waiting: int
    asked: int
    granted: int = 0
    ended: int = 0
    lapsed: int = 0
    permanent: int = 0
    letters: Mapping[str, int] = {}

    @property
    def available(self) -> int:
        return self.total - self.used

    @property
    def short(self) -> int:
        """How many seats are missing."""
        return max(0, self.asked - self.total)

    def differs_from(self, before: CurveDay) -> bool:
        """Whether other seats are there, in use or asked for than on the day before, or others wait."""
        return self[1:5] != before[1:5]

    def says_more_than(self, before: CurveDay) -> bool:
        """Whether something is otherwise than the day before, or happens on this day."""
        return self.differs_from(before) or any(self[5:])


class Notice(NamedTuple):
    """The last day (ISO) on which notice can be given of a contract, its end and its order."""

    day: str
    until: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve of a library: the first day, and each day on which something changes."""

    library: str
    title: str
    days: Sequence[CurveDay]
    purchases: Purchases = ()

    @property
    def full_on(self) -> str:
        """The first day (ISO) on which no seat is left for anybody else; empty if there is none."""
        return next((day.date for day in self.days if day.asked >= max(1, day.total)), "")

    @property
    def course(self) -> Sequence[tuple[str, int]]:
        """The seats in use after each day (ISO) on which they change, and after the first one."""
        first, *rest = self.days
        found, used = {first.date: first.used}, first.used
        for day in rest:
            if day.used != used:
                before = date.fromisoformat(day.date) - timedelta(days=1)
                found[before.isoformat()] = used = day.used
        return [*found.items()]

    @property
    def short_on(self) -> str:
        """The first day (ISO) on which more seats are asked for than there are; empty for none."""
        return next((day.date for day in self.days if day.short), "")

    @property
    def to_order(self) -> int:
        """How many seats are missing on the day on which most are."""
        return max(day.short for day in self.days)

    @property
    def most(self) -> CurveDay:
        """The first day on which most seats are asked for."""
        return max(self.days, key=lambda day: day.asked)

    @property
    def contracts(self) -> Sequence[Notice]:
        """The contracts of the library, each once, the one whose last day of notice comes first before the others."""
        known = (one.contract for one in self.purchases if one.contract is not None)
        return sorted({Notice(one.notice_day, one.until, one.order) for one in known})

    @property
    def notices(self) -> Sequence[Notice]:
        """The coming days by which notice must be given, soonest first."""
        return [one for one in self.contracts if one.day >= self.days[0].date]

    @property
    def order_by(self) -> str:
        """The first day (ISO) of notice before seats are missing; empty if none is, or if there is no such day."""
        return next((one.day for one in self.notices if one.day <= self.short_on), "")

    @property
    def deadline(self) -> str:
        """The day (ISO) by which to order: ``order_by``, else the first day on which seats are missing."""
        return self.order_by or self.short_on


@dataclass(frozen=True, slots=True)
class Blocked:
    """From the day ``since`` (ISO) to ``until`` (ISO) the plan of each day is blocked, so nothing is applied."""

    since: str
    until: str
    refusals: Sequence[Diagnostic]


@dataclass(frozen=True, slots=True)
class Year:
    """The coming days of an institution, ``first`` and ``last`` (ISO) included.

    ``letters`` are all letters by day. ``stops_on`` is the day (ISO) from which on nothing is known, because the files have a mistake on
    it; empty if there is none. ``scenarios`` are those that the files are taken with. ``unreached`` has those of them to whose members no
    grant gives anything, by name: the last day (ISO) of the grants that have ended before, empty if none ever asked for their tags.
    ``pending`` are the changes of the files that are not applied yet and come on the first day, where the ledger
    knows the institution.
    """

    institution: str
    name: str
    first: str
    last: str
    curves: Mapping[str, Curve]
    blocked: Sequence[Blocked] = ()
    letters: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stops_on: str = ""
    scenarios: Sequence[Scenario] = ()
    unreached: Mapping[str, str] = field(default_factory=dict)
    pending: int = 0
