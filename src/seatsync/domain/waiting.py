"""Which of the letters about one seat wait: only what its member must still be told.

That is the difference between what was last sent and how the seat is now. So this reads nothing but the seat's letters and its
license, and gives the same answer whenever it is asked: when an event is recorded, and again when a sender takes letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from seatsync.domain.action import Letter
from seatsync.domain.calendar.freezes import last_day
from seatsync.domain.institution import Institution
from seatsync.domain.letters import ASKING, LetterState
from seatsync.domain.license import Status
from seatsync.domain.text.days import day_in

_OF_ACCESS = frozenset({Letter.ACCESS.value, Letter.PLAN_ASSIGNED.value, Letter.PERMANENT.value})


class SeatLetter(NamedTuple):
    """A letter about a seat. ``is_reminder`` tells a reminder from the invitation that it repeats.

    ``in_hand`` means that a sender has it: it counts as sent, and stays as it is. ``superseded`` means that it was cancelled
    here, not by a person. ``created_at`` and ``sent_at`` are instants (ISO); ``sent_at`` is empty if it was not sent.
    """

    serial: int
    letter: str
    state: str
    is_reminder: bool
    in_hand: bool
    superseded: bool
    created_at: str
    sent_at: str

    @property
    def is_told(self) -> bool:
        """Whether the member has read it, as far as anybody knows."""
        return self.state == LetterState.SENT or self.in_hand

    @property
    def is_open(self) -> bool:
        """Whether it waits, or would wait once it is released or tried again."""
        return self.state in (LetterState.PENDING, LetterState.HELD, LetterState.BOUNCED) and not self.in_hand


class Seat(NamedTuple):
    """The license that letters are about. ``invited_on`` is the day (ISO) of its grant, in the institution's ``timezone``, and
    ``until`` its last one, empty for no end. With ``is_to_do`` the vendor's portal has not got it yet."""

    status: str
    invited_on: str
    sends_letters: bool
    timezone: str
    until: str = ""
    is_to_do: bool = False

    def must_wait(self, today: date) -> bool:
        """Whether nobody may be offered or told this seat yet."""
        is_held = self.status in (Status.UNCLAIMED, Status.DELIVERED)
        return self.has_ended(today) or (is_held and self.is_to_do)

    def has_ended(self, today: date) -> bool:
        """Whether the end date has passed, but no apply has revoked or extended the license yet."""
        return self.status in (Status.UNCLAIMED, Status.DELIVERED) and "" < self.until < today.isoformat()


class Fate(NamedTuple):
    """What becomes of a letter that is not as it should be: its new state, and the first day on which it may be sent."""

    serial: int
    state: LetterState
    not_before: date | None = None


def fates(letters: Iterable[SeatLetter], seat: Seat, today: date) -> Iterator[Fate]:
    """Yield the letters about a seat that must be cancelled, wait again, or wait until a day.

    Nobody is offered a seat that has ended: its letters wait for the apply that revokes or extends it. Neither one that the
    vendor's portal has not got: its letters wait until somebody has entered it there.
    """
    ordered, earliest = sorted(letters), today + timedelta(days=1 if seat.must_wait(today) else 0)
    true = _still_true(ordered, seat)
    for letter in ordered:
        if letter.serial in true:
            if letter.superseded:
                yield Fate(letter.serial, LetterState.PENDING)
            elif letter.state == LetterState.PENDING and earliest > today:
                yield Fate(letter.serial, LetterState.PENDING, earliest)
        elif letter.is_open and not letter.is_reminder:
            yield Fate(letter.serial, LetterState.CANCELLED)
    yield from _reminders(ordered, seat, today, earliest)


def invited_at(letters: Iterable[SeatLetter]) -> str:
    """The instant (ISO) at which the member was invited to the seat; empty if the invitation was not sent, or if it or a later reminder
    came back."""
    ordered = sorted(letters)
    invitation = _invitation(ordered)
    if invitation is None or invitation.state != LetterState.SENT:
        return ""
    came_back = any(one.state == LetterState.BOUNCED for one in ordered if one > invitation)
    return "" if came_back else invitation.sent_at


def will_be_sent(letters: Iterable[SeatLetter]) -> bool:
    """Whether the invitation to the seat waits to be sent, or is being sent."""
    invitation = _invitation(sorted(letters))
    return invitation is not None and (invitation.state == LetterState.PENDING or invitation.in_hand)


def invitation_waits(letters: Iterable[SeatLetter]) -> bool:
    """Whether the newest invitation to the seat was not sent yet: it waits, or is held back."""
    invitation = _invitation(sorted(letters))
    return (
        invitation is not None
        and invitation.state in (LetterState.PENDING, LetterState.HELD)
        and not invitation.in_hand
    )


def claim_by(invited_on: date, settings: Institution) -> date:
    """The last day on which a temporary seat can be claimed whose invitation was sent on this day, where unclaimed ones lapse.

    It is that of a freeze which holds the lapse back.
    """
    own = reclaimed_after(invited_on, settings).isoformat()
    return date.fromisoformat(last_day(settings.freezes, own, own))


def reclaimed_after(invited_on: date, settings: Institution) -> date:
    """The day after which such a seat lapses, unless a freeze holds that back.

    The days count from the first apply that set them, so that nobody loses a seat whose letter did not say it.
    """
    first = max(invited_on, date.fromisoformat(settings.reclaim_since or "0001-01-01"))
    return first + timedelta(days=settings.reclaim_after - 1)


def has_lapsed(invited_on: date, settings: Institution, today: date) -> bool:
    """Whether such a seat was not claimed in time by ``today``."""
    return bool(settings.reclaim_after) and reclaimed_after(invited_on, settings) < today


@lru_cache(maxsize=1_000)
def reminders_due(invited_on: date | None, remind_after: tuple[int, ...], today: date) -> int:
    """How many reminders of an invitation that was sent on this day should have been sent by ``today``; none if it was not sent."""
    return sum((today - invited_on).days >= days for days in remind_after) if invited_on is not None else 0


def _still_true(letters: Sequence[SeatLetter], seat: Seat) -> set[int]:
    """The serial of the letter, not a reminder, that still has to be sent; an empty set for none."""
    found: SeatLetter | None = None
    if not seat.sends_letters:
        pass
    elif seat.status == Status.UNCLAIMED:
        found = _invitation(letters)
        found = None if _is_withdrawn(found) else found
    elif seat.status == Status.DELIVERED:
        found = _access(letters)
    elif seat.status == Status.REVOKED:
        found = _ending(letters)
    elif seat.status == Status.WAITING:
        found = next((one for one in reversed(letters) if one.letter == Letter.WAITING), None)
        found = None if found is not None and not found.superseded and _is_withdrawn(found) else found
    return {found.serial} if found is not None and not found.is_told else set()


def _invitation(letters: Sequence[SeatLetter]) -> SeatLetter | None:
    """The newest invitation that was not superseded, also one that a person has cancelled; None if there is none."""
    asking = (one for one in reversed(letters) if one.letter in ASKING and not (one.is_reminder or one.superseded))
    return next(asking, None)


def _is_withdrawn(invitation: SeatLetter | None) -> bool:
    """Whether a person has cancelled it."""
    return invitation is not None and invitation.state == LetterState.CANCELLED


def _access(letters: Sequence[SeatLetter]) -> SeatLetter | None:
    """The letter that says what the member has. None if it says the same as what was last sent: the seat was taken away and
    given back in the meantime."""
    place = next((at for at in reversed(range(len(letters))) if letters[at].letter in _OF_ACCESS), None)
    if place is None or letters[place].state == LetterState.CANCELLED:
        return None
    came_back = letters[place].letter == Letter.PLAN_ASSIGNED and _ending(letters[:place]) is not None
    return None if came_back else letters[place]


def _ending(letters: Sequence[SeatLetter]) -> SeatLetter | None:
    """The newest letter that the seat has ended; None if the member has been told, or never knew that they had it."""
    told, since = "", list[SeatLetter]()
    for letter in letters:
        if letter.is_told or letter.letter == Letter.ACCESS:  # who has claimed knows it without a letter
            told, since = letter.letter, []
        else:
            since.append(letter)
    ends = [one for one in since if one.letter == Letter.REMOVED and (one.is_open or one.superseded)]
    if not ends:
        return None
    before = since[: since.index(ends[0])]
    knew = told in _OF_ACCESS or all(one.letter != Letter.PLAN_ASSIGNED for one in before)
    return ends[-1] if knew else None


def _reminders(letters: Sequence[SeatLetter], seat: Seat, today: date, earliest: date) -> Iterator[Fate]:
    """Of the reminders that are due, only the newest goes. They count from the invitation that was sent, and none goes if that,
    or a reminder, has bounced, or if a person has cancelled the invitation."""
    invitation = _invitation(letters)
    reminders = [one for one in letters if one.is_reminder and (invitation is None or one > invitation)]
    told = max((one.serial for one in reminders if one.is_told), default=0)
    bounced = [one.serial for one in (invitation, *reminders) if one is not None and one.state == LetterState.BOUNCED]
    until = min((serial for serial in bounced if serial > told), default=None)
    is_wanted = seat.sends_letters and seat.status == Status.UNCLAIMED and not _is_withdrawn(invitation)
    due: list[int] = []
    for one in (letter for letter in letters if letter.is_reminder and letter.is_open):
        if not is_wanted or one not in reminders or one.serial < told or (until is not None and one.serial > until):
            yield Fate(one.serial, LetterState.CANCELLED)
        elif one.state == LetterState.PENDING:
            day = max(_first_day(one, invitation, seat, today), earliest)
            if day > today:
                yield Fate(one.serial, LetterState.PENDING, day)
            else:
                due.append(one.serial)
    yield from (Fate(serial, LetterState.CANCELLED) for serial in due[:-1])


def _first_day(reminder: SeatLetter, invitation: SeatLetter | None, seat: Seat, today: date) -> date:
    """The first day for a reminder. One that was planned after its invitation was sent counts from that, and may go at once.

    One from before the invitation was sent (again) goes as many days after that as it was planned after the grant; while the invitation
    waits, this is never today.
    """
    if invitation is None or not seat.invited_on or "" < invitation.sent_at <= reminder.created_at:
        return today
    days = _day(reminder.created_at, seat) - date.fromisoformat(seat.invited_on)
    if not invitation.sent_at:
        return today + max(days, timedelta(days=1))
    return _day(invitation.sent_at, seat) + days


def _day(instant: str, seat: Seat) -> date:
    return day_in(datetime.fromisoformat(instant), seat.timezone)
