"""Tell of permanent grants that count from the first grant: who comes due next, and where nobody ever can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from seatsync.domain.desired import Grant
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.license import ABSENT
from seatsync.planning.dates.tenure import coming
from seatsync.planning.draft import Draft
from seatsync.refusals.case import Case


def never_due(case: Case) -> Iterator[Diagnostic]:
    """Warn of a grant that counts from the first grant in a library that no other grant gives, and that nobody has had."""
    for rule in case.at_hand.desired.grants:
        if rule.after and not _is_given(case, rule):
            message = (
                f"Nobody can come due for this grant of {case.title(rule.library)}: it counts from a member's first grant, "
                "and no other grant gives the library."
            )
            help = "Add a grant that gives it first, for example with `kind: temporary`, or delete `after`."
            yield Diagnostic("never-due", message, help, rule.origin, Severity.WARNING, rule.library)


def _is_given(case: Case, rule: Grant) -> bool:
    """Whether somebody has the library, has had it, or gets it by another grant."""
    others = (one for one in case.at_hand.desired.grants if one.library == rule.library)
    if any(not one.after for one in others) or case.slots[rule.library].before.used:
        return True
    return any(license.first_on for license in case.draft.snapshot.licenses.get(rule.library, {}).values())


def coming_due(case: Case) -> Iterator[Diagnostic]:
    """Tell who will come due: everybody if the grant is new or may have changed, else only who gets the first license now."""
    draft = case.at_hand
    for rule in draft.desired.grants:
        days = coming(draft, rule) if rule.after else {}
        if draft.was_applied(rule):
            days = _of_newcomers(draft, rule, days)
        if days:
            message = f"{_who(Counter(days.values()))} for this permanent grant of {case.title(rule.library)}."
            help = "Permanent licenses can't be taken back. `seatsync why EMAIL` says when a member comes due."
            yield Diagnostic("comes-due", message, help, rule.origin, Severity.NOTICE, rule.library)


def _of_newcomers(draft: Draft, rule: Grant, days: Mapping[int, str]) -> dict[int, str]:
    """Those who had no license of the library before this plan."""
    held, records = draft.snapshot.licenses.get(rule.library, {}), draft.matching.records
    return {at: day for at, day in days.items() if not held.get(records[at], ABSENT).first_on}


def _who(days: Counter[str]) -> str:
    """How many come due, and when."""
    if unknown := days.pop("", 0):
        comes = counted(unknown, "member comes due", "members come due")
        known = f"{_who(days)}; " if days else ""
        return f"{known}{comes} when more terms have ended than `terms:` has yet,"
    total, first, last = days.total(), min(days), max(days)
    comes = counted(total, "member comes due", "members come due")
    if first == last:
        return f"{comes} on {first}"
    return f"{comes}, {days[first]:,} of them on {first}, the last on {last}"
