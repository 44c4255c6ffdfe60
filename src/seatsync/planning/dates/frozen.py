"""What a freeze holds back beside revokes: grants for which it leaves no seat, and libraries whose seats stay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from seatsync.domain.action import Action
from seatsync.planning.change import Change, grouped, takes_seat
from seatsync.planning.draft import Draft
from seatsync.planning.seats import slot_changes


def without_held_grants(
    draft: Draft, library: str, changes: Sequence[Change], observed: Sequence[Change]
) -> list[Change]:
    """The changes of a library of which a freeze keeps seats, without the last of its grants for which there is no seat, if the freeze
    alone is the reason.

    ``observed`` is what exports show of its licenses. What is left out comes once the freeze is over.
    """
    grants = [at for at, one in enumerate(changes) if one.action is Action.GRANT and takes_seat(one)]
    used = slot_changes(draft.snapshot, grouped(chain(observed, changes)))[library].after.used
    missing = used - draft.desired.libraries[library].slots
    late = {*grants[-missing:]} if 0 < missing <= len(draft.held[Action.REVOKE, library]) else set[int]()
    draft.held[Action.GRANT, library] += [changes[at].member for at in grants if at in late]
    return [one for at, one in enumerate(changes) if at not in late]


def hold_library(draft: Draft, library: str, changes: Sequence[Change]) -> None:
    """Leave out that a library is removed, one of its ``changes``, if a freeze keeps seats of it. By applied files it is removed once the
    freeze is over."""
    removals = [one for one in changes if one.action is Action.LIBRARY_REMOVE]
    if draft.held.get((Action.REVOKE, library)):
        for one in removals:
            draft.changes.remove(one)
        draft.held[Action.LIBRARY_REMOVE, library] += [""] * len(removals)
    elif draft.is_as_applied(draft.desired.place("libraries").file):
        draft.by_calendar[Action.LIBRARY_REMOVE, library].update(one.record for one in removals)
