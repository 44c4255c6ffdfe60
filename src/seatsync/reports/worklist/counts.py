"""What the portal's counts say before and after each step: the seats that are used there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seatsync.domain.license import ABSENT
from seatsync.domain.portal.at_vendor import There, portal_of
from seatsync.domain.portal.steps import used_there
from seatsync.domain.snapshot import Snapshot
from seatsync.reports.worklist.sheets import Sheet


class Count(NamedTuple):
    """The seats of a library as its portal counts them."""

    total: int
    used: int

    @property
    def available(self) -> int:
        return self.total - self.used


def counts_now(books: Snapshot) -> dict[str, Count]:
    """Return what the portals show now, before anything on the work list is done, for each library that lives in one."""
    return {id: Count(books.libraries[id].slots, used) for id, used in used_there(books).items()}


def counts_after(sheets: Sequence[Sheet], books: Snapshot, now: Mapping[str, Count]) -> Sequence[Mapping[str, Count]]:
    """Return what the portals show after each of these sheets is done, in this order: only libraries whose counts it can change.

    ``now`` is what they show before the first (``counts_now``).
    """
    now, found = dict(now), []
    for sheet in sheets:
        changed = _changes(sheet, books)
        now |= {id: now[id]._replace(used=now[id].used + by) for id, by in changed.items() if id in now}
        found.append({id: now[id] for id in changed if id in now})
    return found


def _changes(sheet: Sheet, books: Snapshot) -> Mapping[str, int]:
    """By how much a sheet changes the used seats of each library."""
    if not sheet.library:
        return _of_removal(sheet, books) if sheet.task.name == "remove" else {}
    if not sheet.task.seats:
        return {}
    held = books.licenses.get(sheet.library, {})
    already = sum(
        sheet.task.seats > 0 and held.get(number, ABSENT).there == There.TEMPORARY for number in sheet.members
    )
    return {sheet.library: sheet.task.seats * (len(sheet.members) - already)}


def _of_removal(sheet: Sheet, books: Snapshot) -> Mapping[str, int]:
    """Who is removed from the portal's list loses their temporary licenses of each of its libraries."""
    ending = {
        id: sum(held.get(number, ABSENT).there == There.TEMPORARY for number in sheet.members)
        for id, held in books.licenses.items()
        if id in books.libraries and portal_of(books.libraries[id]) == sheet.portal.name
    }
    return {id: -number for id, number in ending.items() if number}
