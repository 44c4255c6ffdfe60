"""The letters that members and administrators get, and which one an event causes."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from seatsync.domain.action import CLAIM, Action, Event
from seatsync.domain.library import USUAL, Delivery
from seatsync.domain.license import ABSENT, Kind, Status
from seatsync.domain.snapshot import Snapshot


class Letter(StrEnum):
    """The letters that the portals send, and an administrator's welcome."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    ACCESS = "access"
    REMOVED = "removed"
    PERMANENT = "permanent"
    SET_PASSWORD = "set-password"  # noqa: S105
    PLAN_ASSIGNED = "plan-assigned"
    WELCOME = "admin-welcome"


ASKING = frozenset({Letter.INVITATION, Letter.REMINDER, Letter.SET_PASSWORD})
"""Letters that ask for something, by a personal link, and only as long as the license is unclaimed."""

LINKED = ASKING | {Letter.WELCOME}
"""Letters that carry a personal link. An administrator's is for setting a password."""


def letter_for(books: Snapshot, event: Event) -> str:
    """The letter that ``event`` causes in the state before it; empty for none.

    Imports cause none: what a portal reports it has told its members itself. Who never claimed is not told of a
    removal; there was nothing yet that could be missed.
    """
    match event.action:
        case Action.ADMIN_ADD:
            return Letter.WELCOME
        case Action.GRANT if event.detail["status"] == Status.DELIVERED:
            return Letter.PLAN_ASSIGNED
        case Action.GRANT:
            return _invitation(books, event.library)
        case Action.RESEND:
            invitation = _invitation(books, event.library)
            is_reminder = "reminders" in event.detail and invitation is Letter.INVITATION
            return Letter.REMINDER if is_reminder else invitation
        case Action.REVOKE:
            held = books.licenses.get(event.library, {}).get(event.member, ABSENT)
            return Letter.REMOVED if held.status is Status.DELIVERED else ""
        case Action.UPGRADE:  # who has not claimed yet is told by the claim
            held = books.licenses.get(event.library, {}).get(event.member, ABSENT)
            return Letter.PERMANENT if held.status is Status.DELIVERED else ""
        case action if action == CLAIM:
            held = books.licenses.get(event.library, {}).get(event.member, ABSENT)
            return Letter.PERMANENT if held.kind is Kind.PERMANENT else Letter.ACCESS
    return ""


def _invitation(books: Snapshot, library: str) -> Letter:
    """The letter that asks a member to take a seat."""
    known = books.libraries.get(library)
    delivery = USUAL if known is None else known.delivery
    match delivery:
        case Delivery.CLAIM:
            return Letter.INVITATION
        case Delivery.ACCOUNT:
            return Letter.SET_PASSWORD
        case _:
            assert_never(delivery)
