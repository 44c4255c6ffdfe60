"""Which letter an event causes, and which letters carry a personal link."""

from __future__ import annotations

from typing import assert_never

from seatsync.domain.action import Event, Letter
from seatsync.domain.library import DEFAULT_DELIVERY, Delivery
from seatsync.domain.license import ABSENT, Kind, License, Status
from seatsync.domain.snapshot import Snapshot

ASKING = frozenset({Letter.INVITATION, Letter.REMINDER, Letter.SET_PASSWORD})
"""Letters that ask the member to act. They have a personal link and are sent only while the license is unclaimed."""

LINKED = ASKING | {Letter.WELCOME}
"""Letters with a personal link. The link of an administrator sets a password."""


def letter_for(books: Snapshot, event: Event) -> str:
    """The letter that ``event`` causes, given the state before it; empty for none.

    Imports cause none, because the portal has already told its members. Members who never claimed a seat get no letter when
    it is revoked.
    """
    match event.action.facts.letter:
        case None:
            return ""
        case Letter.INVITATION if event.detail["status"] == Status.DELIVERED:
            return Letter.PLAN_ASSIGNED
        case Letter.INVITATION | Letter.SET_PASSWORD | Letter.PLAN_ASSIGNED:
            return _invitation(books, event.library)
        case Letter.REMINDER:
            invitation = _invitation(books, event.library)
            is_reminder = "reminders" in event.detail and invitation is Letter.INVITATION
            return Letter.REMINDER if is_reminder else invitation
        case (Letter.REMOVED | Letter.PERMANENT) as letter:  # before the claim no letter is needed: the claim sends one
            return letter if _held(books, event).status is Status.DELIVERED else ""
        case Letter.ACCESS:
            return Letter.PERMANENT if _held(books, event).kind is Kind.PERMANENT else Letter.ACCESS
        case Letter.WELCOME:
            return Letter.WELCOME
        case never:
            assert_never(never)


def _held(books: Snapshot, event: Event) -> License:
    return books.licenses.get(event.library, {}).get(event.member, ABSENT)


def _invitation(books: Snapshot, library: str) -> Letter:
    """The letter that invites a member to take a seat."""
    known = books.libraries.get(library)
    delivery = DEFAULT_DELIVERY if known is None else known.delivery
    match delivery:
        case Delivery.CLAIM:
            return Letter.INVITATION
        case Delivery.ACCOUNT:
            return Letter.SET_PASSWORD
        case _:
            assert_never(delivery)
