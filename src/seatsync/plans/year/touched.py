"""Whom a day touches: of all others, the day before has left the licenses as the files still want them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seatsync.domain.desired import Grant
from seatsync.domain.license import Status
from seatsync.planning.draft import Draft


def touched(before: Draft, now: Draft) -> Mapping[str, Sequence[int]]:
    """The positions in the rosters, by library, of members who may get a change that they did not get the day before.

    Both drafts have the same members, and those of ``before`` are as it wanted them. So these are the members whom another grant reaches
    now, whom another one asks again, who are to be reminded, who have not claimed in time, and who wait for a seat, if the day may move
    somebody in the line.
    """
    return {library: sorted(_of(library, before, now)) for library in now.desired.libraries}


def _of(library: str, before: Draft, now: Draft) -> set[int]:
    old, new = before.entitlements, now.entitlements
    was, wanted = old.wanted[library], new.wanted[library]
    found = set[int]()
    if was != wanted:  # on most days nobody's grant changes, and that is seen at once
        found |= {at for at, rule in wanted.items() if not _is(was.get(at), rule)} | (was.keys() - wanted.keys())
    found |= old.regrants.get(library, set()) ^ new.regrants.get(library, set())
    resends = (old.resends.get(library, {}), new.resends.get(library, {}))
    found |= {at for at in resends[0].keys() | resends[1].keys() if resends[0].get(at) != resends[1].get(at)}
    due = {number for of, number in now.invited if of == library}
    moves = bool(found) or any(now.has_lapsed(library, number) for number in due)
    moves = moves or old.priorities.get(library) != new.priorities.get(library)
    moves = moves or now.desired.libraries[library].slots > now.snapshot.slots(library).used
    numbers = due | _waiting(library, now) if moves or now.matching.leaving else due
    return found | {at for at, number in enumerate(now.numbers) if number in numbers} if numbers else found


def _is(rule: Grant | None, other: Grant) -> bool:
    """Whether two grants are the same one, or the same part of it."""
    if rule is other:
        return True
    return rule is not None and (rule.rule or rule) is (other.rule or other) and rule.strength == other.strength


def _waiting(library: str, now: Draft) -> set[int]:
    """The numbers of the members who wait."""
    held = now.snapshot.licenses.get(library, {})
    return {number for number, license in held.items() if license.status is Status.WAITING}
