"""What the steps of the work list are called, how many people they are about, and what a plan adds to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.institution import Institution
from seatsync.domain.library import Titles, titles_of
from seatsync.domain.portal.steps import Step, StepKind, steps
from seatsync.domain.portal.users import portals_of
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change
from seatsync.planning.events import post_changes
from seatsync.planning.plan import settings_of
from seatsync.systems.portal import Portal, Task, base_name
from seatsync.systems.registry import PORTALS


class Called(NamedTuple):
    """What a step is called: its portal's task, the folder of its files (empty if the institution has one portal), their name."""

    portal: Portal
    task: Task
    folder: str
    base: str

    @property
    def name(self) -> str:
        """The step's name, without tags."""
        return f"{self.folder}/{self.base}" if self.folder else self.base

    def words(self, library: str) -> str:
        """What is done, in words: in which library by its title, and in which portal if the institution has several."""
        where = ", ".join(filter(None, (library, self.portal.title if self.folder else "")))
        return f"{self.task.title} ({where})" if where else self.task.title


def names_of(kinds: Iterable[StepKind], books: Snapshot) -> Mapping[StepKind, Called]:
    """What these steps are called, in the order to be done."""
    wanted, found = set(kinds), dict[StepKind, Called]()
    several = len({*portals_of(books), *(portal for portal, *_ in wanted)}) > 1
    for portal in PORTALS.values():
        for number, task in enumerate(portal.tasks, 1):
            for kind in sorted(kind for kind in wanted if kind[:2] == (portal.name, task.name)):
                folder = portal.name if several else ""
                found[kind] = Called(portal, task, folder, base_name(number, task, kind[2]))
    return found


def step_counts(people: Mapping[StepKind, int], books: Snapshot) -> dict[str, int]:
    """How many people each step is about, by the step's name without tags, in the order to be done."""
    return {called.name: people[kind] for kind, called in names_of(people, books).items()}


def steps_in_words(people: Mapping[StepKind, int], books: Snapshot) -> list[tuple[str, int]]:
    """What is done in each step, in the order to be done, and for how many people."""
    titles = Titles(titles_of(books.libraries.values()))
    return [(called.words(titles.of(kind[2])), people[kind]) for kind, called in names_of(people, books).items()]


def in_words(step: str, titles: Titles) -> str:
    """What is done in a step, by its name in a plan: ``Add people`` for ``3-import``. A step of no portal keeps its name."""
    folder, _, base = step.rpartition("/")
    for portal in PORTALS.values():
        for number, task in enumerate(portal.tasks, 1):
            begin = base_name(number, task, "")
            if folder in ("", portal.name) and (base == begin or (task.per_library and base.startswith(begin))):
                where = ", ".join(filter(None, (titles.of(base.removeprefix(begin)), portal.title if folder else "")))
                return f"{task.title} ({where})" if where else task.title
    return step


def work_added(changes: Sequence[Change], snapshot: Snapshot, institution: Institution, today: str) -> dict[str, int]:
    """By how many people each step of the work list grows by these legal changes; negative where it shrinks.

    Only the members that the changes are about are looked at: the steps of one never depend on another.
    """
    after = _with_members_of(changes, snapshot)
    before = count_people(steps(after))
    post_changes(changes, after, institution.id, settings_of(institution), today)
    now = count_people(steps(after))
    now.subtract(before)
    return step_counts({kind: number for kind, number in now.items() if number}, after)


def count_people(found: Iterable[Step]) -> Counter[StepKind]:
    """The number of people in each step."""
    return Counter((step.portal, step.step, step.library) for step in found)


def _with_members_of(changes: Sequence[Change], snapshot: Snapshot) -> Snapshot:
    """A copy of the snapshot with the members whom these changes are about; with all if a library changes its place."""
    numbers = {change.record for change in changes}
    if any("delivered_by" in (one.after or {}) for one in changes if one.action is Action.LIBRARY_UPDATE):
        numbers |= snapshot.members.keys()
    return replace(
        snapshot,
        libraries=dict(snapshot.libraries),
        admins=dict(snapshot.admins),
        members={number: snapshot.members[number] for number in numbers if number in snapshot.members},
        licenses={
            library: {number: held[number] for number in numbers if number in held}
            for library, held in snapshot.licenses.items()
        },
        seats={library: dict(seats) for library, seats in snapshot.seats.items()},
    )
