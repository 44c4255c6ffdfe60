"""A license: one member's hold on one library, and the only ways in which it may change.

The table is section 4 of the contract, which is drawn from the portals' own documents ("Once a library is made
permanent, it cannot be revoked"; "Reserved status will remain until the library is claimed").
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


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


def _legal(allowed: bool, event: str, old: License) -> None:
    if not allowed:
        raise IllegalTransition(f"no {event} from {old.kind} {old.status}")


def grant(old: License, kind: Kind, status: Status, on: str, resent: str = "") -> License:
    """A seat for who has none. ``status`` is ``delivered`` only where the library delivers at once."""
    allowed = not old.active and kind is not Kind.NONE and status in (Status.UNCLAIMED, Status.DELIVERED)
    _legal(allowed, "grant", old)
    return License(kind, status, on, 0, resent)


def claim(old: License) -> License:
    """The member takes what was offered."""
    _legal(old.status is Status.UNCLAIMED, "claim", old)
    return old._replace(status=Status.DELIVERED)


def opt_out(old: License) -> License:
    """The member declines; the slot is free. A permanent license that was offered may be declined as well."""
    _legal(old.status is Status.UNCLAIMED, "opt-out", old)
    return old._replace(kind=Kind.NONE, status=Status.OPTED_OUT)


def resend(old: License, reminders: int, resent: str) -> License:
    """One more invitation to who has not claimed."""
    _legal(old.status is Status.UNCLAIMED, "resend", old)
    return old._replace(reminders=reminders, resent=resent)


def revoke(old: License) -> License:
    """A temporary license is taken back; the slot is free. Permanent ones never are."""
    _legal(old.kind is Kind.TEMPORARY, "revoke", old)
    return old._replace(kind=Kind.NONE, status=Status.REVOKED)


def upgrade(old: License) -> License:
    """Temporary to permanent, claimed or not; there is no way back."""
    _legal(old.kind is Kind.TEMPORARY, "upgrade", old)
    return old._replace(kind=Kind.PERMANENT)


def imported(old: License, kind: Kind, status: Status, on: str) -> License:
    """What a portal says is so. The portal is right about everything but taking a permanent license away."""
    _legal(old.kind is not Kind.PERMANENT or kind is Kind.PERMANENT, "import", old)
    held = status in (Status.UNCLAIMED, Status.DELIVERED)
    _legal(held == (kind is not Kind.NONE), f"import of {kind} {status}", old)
    return old._replace(kind=kind, status=status, invited_on=old.invited_on or on)
