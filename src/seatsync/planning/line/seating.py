"""Give the free seats of a library to those whose turn it is. The others wait, or go on waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.desired import Grant
from seatsync.domain.license import ABSENT, License, Status
from seatsync.domain.line import place, priority_of, with_priority
from seatsync.planning.change import Change, grouped, takes_seat
from seatsync.planning.draft import Draft, Line, Waiting
from seatsync.planning.reasons.words import reason_of
from seatsync.planning.seats import slot_changes


class _Asking(NamedTuple):
    """Somebody who is granted a seat by the change ``at`` this position. ``place`` sorts them in the order of the line.

    ``until`` is the last day (ISO) of the grant, which a freeze moves only for who has a seat; empty for no end. ``reason`` is that of who
    waits.
    """

    place: str
    at: int
    change: Change
    priority: int
    license: License
    until: str
    reason: str

    @property
    def waiting(self) -> Change:
        """The change, as long as they wait."""
        rest = {name: value for name, value in (self.change.after or {}).items() if name != "until"}
        after = {**rest, "until": self.until} if self.until else rest or None
        return self.change._replace(reason=self.reason, after=after)

    @property
    def since(self) -> str:
        """The day (ISO) since when they wait; empty for who has not waited."""
        return self.license.invited_on if self.license.status is Status.WAITING else ""


def seat_in_turn(draft: Draft, library: str, changes: Sequence[Change], before: Sequence[Change]) -> list[Change]:
    """The changes of a library that has a line: as many of its grants as seats are free, and the waits of the others.

    ``changes`` are in the order of the files, ``before`` those that come before them: of the library itself, and what exports show
    of its licenses. Who gets a seat and who waits afterwards is noted in the draft.
    """
    asking = _in_line(draft, library, changes)
    rest = [one for one in changes if not _takes_seat(one)]
    used = slot_changes(draft.snapshot, grouped(chain(before, rest))).get(library)
    free = max(0, draft.desired.libraries[library].slots - (used.after.used if used is not None else 0))
    seated, waiting = asking[:free], asking[free:]
    if not waiting and not any(one.since for one in seated):
        return [*changes]
    today = draft.today.isoformat()
    draft.lines[library] = Line(
        [Waiting(one.change, one.since) for one in seated if one.since],
        [Waiting(one.waiting, one.since or today) for one in waiting],
        sum(not one.since for one in waiting),
    )
    left = {at: one for at, one in enumerate(changes) if not _takes_seat(one)}
    given = left | {one.at: _granted(one) for one in seated}
    return [*(given[at] for at in sorted(given)), *(wait for one in waiting if (wait := _wait(one)) is not None)]


def _takes_seat(change: Change) -> bool:
    return change.action is Action.GRANT and takes_seat(change)


def _in_line(draft: Draft, library: str, changes: Sequence[Change]) -> list[_Asking]:
    """Those whom the changes grant a seat, in their order."""
    held, priorities, entry = draft.licenses.get(library, {}), _priorities(draft, library), draft.snapshot.serial + 1
    moved = _moved(draft, library)

    def asking(at: int, change: Change) -> _Asking:
        license, priority = held.get(change.record, ABSENT), priorities.get(change.member, 0)
        waits = license.status is Status.WAITING
        where = with_priority(license.place, priority) if waits else place(priority, entry, at)
        until, reason = str((change.after or {}).get("until", "")), change.reason
        if (rule := moved.get(change.member)) is not None:
            until, reason = rule.ends, reason_of(rule)
        more = f"; priority {priority}" if priority else ""
        asks = change._replace(reason=f"{change.reason}{more}")
        return _Asking(where, at, asks, priority, license, until, f"{reason}{more}")

    return sorted(asking(at, one) for at, one in enumerate(changes) if _takes_seat(one))


def _priorities(draft: Draft, library: str) -> Mapping[str, int]:
    """The priorities of members by e-mail, where not 0."""
    members = draft.desired.members
    first = draft.entitlements.priorities.get(library, {})
    return {members[position].email: rule.priority for position, rule in first.items()}


def _moved(draft: Draft, library: str) -> Mapping[str, Grant]:
    """The grants to members, by e-mail, where a freeze moves the end of their seats."""
    if not draft.desired.institution.freezes:
        return {}
    members, wanted = draft.desired.members, draft.entitlements.wanted[library]
    frozen = {rule for rule in {*wanted.values()} if draft.hold_of(rule) is not None}
    return {members[position].email: rule for position, rule in wanted.items() if rule in frozen}


def _granted(one: _Asking) -> Change:
    return one.change._replace(reason=f"{one.change.reason}; waited since {one.since}") if one.since else one.change


def _wait(one: _Asking) -> Change | None:
    """The change of who begins to wait, or waits for something else than before; None for who goes on waiting."""
    change, until = one.waiting, one.until
    if not one.since:
        said = {"priority": one.priority, "until": until}
        after = {name: value for name, value in said.items() if value} or None
        reason = f"{change.reason}; no seat is free"
        return change._replace(action=Action.WAIT, reason=reason, status=Status.WAITING, after=after)
    had = {"priority": priority_of(one.license.place), "until": one.license.until}
    now: dict[str, object] = {"priority": one.priority, "until": until}
    after = {name: value for name, value in now.items() if value != had[name]}
    if not after:
        return None
    before = {name: had[name] for name in after}
    return change._replace(action=Action.WAIT, status=Status.WAITING, before=before, after=after)
