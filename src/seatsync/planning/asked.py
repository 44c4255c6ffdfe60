"""The changes that the files ask for: a plan without what the calendar alone makes due.

``apply --same-files`` makes the others too, every night, whatever is being reviewed: a seat is revoked once its end date in the
ledger has passed, a reminder is sent once it is due by the settings of the last apply, a seat lapses that was not claimed in time,
who waits gets a free seat in their turn (that was asked for when they began to wait), and a seat is given, or prolonged, once a grant
of applied files has begun (``Draft.by_calendar``). What becomes permanent by tenure or by such a grant is not left out, although the
night does it too: it can't be undone, so a review that did not show it is not enough.

What a freeze holds back comes by the calendar once it is over: a revoke by the end date to which it moved the seat, a grant for which it
left no seat and the removal of a library by applied files (also in ``Draft.by_calendar``).

The total of a library with purchases is that of the day: what counts is what was bought.

The day on which members leave is that of the apply, and the end of their grace period follows from it: what counts is that they leave,
and for how many days they keep their seats.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from seatsync.domain.action import Action
from seatsync.domain.calendar.freezes import freezes_of
from seatsync.domain.license import ABSENT, Kind, Status
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.waiting import reminders_due
from seatsync.planning.change import Change, Groups, leaves_for_now


def asked_for(
    groups: Groups,
    snapshot: Snapshot,
    today: date,
    begun: Begun = MappingProxyType({}),
    invited: Invited = MappingProxyType({}),
) -> Groups:
    """Return what the files ask for on this day: the same ``groups`` if that is everything.

    ``begun`` has the members to whom grants that have begun give it, by action and library, ``invited`` is as in drafts.
    """
    found: Groups = groups
    for group, changes in groups.items():
        action, library = group
        some, kept = begun.get(group), [*changes]
        if some:
            kept = [change for change in kept if change.record not in some]
        if action in _WITHOUT_DATES:
            without = _WITHOUT_DATES[action](groups, snapshot, library, today, invited)
            kept = [change for change in map(without, kept) if change is not None]
        if len(kept) < len(changes) or any(one is not other for one, other in zip(kept, changes, strict=True)):
            found = {**found, group: kept}
    return found


Begun = Mapping[tuple[Action, str], Collection[int]]
Invited = Mapping[tuple[str, int], date]
Without = Callable[[Change], Change | None]
"""A change without what is due by the calendar; None if nothing is left of it."""


def _revokes(groups: Groups, snapshot: Snapshot, library: str, today: date, invited: Invited) -> Without:
    held, day = snapshot.licenses.get(library, {}), today.isoformat()

    def without(change: Change) -> Change | None:
        is_due = change.kind == Kind.TEMPORARY and held.get(change.record, ABSENT).ended(day)
        return None if is_due or change.status == Status.LAPSED else change

    return without


def _resends(groups: Groups, snapshot: Snapshot, library: str, today: date, invited: Invited) -> Without:
    held, known, day = snapshot.licenses.get(library, {}), snapshot.libraries.get(library), today.isoformat()
    wrote = known is not None and known.invites
    days = tuple(snapshot.baseline.get("remind", ())) if wrote else ()

    def without(change: Change) -> Change | None:
        after = change.after or {}
        license = held.get(change.record, ABSENT)
        due = 0 if license.ended(day) else reminders_due(invited.get((library, change.record)), days, today)
        if not due or after.get("reminders") != due:  # the files change the days or prolong the seat, for example
            return change
        rest = {name: value for name, value in after.items() if name != "reminders"}
        return change._replace(after=rest) if rest else None

    return without


def _removals(groups: Groups, snapshot: Snapshot, library: str, today: date, invited: Invited) -> Without:
    """Who is in their grace period is removed once nothing temporary is left that the calendar does not end."""
    day = today.isoformat()

    def is_due(record: int) -> bool:
        known = snapshot.members.get(record)
        licenses = (held.get(record, ABSENT) for held in snapshot.licenses.values())
        return (
            known is not None
            and bool(known.left_on)
            and all(one.kind is not Kind.TEMPORARY or one.ended(day) for one in licenses)
        )

    return lambda change: None if is_due(change.record) else change


def _leavers(groups: Groups, snapshot: Snapshot, library: str, today: date, invited: Invited) -> Without:
    return lambda change: change._replace(after={"left_on": "today"}) if leaves_for_now(change) else change


def _ends(groups: Groups, snapshot: Snapshot, library: str, today: date, invited: Invited) -> Without:
    leaving = {change.record for change in groups.get((Action.MEMBER_UPDATE, ""), ()) if leaves_for_now(change)}
    updates = [change.after or {} for change in groups.get((Action.INSTITUTION_UPDATE, ""), ())]
    institution, held, day = snapshot.institution, snapshot.licenses.get(library, {}), today.isoformat()
    written = [one for after in updates for one in after.get("freezes", ())]
    freezes = (*(institution.freezes if institution is not None else ()), *freezes_of(written))
    frozen = {one.last for one in freezes}
    fixed = {
        institution.retire if institution is not None else "",
        *(after.get("retire", "") for after in updates),
        *frozen,
    }

    def without(change: Change) -> Change | None:
        until = str((change.after or {}).get("until", ""))
        if until in frozen and not written and held.get(change.record, ABSENT).ended(day):
            return None  # a freeze has begun before the seat was revoked
        if change.record not in leaving or until in fixed:
            return change
        return change._replace(after={"until": f"{(date.fromisoformat(until) - today) // timedelta(days=1)} days"})

    return without


def _unwaits(groups: Groups, snapshot: Snapshot, library: str, today: date, invited: Invited) -> Without:
    held, day = snapshot.licenses.get(library, {}), today.isoformat()
    return lambda change: None if held.get(change.record, ABSENT).ended(day) else change


def _grants(groups: Groups, snapshot: Snapshot, library: str, today: date, invited: Invited) -> Without:
    held = snapshot.licenses.get(library, {})

    def without(change: Change) -> Change | None:
        waits = held.get(change.record, ABSENT).status is Status.WAITING
        return None if waits and change.kind == Kind.TEMPORARY else change

    return without


def _totals(groups: Groups, snapshot: Snapshot, library: str, today: date, invited: Invited) -> Without:
    """The total follows from purchases and day, so only the purchases are asked for."""
    known = snapshot.libraries.get(library)
    bought = known.purchases if known is not None else ()

    def without(change: Change) -> Change | None:
        before, after = dict(change.before or {}), dict(change.after or {})
        if "slots" not in after or not (bought or after.get("purchases")):
            return change
        before.pop("slots", None)
        if after.get("purchases", bought):
            after.pop("slots")
        return change._replace(before=before, after=after) if after else None

    return without


_WITHOUT_DATES: dict[Action, Callable[[Groups, Snapshot, str, date, Invited], Without]] = {
    Action.LIBRARY_UPDATE: _totals,
    Action.REVOKE: _revokes,
    Action.MEMBER_REMOVE: _removals,
    Action.MEMBER_UPDATE: _leavers,
    Action.LICENSE_UPDATE: _ends,
    Action.RESEND: _resends,
    Action.UNWAIT: _unwaits,
    Action.GRANT: _grants,
}
