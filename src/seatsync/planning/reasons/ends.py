"""Why the end of a seat moves, or has come."""

from __future__ import annotations

from seatsync.domain.calendar.freezes import hold_on
from seatsync.domain.desired import Grant
from seatsync.domain.license import License
from seatsync.domain.origin import Origin
from seatsync.domain.person import Member
from seatsync.planning.draft import Draft
from seatsync.planning.reasons.words import GRACE_OVER, GRANT_ENDED, INSTITUTION_ENDED, LEFT, reason_of


def why_granted(draft: Draft, rule: Grant, other: str = "") -> str:
    """The reason of a grant, or the ``other`` one, and what holds the end of its seats back."""
    hold = draft.hold_of(rule)
    return f"{other or reason_of(rule)}{f'; ends {rule.ends}, held back {hold.in_words}' if hold is not None else ''}"


def why_kept(draft: Draft, known: Member, last: str, record: int) -> tuple[str, Origin]:
    """Why somebody on no roster any more keeps a seat until the day ``last``, and where in the files that is."""
    hold = hold_on(draft.desired.institution.freezes, last)
    stays = f"stays {hold.in_words}" if hold is not None else f"stays for {draft.desired.grace} days"
    if known.left_on:
        where = draft.desired.place("leavers" if hold is None else "freeze")
        return f"On no roster since {known.left_on}; the seat now {stays}", where
    return f"{LEFT}; the seat {stays}", draft.last_row(record)


def why_ended(draft: Draft, license: License, reason: str, left_on: str) -> str:
    """Why a seat is revoked whose end date in the ledger has passed: by the ``reason`` if a freeze has held that back.

    ``left_on`` is when a member left whose grace period is over.
    """
    if license.own_end and left_on:
        return f"{GRACE_OVER} {left_on}; the seat stayed until {license.until}"
    hold = hold_on(draft.desired.institution.freezes, license.until)
    if hold is not None and hold.last == license.until:
        return f"{f'On no roster since {left_on}' if left_on else reason}; held back {hold.in_words}"
    return f"{INSTITUTION_ENDED if license.until == draft.desired.institution.retire else GRANT_ENDED} {license.until}"
