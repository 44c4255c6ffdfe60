"""The letters of the coming days: how many of each kind each library's changes cause, and when each member was invited to a seat.

Letters count as sent on the day on which they are written. So do those that wait today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from seatsync.domain.action import Action, Event, Grants
from seatsync.domain.institution import Institution
from seatsync.domain.letters import invites
from seatsync.domain.license import ABSENT, Kind, License, Status
from seatsync.domain.portal.at_vendor import TO_DO
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import moved
from seatsync.domain.waiting import has_lapsed, reclaimed_after, reminders_due
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

    def due(self, books: Snapshot, remind_after: tuple[int, ...], today: date) -> dict[SeatKey, date]:
        """As ``due_by_invitation`` of ``ledger.queries.unclaimed``: the seats that lapse or of which a reminder is due."""
        settings, days = books.institution, {*self.sent.values()}
        late = {day for day in days if settings is not None and has_lapsed(day, settings, today)}
        due = {day: number for day in days if (number := reminders_due(day, remind_after, today))}
        return {
            key: sent
            for key, sent in (self.sent.items() if late or due else ())
            if sent in late or sent in due
            if _is_due(books.licenses.get(key[0], {}).get(key[1], ABSENT), sent in late, due.get(sent, 0))
        }

    def days(self, settings: Institution | None, remind_after: tuple[int, ...]) -> Iterator[date]:
        """The days on which reminders of unclaimed seats fall due, and those on which such seats can lapse."""
        for sent in {*self.sent.values()}:
            yield from (moved(sent, days) for days in remind_after)
            if settings is not None and settings.reclaim_after:
                yield moved(reclaimed_after(sent, settings), 1)


def _is_due(license: License, is_late: bool, reminders: int) -> bool:
    is_lapsing = is_late and license.kind is Kind.TEMPORARY
    return license.status is Status.UNCLAIMED and (is_lapsing or reminders > license.reminders)
