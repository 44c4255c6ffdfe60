"""Tenure: grants of permanent licenses that count from a member's first grant in the library (``after: {days: N}`` or ``{terms: N}``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from seatsync.domain.desired import Grant
from seatsync.domain.license import ABSENT, Kind, License, Status
from seatsync.planning.draft import Draft
from seatsync.planning.due import away, due_on


def coming(draft: Draft, rule: Grant) -> dict[int, str]:
    """The day (ISO) on which each member, by position in the rosters, will come due by this grant.

    Who gets the first license by this plan is among them. Who owns the library, or never gets it, is not. The day is empty where
    there are too few terms to say.
    """
    wanted, held = draft.entitlements.wanted[rule.library], draft.snapshot.licenses.get(rule.library, {})

    def owns(position: int) -> bool:
        other, record = wanted.get(position), draft.matching.records[position]
        is_granted = other is not None and other.kind is Kind.PERMANENT
        return is_granted or held.get(record, ABSENT).kind is Kind.PERMANENT

    return {position: day for position, day in _days(draft, rule).items() if not owns(position)}


def _days(draft: Draft, rule: Grant) -> dict[int, str]:
    """As ``coming``, also of those who own the library. The day is empty where there are too few terms to say."""
    wanted, held = draft.entitlements.wanted[rule.library], draft.snapshot.licenses.get(rule.library, {})
    regrants, last = draft.entitlements.regrants.get(rule.library, ()), draft.desired.institution.retire
    found: dict[int, str] = {}
    for position in draft.entitlements.not_due.get(rule, ()):
        record = draft.matching.records[position]
        license = held.get(record, ABSENT) if record else ABSENT
        if not license.first_on and gets(license, position, wanted.get(position), regrants):
            license = license._replace(first_on=draft.today.isoformat())
        day = due_on(rule, license, away(rule, draft.snapshot, record, draft.today))
        if license.first_on and not "" < last < day:
            found[position] = day
    return found


def gets(license: License, position: int, other: Grant | None, regrants: Collection[int]) -> bool:
    """Whether the plan gives the member a license by the ``other`` grant."""
    return other is not None and (license.status is not Status.OPTED_OUT or position in regrants)


def next_days(draft: Draft) -> Iterator[date]:
    """For each grant with ``after``, the next day on which it reaches somebody more, who may own the library already."""
    for rule in draft.desired.grants:
        if rule.after and (days := [*filter(None, _days(draft, rule).values())]):
            yield date.fromisoformat(min(days))
