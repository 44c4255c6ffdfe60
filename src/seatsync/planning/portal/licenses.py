"""One license in the ledger and in an export: what moves forward, which step is done or undone, what contradicts.

The ledger's license says what the files want and what it knows of the portal (``there``). So there are three cases: something is
to be done there, and the export shows whether it was; nothing is to be done, and the export shows that it is not as the ledger
believes; or a person did something there by hand.
"""

from __future__ import annotations

from typing import NamedTuple

from seatsync.domain.license import Kind, License, Status, forward
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.portal.export import Holding
from seatsync.planning.portal.found import Differs, Seen


class Outcome(NamedTuple):
    """The license afterwards, and what was seen of it; ``seen`` is empty if nothing changes."""

    kind: Kind
    status: Status
    there: str
    seen: tuple[Seen, ...] = ()


def observed(old: License, shown: Holding, at_vendor: bool, on_roster: bool) -> Outcome:
    """The license once the export shows this. What moves forward is taken, and steps are done or undone; all else stays.

    Somebody on no roster gets no temporary license. ``at_vendor``: steps are only known of a library whose seats live there.
    """
    if old.there == There.NONE and shown[0] is Kind.NONE and not _is_of_this_grant(old, shown):
        return Outcome(old.kind, old.status, old.there)  # it is from before the grant, which is still to be done
    kind, status = forward(old, *shown)
    if kind is Kind.TEMPORARY and not old.active and not on_roster:
        kind, status = old.kind, old.status
    there, step = _there(old, kind, shown) if at_vendor else ("", None)
    seen = (_change(old, kind, status), step)
    return Outcome(kind, status, there, tuple(one for one in seen if one is not None))


def lasting(old: License, now: Outcome, shown: Holding) -> Outcome:
    """What still holds of an outcome once a later export has been read: claimed, declined and permanent. All else stays as it was.

    The later one agreed with the ledger, or the ledger has followed it. A grant still to be done was not done then.
    """
    is_same_grant = Seen.DECLINED in now.seen or (Seen.CLAIMED in now.seen and shown[0] is old.kind)
    if shown[0] is Kind.PERMANENT or (is_same_grant and old.there != There.NONE):
        return now
    return Outcome(old.kind, old.status, old.there)


def _is_of_this_grant(old: License, shown: Holding) -> bool:
    """Whether a member has declined the grant that is still to be done by the ledger: it was done, and they had none before."""
    return shown[1] is Status.OPTED_OUT and "" < old.first_on == old.invited_on


def _there(old: License, kind: Kind, shown: Holding) -> tuple[str, Seen | None]:
    """What the portal has otherwise than a license that is now of this ``kind``, and what that says of the step."""
    there = _to_do(old, kind, shown)
    if there == old.there:
        return there, None
    if there in _STEPS:
        return there, Seen.STEP if old.there in _STEPS else Seen.UNDONE
    is_done = old.there in (*_STEPS, There.RESEND) and there == There.SAME and kind is old.kind
    return there, Seen.DONE if is_done else None


_STEPS = (There.NONE, There.TEMPORARY)


def _to_do(old: License, kind: Kind, shown: Holding) -> str:
    """``License.there`` once the portal shows this."""
    if old.there == There.RESEND and shown == (kind, Status.UNCLAIMED) == old[:2]:  # no export shows that it was sent
        return old.there
    if kind is Kind.PERMANENT:
        if shown[0] is Kind.PERMANENT:
            is_by_hand = old.kind is not Kind.PERMANENT or old.there == There.BY_HAND
            return There.BY_HAND if is_by_hand else There.SAME
        if old.there == There.BY_HAND or (shown[0] is Kind.NONE and _is_claimed(old)):
            return old.there  # what was there for good is not there: a contradiction, not a step
        return There.TEMPORARY if shown[0] is Kind.TEMPORARY else There.NONE
    if kind is Kind.TEMPORARY:
        if shown[0] is Kind.NONE:
            return old.there if old.status is Status.DELIVERED else There.NONE
        return There.SAME
    if shown[0] is Kind.TEMPORARY and old.status is Status.REVOKED:
        return There.TEMPORARY
    return There.SAME


def _is_claimed(old: License) -> bool:
    """Whether it was seen claimed in the portal as what it is here."""
    return old.status is Status.DELIVERED and old.there != There.TEMPORARY


def _change(old: License, kind: Kind, status: Status) -> Seen | None:
    """What changed of the license itself."""
    if kind is Kind.PERMANENT and old.kind is not Kind.PERMANENT:
        return Seen.PERMANENT
    if status is old.status:
        return None
    match status:
        case Status.DELIVERED:
            return Seen.GRANTED if old.status is Status.NONE else Seen.CLAIMED
        case Status.OPTED_OUT:
            return Seen.DECLINED
        case Status.REVOKED:
            return Seen.REVOKED
        case _:
            return Seen.GRANTED


def contradiction(now: Outcome, shown: Holding) -> Differs | None:
    """How the export contradicts the license, with what the ledger knows of the portal; None if it does not.

    What is still to be done there is no contradiction.
    """
    is_here, is_there = now.kind is not Kind.NONE, shown[0] is not Kind.NONE
    if not is_here:
        is_expected = not is_there or (now.there == There.TEMPORARY and shown[0] is Kind.TEMPORARY)
        return None if is_expected else Differs.NOT_HERE
    if now.there == There.NONE:
        return None
    expected = Kind.TEMPORARY if now.there == There.TEMPORARY else now.kind
    if not is_there:
        return None if now.there == There.TEMPORARY else Differs.NOT_THERE
    if shown[0] is not expected:
        return Differs.KIND
    return Differs.STATUS if shown[1] is not now.status else None


def is_held_there(license: License) -> bool:
    """Whether the ledger knows of a license in the portal that is to stay: who has one should be in the export."""
    return license.active and license.there != There.NONE
