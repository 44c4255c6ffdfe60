"""When a license comes due for a permanent one (``after: {days: N}`` or ``{terms: N}``), and the terms on leave that do not count."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from seatsync.domain.desired import Grant
from seatsync.domain.diagnostic import counted
from seatsync.domain.license import License
from seatsync.domain.snapshot import Snapshot


def away(rule: Grant, snapshot: Snapshot, number: int, today: date) -> frozenset[date]:
    """The last days of past terms on which the member was on leave, by the tags that the ledger had then: these terms do not count."""
    states = snapshot.tags_over_time.get(number, ())
    if rule.after is None or (leave := rule.after.leave) is None or not states:
        return frozenset()
    over = [end for end in rule.after.ends if end < today]
    had = [[tags for day, tags in states if day <= end.isoformat()] for end in over]
    return frozenset(end for end, tags in zip(over, had, strict=True) if tags and leave.has(tags[-1]))


def due_on(rule: Grant, license: License, away: Collection[date] = ()) -> str:
    """The day (ISO) on which the license comes due for a permanent one by this grant, not before the grant begins; empty if there
    was no first grant, or if there are too few terms to say. ``away`` are the terms that do not count (``away``)."""
    due = rule.after.due(date.fromisoformat(license.first_on), away) if rule.after and license.first_on else None
    return max(due, rule.starts or due).isoformat() if due is not None else ""


def since(rule: Grant, license: License, away: Collection[date] = ()) -> str:
    """Why the license is due, as the end of a reason; empty if the grant gives it at once."""
    if not rule.after:
        return ""
    not_counted = len([end for end in away if end.isoformat() >= license.first_on])
    leave = f", without {counted(not_counted, 'term', 'terms')} on leave" if not_counted else ""
    return f"; {rule.after} since the first grant on {license.first_on}{leave}"
