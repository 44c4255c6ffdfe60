"""The letters of the coming days: how many of each kind each library's changes cause, and when each member was invited to a seat.

Letters count as sent on the day on which they are written. So do those that wait today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from seatsync.domain.action import Action, Event, Grants
from seatsync.domain.institution import Institution
from seatsync.domain.letters import invites
from seatsync.domain.license import ABSENT, Kind, License, Status
from seatsync.domain.portal.at_vendor import TO_DO
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.waiting import reclaimed_after
from seatsync.ledger.queries.waiting import SeatKey


class Letters:
    """The letters that members have got and will get. ``sent`` has the day on which the last invitation to each seat was sent."""

    def __init__(self, sent: Mapping[SeatKey, date]) -> None:
        self.sent = dict(sent)

    def note(self, books: Snapshot, event: Event | Grants, letter: str, numbers: Sequence[int], today: date) -> None:
        """Note an event that was posted to the books, and the letter that it causes (empty for none) to these members."""
        one = Event(Action.GRANT, event.library, 0, event.detail) if isinstance(event, Grants) else event
        if one.action is Action.GRANT or (letter and invites(one, letter)):
            self._invite(books, one.library, numbers, today if letter and not books.held_since else None)
        elif one.action is Action.REVOKE:
            self.sent.pop((one.library, one.member), None)

    def _invite(self, books: Snapshot, library: str, numbers: Sequence[int], day: date | None) -> None:
        held = books.licenses.get(library, {})
        for number in numbers:
            if day is not None and held.get(number, ABSENT).there not in TO_DO:
                self.sent[library, number] = day
            else:
                self.sent.pop((library, number), None)

    def lapsing(self, books: Snapshot, settings: Institution, today: date) -> dict[SeatKey, str]:
        """As ``ledger.queries.line.lapsing``: the seats that were not claimed in time, with the day (ISO) of their invitation."""
        late = {sent for sent in self._days(settings) if reclaimed_after(sent, settings) < today}
        writing = {id for id, library in books.libraries.items() if library.sends_letters}
        return {
            (library, number): sent.isoformat()
            for (library, number), sent in (self.sent.items() if late else ())
            if sent in late and library in writing and _can_lapse(books.licenses.get(library, {}).get(number, ABSENT))
        }

    def lapse_days(self, settings: Institution) -> set[date]:
        """The days on which seats can lapse if nobody claims them."""
        return {reclaimed_after(sent, settings) + timedelta(days=1) for sent in self._days(settings)}

    def _days(self, settings: Institution) -> set[date]:
        return {*self.sent.values()} if settings.reclaim_after else set()


def _can_lapse(license: License) -> bool:
    return license.status is Status.UNCLAIMED and license.kind is Kind.TEMPORARY


def reminder_days(books: Snapshot, remind_after: tuple[int, ...]) -> set[date]:
    """The days on which reminders of unclaimed invitations fall due."""
    invited: set[str] = set()
    for id, library in books.libraries.items():
        if library.invites:
            held = books.licenses.get(id, {}).values()
            invited |= {one.invited_on for one in held if one.status is Status.UNCLAIMED and one.invited_on}
    return {date.fromisoformat(day) + timedelta(days=days) for day in invited for days in remind_after}
