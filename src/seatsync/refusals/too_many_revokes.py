"""The plan revokes more licenses of a library than `limits.max_revokes` allows.

A roster that was cut off by mistake looks just like a roster that many members have left. So a plan may revoke up to
10 % of a library's claimed and unclaimed licenses, or 5 if that is more; `limits.max_revokes` sets another percentage, or a number.
An end date that the plan moves to an earlier day within the next 30 days (`limits.soon`) counts like a revoke. So does a temporary
seat of a member who leaves, on the day they leave, however long `leavers.grace` lets them keep it, and a seat that a `freeze` keeps for
now, on the day it loses its grant. Licenses whose end date in the ledger has passed, and upgrades, do not count.

To fix: if the message says that a roster has become shorter, look whether its export is whole. If you want to revoke the
seats, add the approval that the message shows to seatsync.yaml. It is reviewed in the same pull request and used once, by the
apply that needs it: what is left of its `count` does not carry over. To approve more revokes, write a new one, or change its
`until` or `reason`.
"""

from collections.abc import Iterator
from operator import attrgetter

from seatsync.domain.action import Action
from seatsync.domain.desired import ALWAYS_ALLOWED
from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, refusal

CODE = "too-many-revokes"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each library."""
    for library, members in case.draft.revokes.items():
        count = len(members)
        active = case.slots[library].before.used
        limit = case.desired.limits.revokes(active)
        if count <= limit:
            continue
        approvals = [approval for approval in case.approvals(CODE) if approval.library == library]
        if enough := [approval for approval in approvals if approval.count >= count]:
            case.passes(min(enough, key=attrgetter("count")), count, limit)
            continue
        approved = max((approval.count for approval in approvals), default=0)
        held = active + _given_there(case, library)
        message = (
            f"{count:,} of {held:,} people with a seat of {case.title(library)} would lose it"
            f"{_or_end(case, members, library)} ({count / held:.0%}; {_limit(case, limit)}"
            f"{f', approved up to {approved:,}' if approved else ''}): {named(members)}."
            f"{case.used_before(CODE, library)}"
        )
        shorter = _shorter_rosters(case, members)
        message += "".join(f" {fact}" for fact in shorter)
        help = case.ask_for(CODE, {"library": library, "count": count}, _EXPORT_AGAIN if shorter else "")
        where = case.desired.place("limits" if "limits" in case.desired.places else "grants")
        yield refusal(CODE, message, help, where, library, members)


def _limit(case: Case, limit: int) -> str:
    """``limit 10%, so 23``; a percentage of few people always allows 5."""
    limits = case.desired.limits
    return (
        f"limit {limits.max_revokes:g}%, so {limit:,}"
        if limits.is_percentage and limit > ALWAYS_ALLOWED
        else f"limit {limit:,}"
    )


def allowed(case: Case, library: str) -> int:
    """How many licenses of a library may be revoked, with the approvals that are in force."""
    approved = (approval.count for approval in case.approvals(CODE) if approval.library == library)
    return max([case.desired.limits.revokes(case.slots[library].before.used), *approved])


_EXPORT_AGAIN = "The usual cause is an incomplete export: then export the file again, whole. "


def _shorter_rosters(case: Case, members: list[str]) -> list[str]:
    """Which rosters lost members since the last apply, if some of those who would lose a seat leave."""
    leaving = {change.member for change in [*case.of(Action.MEMBER_REMOVE), *case.leaving_for_now]}
    if leaving.isdisjoint(members):
        return []
    had = case.draft.snapshot.rosters
    return [
        f"{one.path} had {counted(had[one.path], 'member')} at the last apply and has {one.count:,} now."
        for one in case.desired.rosters
        if one.count < had.get(one.path, 0)
    ]


def _given_there(case: Case, library: str) -> int:
    """How many licenses the plan takes from an export, where the ledger has none. Those among them that nobody wants are revoked."""
    seen = case.of(Action.OBSERVE, library)
    return sum(change.kind in _HELD and (change.before or {}).get("kind") == Kind.NONE for change in seen)


_HELD = (Kind.TEMPORARY, Kind.PERMANENT)


def _or_end(case: Case, members: list[str], library: str) -> str:
    """Say that end dates are among what is counted, and how soon."""
    if (hold := case.draft.hold) is not None:
        return f" after the freeze, which lasts {hold.in_words}"
    leaving = {change.member for change in case.leaving_for_now}
    moved = {change.member for change in case.of(Action.LICENSE_UPDATE, library)} - leaving
    soon = f" or have it end within {case.desired.limits.soon} days" if not moved.isdisjoint(members) else ""
    return f"{soon} or have it end after `leavers.grace`" if not leaving.isdisjoint(members) else soon
