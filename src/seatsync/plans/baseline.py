"""The baseline: what an apply leaves in order, so that the next plan need not check it again.

After an apply every member is as the files want, except those left open on purpose. So while the rules are the same and no
end date has passed, a member whose row still equals the ledger, and to whom nothing has happened since, needs no check.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from datetime import date, timedelta

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import parse_day
from seatsync.ledger.baseline import Baseline
from seatsync.planning.draft import Draft
from seatsync.planning.tenure import next_days
from seatsync.plans.rules_digest import rules_digest

MOST_OPEN = 10_000
_PASSING = frozenset(
    {
        "comes-due",
        "delivery-changed",
        "drift",
        "export-not-believed",
        "export-overtaken",
        "granted-again",
        "institution-ends",
        "no-invitation",
        "no-timezone",
        "past-until",
        "permanent-kept",
        "portal-left",
        "same-name",
        "student-id-zeros",
        "tags-ended",
    }
)
"""Warnings about the changes of one plan. The next plan does not have them."""


def baseline_of(draft: Draft, warnings: Sequence[Diagnostic], meaning: str) -> Baseline:
    """The baseline once this draft without refusals is applied. Empty if too much is left open.

    ``meaning`` is the digest of what the files say.
    """
    left_open = {held.record for held in (*draft.declined, *draft.retained, *draft.by_hand)}
    if len(left_open) > MOST_OPEN:
        return {}
    read = {export.path for export, _ in draft.read}
    return {
        "rules": rules_digest(),
        "files": dict(sorted(draft.desired.files.items())),
        "meaning": meaning,
        "due": min(map(date.isoformat, _due(draft)), default=""),
        "remind": list(draft.desired.remind_after),
        "open": sorted(left_open),
        "silent": all(warning.code in _PASSING or _is_in(warning, read) for warning in warnings)
        and not draft.desired.approvals,
    }


def _is_in(warning: Diagnostic, files: Container[str]) -> bool:
    """Whether the warning is about a row or column of one of these files, which the next plan does not read."""
    return warning.origin is not None and warning.origin.file in files


def is_valid(snapshot: Snapshot, today: date) -> bool:
    """Whether the ledger's baseline still holds as to rules and day. The files are not checked here."""
    baseline, day = snapshot.baseline, today.isoformat()
    return (
        bool(baseline)
        and snapshot.applied_on <= day
        and (not baseline["due"] or day < baseline["due"])
        and baseline["rules"] == rules_digest() != 0
    )


def _due(draft: Draft) -> Iterator[date]:
    """The days after the last ones of grants, tags, approvals and the institution, and those on which members come due by tenure.

    In a draft of some members, the day known before covers the others. (Due reminders are read from the ledger each time.)
    """
    ends = [grant.until for grant in draft.desired.grants if grant.until is not None]
    ends += [approval.until for approval in draft.desired.approvals]
    ends += draft.entitlements.last_days
    ends += [last for last in [parse_day(draft.desired.institution.retire)] if last is not None]
    yield from (end + timedelta(days=1) for end in ends if draft.today <= end < date.max)
    yield from next_days(draft)
    known = parse_day(draft.snapshot.baseline.get("due", ""))
    if known is not None and known > draft.today and any(grant.after for grant in draft.desired.grants):
        yield known
