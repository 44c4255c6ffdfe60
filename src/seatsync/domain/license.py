"""A license: one member's hold on one library, and the only ways in which it may change.

The table is section 4 of the contract, which is drawn from the portals' own documents ("Once a library is made
permanent, it cannot be revoked"; "Reserved status will remain until the library is claimed").
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import NamedTuple, assert_never


class Kind(StrEnum):
    """What a member holds."""

    NONE = "none"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class Status(StrEnum):
    """How far the hold has come."""

    NONE = "none"
    UNCLAIMED = "unclaimed"
    DELIVERED = "delivered"
    OPTED_OUT = "opted_out"
    REVOKED = "revoked"


class IllegalTransition(Exception):
    """A change that no license may make; reached only by a plan or a journal that seatsync did not write."""


class License(NamedTuple):
    """What the ledger knows of one license.

    ``invited_on`` is the day (ISO) of the last grant, from which reminders count; ``reminders`` how many were sent;
    ``resent`` the values of ``resend:`` already obeyed, newline-separated.
    """

    kind: Kind
    status: Status
    invited_on: str = ""
    reminders: int = 0
    resent: str = ""

    @property
    def active(self) -> bool:
        """Whether it takes a slot."""
        return self.kind is not Kind.NONE


ABSENT = License(Kind.NONE, Status.NONE)


class From(StrEnum):
    """Which licenses something can happen to."""

    FREE = "no seat"
    UNCLAIMED = "unclaimed"
    TEMPORARY = "temporary"
    ANY = "any"


class Now(StrEnum):
    """A kind or status that is not the same each time: that of before, or the one that the event gives."""

    KEPT = "kept"
    GIVEN = "given"


class Effect(NamedTuple):
    """What becomes of a license to which something happens: ``start`` is what it must be, ``kind`` and ``status`` are those
    afterwards."""

    start: From
    kind: Kind | Now
    status: Status | Now

    def look(self, kind: Kind, status: Status) -> tuple[Kind, Status]:
        """Kind and status afterwards, of a license that had these, or is given them."""
        return (
            kind if isinstance(self.kind, Now) else self.kind,
            status if isinstance(self.status, Now) else self.status,
        )

    @property
    def gives(self) -> bool:
        """Whether somebody has the license because of it, so that the file and line that asked for it are noted."""
        return self.kind is not Now.KEPT and self.kind is not Kind.NONE

    @property
    def ends(self) -> bool:
        """Whether the grant has ended by it, and with it the personal links that were sent."""
        return self.kind is Kind.NONE

    @property
    def settles(self) -> bool:
        """Whether an invitation sent before has nothing more to invite to."""
        return self.status is not Now.KEPT and self.start is not From.FREE


def changed(old: License, event: str, effect: Effect) -> License:
    """The license after an event that gives nothing.

    Raises:
        IllegalTransition: it can't happen to this license.
    """
    look = _becomes(effect, old.kind, old.status)
    if look is None:
        raise IllegalTransition(f"no {event} from {old.kind} {old.status}")
    return old._replace(kind=look[0], status=look[1])


def granted(old: License, kind: Kind, status: Status, on: str, resent: str = "") -> License:
    """A seat for who has none. ``status`` is ``delivered`` only where the library delivers at once."""
    allowed = not old.active and kind is not Kind.NONE and status in (Status.UNCLAIMED, Status.DELIVERED)
    _legal(allowed, "grant", old)
    return License(kind, status, on, 0, resent)


def imported(old: License, kind: Kind, status: Status, on: str) -> License:
    """What a portal says is so. The portal is right about everything but taking a permanent license away."""
    _legal(old.kind is not Kind.PERMANENT or kind is Kind.PERMANENT, "import", old)
    held = status in (Status.UNCLAIMED, Status.DELIVERED)
    _legal(held == (kind is not Kind.NONE), f"import of {kind} {status}", old)
    return old._replace(kind=kind, status=status, invited_on=old.invited_on or on)


def _legal(allowed: bool, event: str, old: License) -> None:
    if not allowed:
        raise IllegalTransition(f"no {event} from {old.kind} {old.status}")


@cache
def _becomes(effect: Effect, kind: Kind, status: Status) -> tuple[Kind, Status] | None:
    """Kind and status afterwards of a license that has these; None where that is illegal."""
    return effect.look(kind, status) if _is_from(effect.start, kind, status) else None


def _is_from(start: From, kind: Kind, status: Status) -> bool:
    match start:
        case From.FREE:
            return kind is Kind.NONE
        case From.UNCLAIMED:
            return status is Status.UNCLAIMED
        case From.TEMPORARY:
            return kind is Kind.TEMPORARY
        case From.ANY:
            return True
        case never:
            assert_never(never)
