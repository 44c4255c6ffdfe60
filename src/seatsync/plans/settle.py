"""What an apply leaves in order, so that the next plan need not look at it again.

After a plan has been applied, every member is as the files want them, except those that are left open on purpose. So as
long as the rules and the day allow it, a member whose row in the files still says what the ledger says, and to whom
nothing has happened since, is in order without a look at their licenses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.settled import Settled
from seatsync.planning.draft import Draft
from seatsync.plans.rules_digest import rules_digest

MOST_OPEN = 10_000
_PASSING = frozenset({"student-id-changed", "student-id-zeros", "same-name", "permanent-kept"})
"""Warnings about what a plan changes. They are gone with the next one."""


def settle(draft: Draft, warnings: Sequence[Diagnostic]) -> Settled:
    """What holds once the draft, of which nothing was refused, is applied. Empty where too much is left open."""
    left = {held.record for held in (*draft.declined, *draft.retained)}
    if len(left) > MOST_OPEN:
        return {}
    return {
        "rules": rules_digest(),
        "files": dict(sorted(draft.desired.files.items())),
        "due": min(map(date.isoformat, _due(draft)), default=""),
        "remind": list(draft.desired.remind_after),
        "open": sorted(left),
        "silent": all(warning.code in _PASSING for warning in warnings) and not draft.desired.approvals,
    }


def holds(snapshot: Snapshot, today: date) -> bool:
    """Whether what was settled at the last apply still is, by the rules and the day; of the files nothing is said."""
    settled, day = snapshot.settled, today.isoformat()
    return (
        bool(settled)
        and snapshot.applied_on <= day
        and (not settled["due"] or day < settled["due"])
        and settled["rules"] == rules_digest() != 0
    )


def _due(draft: Draft) -> Iterator[date]:
    """The days after which a grant or an approval has ended. (What reminders are due, the ledger is asked each time.)"""
    ends = [grant.until for grant in draft.desired.grants if grant.until is not None]
    ends += [approval.until for approval in draft.desired.approvals]
    return (end + timedelta(days=1) for end in ends if draft.today <= end < date.max)
