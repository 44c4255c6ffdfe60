"""The files as they are read on each coming day, alone or with a scenario."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from seatsync.domain.desired import Desired, Scenario
from seatsync.domain.money.purchases import total_on
from seatsync.domain.person import RosterMember
from seatsync.domain.text.tags import EVERYTHING, join_ends, join_tags, split_ends
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load

NOBODY = "example.invalid"
"""Where the people of scenarios have their e-mails: no mail server has this name (RFC 2606)."""


class FilesOfDays:
    """The files of a folder, read on its ``first`` day (``desired``), and on each later day what they say then.

    They are read again only where somebody's last day has passed: nothing else in a file depends on the day, but the totals of
    purchases.
    """

    def __init__(
        self,
        folder: InstitutionFolder,
        taken: Container[str],
        desired: Desired,
        first: date,
        scenarios: Sequence[Scenario] = (),
    ) -> None:
        self.folder = folder
        self.taken = taken
        self.desired = desired
        self.scenarios = scenarios
        self.read_on = first
        self._again = _days_after(desired.members)
        self._known: dict[tuple[int, ...], Sequence[RosterMember]] = {(): desired.members}

    def on(self, day: date) -> Desired | None:
        """What the files say on a day, which is not before the day asked for last; None if they have a mistake on it."""
        if any(self.read_on < one <= day for one in self._again):
            read = load(self.folder, datetime.combine(day, time()), taken=self.taken).desired
            if read is None:
                return None
            self.desired, self.read_on = read, day
            self._again, self._known = _days_after(read.members), {(): read.members}
        today = day.isoformat()
        libraries = {
            id: replace(one, slots=total_on(one.purchases, today)) if one.purchases else one
            for id, one in self.desired.libraries.items()
        }
        return replace(self.desired, libraries=libraries, members=self._members(day))

    def days(self) -> Iterator[date]:
        """The days on which the files, or scenarios, say something else by themselves."""
        yield from self._again
        for scenario in self.scenarios:
            yield scenario.on
            if scenario.until is not None:
                yield from _after(scenario.until)

    def _members(self, day: date) -> Sequence[RosterMember]:
        """The members of the files and of scenarios: the same sequence as long as they are the same."""
        present = (*(at for at, one in enumerate(self.scenarios) if one.on <= day <= (one.until or date.max)),)
        if present not in self._known:
            added = (row for at in present for row in people(self.scenarios[at]))
            self._known[present] = [*self.desired.members, *added]
        return self._known[present]


def people(scenario: Scenario) -> Iterator[RosterMember]:
    """The members whom a scenario adds."""
    ends = join_ends({EVERYTHING: scenario.until.isoformat()}) if scenario.until is not None else ""
    tags, (file, line) = join_tags(scenario.tags), (scenario.origin.file, scenario.origin.line)
    for number in range(1, scenario.add + 1):
        email = f"{scenario.name}-{number}@{NOBODY}"
        yield RosterMember(email, "Somebody", f"{scenario.name}-{number}", "", "", tags, email, file, line, ends)


def _days_after(members: Sequence[RosterMember]) -> set[date]:
    ends = {row.ends for row in members if row.ends}
    return {after for one in ends for last in split_ends(one).values() for after in _after(date.fromisoformat(last))}


def _after(last: date) -> Iterator[date]:
    if last < date.max:
        yield last + timedelta(days=1)
