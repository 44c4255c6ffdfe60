"""Count the steps of the work list, and what a plan adds to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from seatsync.domain.action import Action
from seatsync.domain.institution import Institution
from seatsync.domain.portal.steps import Step, steps
from seatsync.domain.portal.users import portals_of
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change
from seatsync.planning.events import post_changes
from seatsync.planning.plan import settings_of
from seatsync.systems.portal import base_name
from seatsync.systems.registry import PORTALS


def step_counts(found: Iterable[Step], books: Snapshot) -> dict[str, int]:
    """How many people each step is about, by the step's name without tags, in the order to be done."""
    people = Counter((step.portal, step.step.value, step.library) for step in found)
    return {name: people[step] for step, name in _names(people, books).items()}


def work_added(changes: Sequence[Change], snapshot: Snapshot, institution: Institution, today: str) -> dict[str, int]:
    """By how many people each step of the work list grows by these legal changes; negative where it shrinks.

    Only the members that the changes are about are looked at: the steps of one never depend on another.
    """
    after = _with_members_of(changes, snapshot)
    before = _people(after)
    post_changes(changes, after, institution.id, settings_of(institution), today)
    now = _people(after)
    now.subtract(before)
    return {name: now[step] for step, name in _names(now, after).items() if now[step]}


_Kind = tuple[str, str, str]
"""A portal, the name of a task, and a library (empty for none)."""


def _people(books: Snapshot) -> Counter[_Kind]:
    return Counter((step.portal, step.step.value, step.library) for step in steps(books))


def _names(kinds: Iterable[_Kind], books: Snapshot) -> Mapping[_Kind, str]:
    """The names of these steps, in the order to be done. They begin with the portal if the institution has several."""
    wanted, found = set(kinds), dict[_Kind, str]()
    several = len({*portals_of(books), *(portal for portal, *_ in wanted)}) > 1
    for portal in PORTALS.values():
        for number, task in enumerate(portal.tasks, 1):
            for kind in sorted(kind for kind in wanted if kind[:2] == (portal.name, task.name)):
                found[kind] = f"{portal.name}/" * several + base_name(number, task, kind[2])
    return found


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
