"""The changes that the files ask for: a plan without what the calendar alone makes due.

``apply --same-files`` makes the others too, every night, whatever is being reviewed: a seat is revoked once its end date in the
ledger has passed, and a reminder is sent once it is due by the settings of the last apply. What comes due by tenure is not left
out, although the night does it too: it can't be undone, so a review that did not show it is not enough.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from seatsync.domain.action import Action
from seatsync.domain.license import ABSENT, Kind
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change, Groups
from seatsync.planning.license_diff import reminders_due


def asked_for(groups: Groups, snapshot: Snapshot, today: date) -> Groups:
    """Return what the files ask for on this day: the same ``groups`` if that is everything."""
    found: Groups = groups
    for group, changes in groups.items():
        action, library = group
        if action in _WITHOUT_DATES:
            without = _WITHOUT_DATES[action](snapshot, library, today)
            kept = [change for change in map(without, changes) if change is not None]
            if len(kept) < len(changes) or any(one is not other for one, other in zip(kept, changes, strict=True)):
                found = {**found, group: kept}
    return found


Without = Callable[[Change], Change | None]
"""A change without what is due by the calendar; None if nothing is left of it."""


def _revokes(snapshot: Snapshot, library: str, today: date) -> Without:
    held, day = snapshot.licenses.get(library, {}), today.isoformat()

    def without(change: Change) -> Change | None:
        is_due = change.kind == Kind.TEMPORARY and held.get(change.record, ABSENT).ended(day)
        return None if is_due else change

    return without


def _resends(snapshot: Snapshot, library: str, today: date) -> Without:
    held, known, day = snapshot.licenses.get(library, {}), snapshot.libraries.get(library), today.isoformat()
    wrote = known is not None and known.invites
    days = tuple(snapshot.baseline.get("remind", ())) if wrote else ()

    def without(change: Change) -> Change | None:
        after = change.after or {}
        license = held.get(change.record, ABSENT)
        due = 0 if license.ended(day) else reminders_due(license, days, today)
        if not due or after.get("reminders") != due:  # the files change the days or prolong the seat, for example
            return change
        rest = {name: value for name, value in after.items() if name != "reminders"}
        return change._replace(after=rest) if rest else None

    return without


_WITHOUT_DATES: dict[Action, Callable[[Snapshot, str, date], Without]] = {
    Action.REVOKE: _revokes,
    Action.RESEND: _resends,
}
