"""A license: one member's hold on one library, and the only ways in which it can change.

The rules come from the portals' own documents ("Once a library is made permanent, it cannot be revoked"; "Reserved status
will remain until the library is claimed").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple, assert_never


class Kind(StrEnum):
    """The kind of a license: whether it can end."""

    NONE = "none"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class Status(StrEnum):
    """The status of a license: how far it has come."""

    NONE = "none"
    UNCLAIMED = "unclaimed"
    DELIVERED = "delivered"
    OPTED_OUT = "opted_out"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    """It was not claimed in time; the seat is free."""
    WAITING = "waiting"
    """No seat was free; the member is in the library's line."""


class IllegalTransition(Exception):
    """A change that is never allowed. Only a plan or a journal that seatsync did not write can ask for it."""


class License(NamedTuple):
    """One license in the ledger.

    ``invited_on`` is the day (ISO) of the last grant; reminders count from it. ``reminders`` is the number sent. ``resent``
    has the values of ``resend:`` already carried out, separated by newlines. ``until`` is the last day (ISO, inclusive) of a
    temporary license, empty for no end; a license that was revoked or declined keeps its last one. ``there`` is what the vendor's
    portal has otherwise (``portal.at_vendor.There``), empty if nothing. ``first_on`` is the day (ISO) of the first grant, which
    never changes; empty if there was none. ``place`` sorts those who wait in the order of the line (``domain.line``); empty for all
    others. While a member waits, ``invited_on`` is the day since when, and ``until`` the last day of the grant that asks for them.
    ``own_end`` is the end date that a leaver's license has but for their grace period, ``NEVER`` for no end, as long as that comes
    earlier; else empty.
    """

    kind: Kind
    status: Status
    invited_on: str = ""
    reminders: int = 0
    resent: str = ""
    until: str = ""
    there: str = ""
    first_on: str = ""
    place: str = ""
    own_end: str = ""

    @property
    def active(self) -> bool:
        """Whether the license takes a seat."""
        return self.kind is not Kind.NONE

    @property
    def ends(self) -> str:
        """The last day (ISO) of a license that takes a seat, for lists; empty for no end."""
        return self.until if self.active else ""

    def ended(self, today: str) -> bool:
        """Whether the end date has passed by ``today`` (ISO)."""
        return "" < self.until < today


NEVER = "9999-12-31"
"""Comes after every end date (ISO)."""

ABSENT = License(Kind.NONE, Status.NONE)


class From(StrEnum):
    """The licenses that an action can start from."""

    FREE = "no seat"
    UNCLAIMED = "unclaimed"
    WAITING = "waiting"
    OFFERED = "unclaimed, or waiting"
    TEMPORARY = "temporary"
    ANY = "any"


class Varying(StrEnum):
    """A kind or status that depends on the case: kept as it was, or given by the event."""

    KEPT = "kept"
    GIVEN = "given"


class Effect(NamedTuple):
    """The effect of an action on a license: it must be in ``start`` before, and has ``kind`` and ``status`` afterwards."""

    start: From
    kind: Kind | Varying
    status: Status | Varying

    def after(self, kind: Kind, status: Status) -> tuple[Kind, Status]:
        """The kind and status afterwards. The arguments are those before, or those that the event gives."""
        return (
            kind if isinstance(self.kind, Varying) else self.kind,
            status if isinstance(self.status, Varying) else self.status,
        )

    @property
    def gives(self) -> bool:
        """Whether a member gets the license by it, so that the journal notes the file and line that asked for it."""
        return self.kind is not Varying.KEPT and self.kind is not Kind.NONE

    @property
    def ends(self) -> bool:
        """Whether it ends the grant, and with it the personal links sent for it."""
        return self.kind is Kind.NONE

    @property
    def voids_invitations(self) -> bool:
        """Whether earlier invitations no longer apply after it."""
        return self.status is not Varying.KEPT and self.start is not From.FREE


def changed(old: License, event: str, effect: Effect) -> License:
    """The license after an event whose action fixes the result.

    Raises:
        IllegalTransition: the event can't happen to this license.
    """
    result = becomes(effect, old.kind, old.status)
    if result is None:
        raise _illegal(event, old)
    kind, status = result
    until = "" if kind is Kind.PERMANENT or status is Status.NONE else old.until
    return old._replace(
        kind=kind, status=status, until=until, own_end=old.own_end if kind is Kind.TEMPORARY else "", place=""
    )


def ending(old: License, until: str, of_leaver: bool) -> License:
    """The license with another last day. That ``of_leaver`` keeps in mind the end date that it has but for their grace period."""
    own_end = old.own_end or old.until or NEVER
    return old._replace(until=until, own_end=own_end if of_leaver and (until or NEVER) < own_end else "")


def granted(old: License, kind: Kind, status: Status, on: str, resent: str = "", until: str = "") -> License:
    """The license after a grant to a member without one, or one whose unclaimed seat comes into their account.

    ``status`` is ``delivered`` only if the library delivers at once.
    """
    is_free = not old.active and status in (Status.UNCLAIMED, Status.DELIVERED)
    comes = old.status is Status.UNCLAIMED and status is Status.DELIVERED and kind in (old.kind, Kind.PERMANENT)
    allowed = kind is not Kind.NONE and (is_free or comes)
    _must_be_legal(allowed, "grant", old)
    return License(kind, status, on, 0, resent, until, old.there, old.first_on or on)


def lapsed(old: License, until: str) -> License:
    """The license that was not claimed in time; ``until`` is the last day of the grant that offered it."""
    _must_be_legal((old.kind, old.status) == (Kind.TEMPORARY, Status.UNCLAIMED), "lapse", old)
    return old._replace(kind=Kind.NONE, status=Status.LAPSED, until=until)


def waiting(old: License, on: str, place: str, until: str | None) -> License:
    """The license of a member who waits for a seat since the day ``on``, or whose place in the line changes. ``until`` is the last day
    of the grant that asks for them; without it, who waits already keeps theirs."""
    _must_be_legal(not old.active and bool(place), "wait", old)
    waits = old.status is Status.WAITING
    since, ends = (old.invited_on, old.until if until is None else until) if waits else (on, until or "")
    return License(Kind.NONE, Status.WAITING, since, 0, old.resent, ends, old.there, old.first_on, place)


def imported(old: License, kind: Kind, status: Status, on: str, until: str | None = None) -> License:
    """The license after an import, which never takes a permanent license away. Without ``until`` it keeps its end date.

    New imports only have what ``forward`` returns. Older journals also have imports that went backwards.
    """
    declined = old.status is Status.UNCLAIMED and status is Status.OPTED_OUT
    _must_be_legal(old.kind is not Kind.PERMANENT or kind is Kind.PERMANENT or declined, "import", old)
    held = status in (Status.UNCLAIMED, Status.DELIVERED)
    is_known_there = status not in (Status.WAITING, Status.LAPSED)
    _must_be_legal(is_known_there and held == (kind is not Kind.NONE), f"import of {kind} {status}", old)
    ends = "" if kind is Kind.PERMANENT else old.until if until is None else until
    first_on = old.first_on or (on if held else "")
    invited_on = _invited_on(old, on)
    own_end = old.own_end if kind is Kind.TEMPORARY and until is None else ""
    new = old._replace(kind=kind, status=status, invited_on=invited_on, until=ends, first_on=first_on)
    return new._replace(place="", own_end=own_end)


def observed(old: License, kind: Kind, status: Status, on: str, until: str | None = None) -> License:
    """The license once the vendor's portal was seen to have ``kind`` and ``status``, which must move forward.

    Without ``until`` it keeps its end date; what a portal gives has none.
    """
    _must_be_legal(forward(old, kind, status) == (kind, status), f"observing {kind} {status}", old)
    ends = "" if kind is Kind.PERMANENT else old.until if until is None else until
    first_on = old.first_on or (on if kind is not Kind.NONE else "")
    place = old.place if status is Status.WAITING else ""
    invited_on = old.invited_on if place else _invited_on(old, on)
    own_end = old.own_end if kind is Kind.TEMPORARY and until is None else ""
    new = old._replace(kind=kind, status=status, invited_on=invited_on, until=ends, first_on=first_on)
    return new._replace(place=place, own_end=own_end)


def _invited_on(old: License, on: str) -> str:
    """The day of the last grant once a portal shows a license; who waited was invited there."""
    return on if old.status is Status.WAITING else old.invited_on or on


def forward(old: License, kind: Kind, status: Status) -> tuple[Kind, Status]:
    """The kind and status once a portal says ``kind`` and ``status``: what moves forward is taken, all else stays.

    A portal's export can be older than the ledger. But permanent licenses are never taken back, so who once had one has it.
    """
    if kind is Kind.PERMANENT and old.status is Status.REVOKED:
        return kind, status
    moves = status in _FORWARD[old.status] and not (old.kind is Kind.PERMANENT and status is Status.REVOKED)
    now = status if moves else old.status
    if now not in (Status.UNCLAIMED, Status.DELIVERED):
        return Kind.NONE, now
    return (Kind.PERMANENT if Kind.PERMANENT in (old.kind, kind) else Kind.TEMPORARY), now


_FORWARD: Mapping[Status, Collection[Status]] = {
    Status.NONE: (_SHOWN := frozenset(Status) - {Status.WAITING, Status.LAPSED}),
    Status.WAITING: _SHOWN - {Status.NONE},
    Status.UNCLAIMED: (Status.DELIVERED, Status.OPTED_OUT, Status.REVOKED),
    Status.DELIVERED: (Status.REVOKED,),
    Status.OPTED_OUT: (Status.DELIVERED,),
    Status.REVOKED: (),
    Status.LAPSED: (Status.DELIVERED,),
}
"""What can come after each status, if a portal says it. Who declined and then claimed has claimed; who claimed can't decline."""


def _must_be_legal(allowed: bool, event: str, old: License) -> None:
    if not allowed:
        raise _illegal(event, old)


def _illegal(event: str, old: License) -> IllegalTransition:
    return IllegalTransition(f"a license with kind {old.kind} and status {old.status} does not allow {event}")


@cache
def becomes(effect: Effect, kind: Kind, status: Status) -> tuple[Kind, Status] | None:
    """The kind and status afterwards of a license with these; None if that is illegal."""
    return effect.after(kind, status) if _is_from(effect.start, kind, status) else None


def _is_from(start: From, kind: Kind, status: Status) -> bool:
    match start:
        case From.FREE:
            return kind is Kind.NONE
        case From.UNCLAIMED:
            return status is Status.UNCLAIMED
        case From.WAITING:
            return status is Status.WAITING
        case From.OFFERED:
            return status in (Status.UNCLAIMED, Status.WAITING)
        case From.TEMPORARY:
            return kind is Kind.TEMPORARY
        case From.ANY:
            return True
        case never:
            assert_never(never)
