"""The seats of each library before and after a plan: what could really be, without what a rule refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple, assert_never

from seatsync.domain.action import Sign, Subject
from seatsync.domain.library import Slots, seat_of
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
            case Subject.LICENSE:
                _move_seats(figures[library], facts.license, changes, kinds[library])
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
            figures[seat_of(kind if kind in kinds else next(iter(kinds)), status)] += number
        held = Counter((before["kind"], before["status"]) for before in map(itemgetter(7), changes) if before)
        for (kind, status), number in held.items():
            if seat := seat_of(kind, status):  # an unclaimed one, which is delivered at once now
                figures[seat] -= number
        return
    for (kind, status), number in Counter(map(_kind_and_status_before, changes)).items():
        after = becomes(effect, Kind(kind), Status(status))
        if after is None or (after[0] != kind and after[0] not in (Kind.NONE, *kinds)):
            continue
        figures[seat_of(kind, status)] -= number
        if seat := seat_of(*after):
            figures[seat] += number


def _kind_and_status_before(change: Change) -> tuple[str, str]:
    """The license's kind and status before the change; ``before`` has only the fields that differ."""
    before = change.before or {}
    return before.get("kind", change.kind), before.get("status", change.status)


def _figures(slots: Slots) -> dict[str, int]:
    return {
        "total": slots.total,
        "reserved": slots.reserved,
        "temporary": slots.temporary,
        "permanent": slots.permanent,
    }


def _slots(figures: Mapping[str, int]) -> Slots:
    return Slots(**figures)
