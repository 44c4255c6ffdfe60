"""The seats of each library before and after a plan: what could really be, without what a rule refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple, assert_never

from seatsync.domain.action import Sign, Subject
from seatsync.domain.library import COUNTED, Slots, figures_of
from seatsync.domain.license import Effect, From, Kind, Status, becomes
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change, Groups


class SlotChange(NamedTuple):
    """The seats of a library before and after a plan."""

    before: Slots
    after: Slots


def slot_changes(snapshot: Snapshot, groups: Groups) -> dict[str, SlotChange]:
    """The seats before and after, of every library that exists before or after.

    A change that can never be made moves no seat: a permanent license that would be revoked keeps its seat, a license that would
    get a kind which the library does not allow keeps its own or gets an allowed one, and a library that members own keeps its
    total. Otherwise a refused change would make room, and hide that there are too few seats.
    """
    before = {library: snapshot.slots(library) for library in snapshot.libraries}
    figures = {library: _figures(slots) for library, slots in before.items()}
    kinds: dict[str, Collection[str]] = {id: library.kinds for id, library in snapshot.libraries.items()}
    for (action, library), changes in groups.items():
        facts = action.facts
        match facts.subject:
            case Subject.LIBRARY:
                before.setdefault(library, snapshot.slots(library))
                seats, fields = figures.setdefault(library, _figures(before[library])), changes[-1].after or {}
                seats["total"] = fields.get("slots", seats["total"])
                kinds[library] = fields.get("kinds", kinds.get(library, ()))
                if facts.sign is Sign.REMOVE and not _slots(seats).used:
                    seats["total"] = 0
            case Subject.LICENSE if library:
                _move_seats(figures[library], facts.license, changes, kinds[library])
            case Subject.LICENSE:
                pass  # about a person in a portal's list
            case Subject.INSTITUTION | Subject.ADMIN | Subject.MEMBER:
                pass
            case never:
                assert_never(never)
    return {library: SlotChange(before[library], _slots(figures[library])) for library in sorted(before)}


def _move_seats(
    figures: dict[str, int], effect: Effect | None, changes: Sequence[Change], kinds: Collection[str]
) -> None:
    """Update the figures: move each changed license from its old kind of seat to its new one."""
    if effect is None:
        return
    if effect.start is From.FREE:
        for (kind, status), number in Counter(map(itemgetter(5, 6), changes)).items():
            _count(figures, kind if kind in kinds else next(iter(kinds)), status, number)
        held = Counter(
            (before["kind"], before["status"]) for before in map(itemgetter(7), changes) if before and "kind" in before
        )
        for (kind, status), number in held.items():  # an unclaimed one, which is delivered at once now
            _count(figures, kind, status, -number)
        return
    given = map(itemgetter(5, 6), changes)
    for (old, new), number in Counter(zip(map(_kind_and_status_before, changes), given, strict=True)).items():
        after = becomes(effect, *_typed(new if effect.start is From.ANY else old))
        if after is None or (after[0] != old[0] and after[0] not in (Kind.NONE, *kinds)):
            continue
        _count(figures, *old, -number)
        _count(figures, *after, number)


def _typed(license: tuple[str, str]) -> tuple[Kind, Status]:
    return Kind(license[0]), Status(license[1])


def _count(figures: dict[str, int], kind: str, status: str, number: int) -> None:
    for figure in figures_of(kind, status):
        figures[figure] += number


def _kind_and_status_before(change: Change) -> tuple[str, str]:
    """The license's kind and status before the change; ``before`` has only the fields that differ."""
    before = change.before or {}
    return before.get("kind", change.kind), before.get("status", change.status)


def _figures(slots: Slots) -> dict[str, int]:
    return {name: getattr(slots, name) for name in ("total", *COUNTED)}


def _slots(figures: Mapping[str, int]) -> Slots:
    return Slots(**figures)
