"""Which letter an event causes, and which letters carry a personal link."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any, Literal, assert_never

from seatsync.domain.action import Action, AnyAction, Event, Letter
from seatsync.domain.library import DEFAULT_DELIVERY, Delivery, Library
from seatsync.domain.license import ABSENT, Kind, Status
from seatsync.domain.snapshot import Snapshot


class LetterState(StrEnum):
    """The state of a letter in the outbox."""

    PENDING = "pending"
    HELD = "held"
    """It waits until an administrator releases it: it may have been sent before the ledger was restored."""
    SENT = "sent"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


WAITING = (LetterState.PENDING.value, LetterState.HELD.value)
"""The states of letters that no sender has sent or given up, and that nobody has cancelled."""

ASKING = frozenset({Letter.INVITATION, Letter.REMINDER, Letter.SET_PASSWORD})
"""Letters that ask the member to act. They have a personal link and are sent only while the license is unclaimed."""

LINKED = ASKING | {Letter.WELCOME}
"""Letters with a personal link. The link of an administrator sets a password."""

TO_ADMINS = frozenset({Letter.WELCOME, Letter.BRIEFING})
"""Letters to administrators."""

CLAIMED = frozenset({Letter.ACCESS, Letter.PERMANENT})
"""Letters that a claim can cause. They name the account that the seat is in, if it is the member's own."""

Values = dict[str, Any]
"""The values for a letter's template, by variable (``rendering.VARIABLES``)."""


def letter_for(books: Snapshot, event: Event) -> str:
    """The letter that ``event`` causes, given the state before it; empty for none.

    Imports cause none, because the portal has already told its members. A member who was replaced gets none: somebody new may
    read the mailbox.
    """
    member = books.members.get(event.member)
    if member is not None and not member.key:
        return ""
    held = books.licenses.get(event.library, {}).get(event.member, ABSENT)
    status = event.detail.get("status", held.status)
    return letter_of(event.action, books.libraries.get(event.library), held.kind, status, event.detail)


def invites(event: Event, letter: str) -> bool:
    """Whether the ``letter`` that this event causes is an invitation, not a reminder that repeats one."""
    repeats = "reminders" in event.detail and "new_address" not in event.detail
    return letter in ASKING and not (event.action is Action.RESEND and repeats)


def letter_of(action: AnyAction, library: Library | None, kind: str, status: str, detail: Collection[str]) -> str:
    """The letter that an action causes; empty for none.

    ``kind`` and ``status`` are the license's before it; for a grant, ``status`` is the one that it gives. ``detail`` names the
    fields of the event. Members who never claimed a seat get no letter when it is revoked or becomes permanent.
    """
    match letter := action.facts.letter:
        case None:
            return ""
        case Letter.WELCOME | Letter.BRIEFING:
            return letter
        case _ if library is not None and not library.sends_letters:
            return ""
        case Letter.INVITATION if status == Status.DELIVERED:
            return Letter.PLAN_ASSIGNED
        case Letter.INVITATION | Letter.SET_PASSWORD | Letter.PLAN_ASSIGNED:
            return _invitation(library)
        case Letter.REMINDER:
            invitation = _invitation(library)
            if not invitation:
                return ""
            repeats = "reminders" in detail and "new_address" not in detail
            is_reminder = repeats and invitation is Letter.INVITATION
            return Letter.REMINDER if is_reminder else invitation
        case Letter.REMOVED | Letter.PERMANENT:  # before the claim no letter is needed: the claim sends one
            return letter if status == Status.DELIVERED else ""
        case Letter.WAITING:  # nobody is told that their priority has changed
            return "" if status == Status.WAITING else letter
        case Letter.ACCESS:
            return Letter.PERMANENT if kind == Kind.PERMANENT else Letter.ACCESS
        case never:
            assert_never(never)


def _invitation(library: Library | None) -> Letter | Literal[""]:
    """The letter that invites a member to take a seat; empty where the vendor alone can ask for a password."""
    if library is not None and not library.invites:
        return ""
    delivery = DEFAULT_DELIVERY if library is None else library.delivery
    match delivery:
        case Delivery.CLAIM:
            return Letter.INVITATION
        case Delivery.ACCOUNT:
            return Letter.SET_PASSWORD
        case _:
            assert_never(delivery)
