"""How to take back what a plan does, and what stays: the last fact of the decision panel."""

from __future__ import annotations

from collections.abc import Sequence

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import counted
from seatsync.domain.license import Status
from seatsync.planning.change import Change
from seatsync.planning.plan import Plan
from seatsync.planning.reasons.words import GRACE_OVER, GRANT_ENDED, INSTITUTION_ENDED
from seatsync.reports.view.decision import Effect, effect

_FILES = "put the earlier files back (in Git: revert the commit)"
_DAY = "the day brought this, not a change of the files: see docs/rollback.md"
_END = "give the seats a later end date"
_ROSTER = "put who left back on a roster"
_RESEND = "send new invitations (resend)"


def how_to_undo(plan: Plan) -> str:
    """How to take back what the plan itself does; empty if it does nothing or is blocked."""
    own = [change for change in plan.changes if effect(change) is not Effect.SEEN]
    if plan.refusals or not own:
        return ""
    rest = [change for change in own if effect(change) is not Effect.FINAL]
    final = len(own) - len(rest)
    if not rest:
        return f"not possible. The {_stays(final)}"
    how = f"{_way(plan, rest)}{_claims(plan, rest)}"
    return f"{len(rest):,} of {len(plan.changes):,} changes: {how}. The {_stays(final)}" if final else how


def _stays(final: int) -> str:
    """What stays for good. Without its grant in the files, the next plan is blocked."""
    one = "permanent seat stays: keep its grant in the files"
    return one if final == 1 else f"{final:,} permanent seats stay: keep their grants in the files"


def _way(plan: Plan, changes: Sequence[Change]) -> str:
    """What to do in the files. What the calendar brought is in no commit, so earlier files do not take it back."""
    by_calendar = bool(plan.fingerprint) and not plan.asked
    mends = dict.fromkeys(mend for mend in map(_mend, changes) if mend)
    left = {change.member for change in changes if _mend(change) == _ROSTER}
    rest = [
        one for one in changes if not _mend(one) and not (one.action is Action.MEMBER_REMOVE and one.member in left)
    ]
    is_asked = bool(rest) and not by_calendar
    ways = [*([_FILES] if is_asked else []), *mends]
    return f"{'; '.join(ways)} and apply" if ways else _DAY


def _mend(change: Change) -> str:
    """What brings back a seat that the calendar took; empty for another change."""
    if change.action is not Action.REVOKE:
        return ""
    if change.status == Status.LAPSED:
        return _RESEND
    if change.reason.startswith(GRACE_OVER):
        return _ROSTER
    return _END if change.reason.startswith((GRANT_ENDED, INSTITUTION_ENDED)) else ""


def _claims(plan: Plan, changes: Sequence[Change]) -> str:
    """How many people lose a claim, which no file brings back."""
    people = {
        change.record or change.member
        for change in changes
        if change.action is Action.REVOKE
        and (change.before or {}).get("status") == Status.DELIVERED
        and change.library not in plan.at_once
    }
    return f"; {counted(len(people), 'person', 'people')} must claim again" if people else ""
