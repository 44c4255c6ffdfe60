"""Which letter an event causes, and what letters ask for."""

from __future__ import annotations

from typing import assert_never

from seatsync.domain.action import Event, Letter
from seatsync.domain.library import USUAL, Delivery
from seatsync.domain.license import ABSENT, Kind, License, Status
from seatsync.domain.snapshot import Snapshot

ASKING = frozenset({Letter.INVITATION, Letter.REMINDER, Letter.SET_PASSWORD})
"""Letters that ask for something, by a personal link, and only as long as the license is unclaimed."""

LINKED = ASKING | {Letter.WELCOME}
"""Letters that carry a personal link. An administrator's is for setting a password."""


def letter_for(books: Snapshot, event: Event) -> str:
    """The letter that ``event`` causes in the state before it; empty for none.

    Imports cause none: what a portal reports it has told its members itself. Who never claimed is not told of a
    removal; there was nothing yet that could be missed.
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
        case (Letter.REMOVED | Letter.PERMANENT) as letter:  # who has not claimed yet is told by the claim
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
