"""Run the coming days of an institution ahead. Only days on which something can be due are looked at; the others bring nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Protocol

from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.money.purchases import day_after
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.year.curve import Blocked, Curve, CurveDay, Year
from seatsync.plans.baseline import due_days
from seatsync.plans.year.course import Course
from seatsync.plans.year.day import Day
from seatsync.plans.year.letters import Letters
from seatsync.plans.year.outside import Outside


class Files(Protocol):
    """The files of the coming days (``files.FilesOfDays``)."""

    def on(self, day: date) -> Desired | None:
        """The files as they are read on a day; None if they have a mistake on that day."""

    def days(self) -> Iterable[date]:
        """Days on which they say something else by themselves."""


_DAY = timedelta(days=1)


def run_ahead(files: Files, books: Snapshot, outside: Outside, first: date, last: date) -> Year | None:
    """Run the days from ``first`` to ``last``, if nothing else happens: nobody claims, declines or changes the files.

    ``books`` are the ledger's present, and are changed. None if the files have mistakes on the first day.
    """
    found, course, is_known = _Found(), None, bool(books.serial)
    stops_on, today = "", first
    while today <= last:
        desired = files.on(today)
        if desired is None:
            stops_on = today.isoformat()
            break
        course = course or Course(desired, books, outside, first)
        day = course.live(desired, today)
        found.note(day)
        if today == first and is_known:
            found.pending = len(day.draft.changes)
        coming = (one for one in (*_due(day, course.letters), *files.days()) if one > today)
        today = min(coming, default=date.max)
        if today == date.max:
            break
    return found.year(first, last, stops_on) if found.last is not None else None


def _due(day: Day, letters: Letters) -> Iterator[date]:
    """The days on which something can be due. Some may be over."""
    draft, books = day.draft, day.draft.snapshot
    yield from due_days(draft)
    yield from letters.days(books.institution, draft.desired.remind_after)
    if day.refusals:  # what is to be revoked counts to the limit until it ends by itself
        ends = {one.until for held in books.licenses.values() for one in held.values()}
        yield from (date.fromisoformat(after) for after in map(day_after, ends) if after)


class _Found:
    """What the days bring, gathered."""

    def __init__(self) -> None:
        self.days: dict[str, list[CurveDay]] = {}
        self.letters: dict[str, Counter[str]] = {}
        self.blocked: list[Blocked] = []
        self.pending = 0
        self.last: Day | None = None

    def note(self, day: Day) -> None:
        today = day.draft.today.isoformat()
        for library in day.draft.desired.libraries:
            of, known = day.of(library), self.days.setdefault(library, [])
            if not known or of.says_more_than(known[-1]):
                known.append(of)
        if together := sum(day.letters.values(), Counter[str]()):
            self.letters[today] = together
        self._note_block(day, today)
        self.last = day

    def _note_block(self, day: Day, today: str) -> None:
        yesterday = (day.draft.today - _DAY).isoformat() if day.draft.today > date.min else today
        open = self.blocked[-1] if self.blocked and not self.blocked[-1].until else None
        same = open is not None and _codes(open.refusals) == _codes(day.refusals)
        if open is not None and not same:
            self.blocked[-1] = Blocked(open.since, yesterday, open.refusals)
        if day.refusals and not same:
            self.blocked.append(Blocked(today, "", day.refusals))

    def year(self, first: date, last: date, stops_on: str) -> Year:
        assert self.last is not None
        desired = self.last.draft.desired
        curves = {
            id: Curve(id, library.title, self.days[id], library.purchases) for id, library in desired.libraries.items()
        }
        end = stops_on or last.isoformat()
        blocked = [Blocked(one.since, one.until or end, one.refusals) for one in self.blocked]
        letters: Mapping[str, Mapping[str, int]] = {day: dict(sorted(of.items())) for day, of in self.letters.items()}
        of, start = desired.institution, first.isoformat()
        return Year(of.id, of.name, start, end, curves, blocked, letters, stops_on, pending=self.pending)


def _codes(refusals: Iterable[Diagnostic]) -> set[tuple[str, str]]:
    return {(one.code, one.library or "") for one in refusals}
