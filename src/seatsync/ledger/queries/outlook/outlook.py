"""An institution's libraries with what was, what is and what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from seatsync.domain.library import Library, Slots
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.queries.line import Line, lines
from seatsync.ledger.queries.outlook.ahead import SeatsEnd, ends_ahead
from seatsync.ledger.queries.outlook.full import Full, full_on
from seatsync.ledger.queries.outlook.invitations import Invitations, invitations
from seatsync.ledger.queries.outlook.past import DayUsed, used_by_day
from seatsync.planning.year.curve import Curve


@dataclass(frozen=True, slots=True)
class Outlook:
    """A library with its seats: ``past`` has those used by day, ``ends`` those that end, ``invited`` how far invitations are, ``line``
    who waits for one, if anybody does.

    ``ends`` may begin with days before today: seats that the next apply revokes.
    """

    library: Library
    slots: Slots
    past: Sequence[DayUsed]
    ends: Sequence[SeatsEnd]
    invited: Invitations
    line: Line | None = None

    def ahead(self, today: date, curve: Curve | None = None) -> list[DayUsed]:
        """The seats used after the coming days on which they change, if nothing else happens: by the ``curve`` of the year ahead, else by
        end dates alone. What has ended already counts as today's."""
        if curve is not None:
            known = [DayUsed(*day) for day in curve.course]
            return known if known[0].used != self.slots.used else known[1:]
        used, days = self.slots.used, dict[str, int]()
        for day, number, _ in self.ends:
            used -= number
            days[max(day, today.isoformat())] = used
        return [DayUsed(day, used) for day, used in days.items()]

    def full_on(self, today: date) -> Full | None:
        """When no seat will be left, as far as the past tells."""
        return full_on(self.past, self.slots, self.ends, today)


def outlooks(connection: Connection, institution: str, books: Snapshot) -> list[Outlook]:
    """The outlook of each library of ``books``, a snapshot of the present (its members are not needed)."""
    past = used_by_day(connection, institution, books.timezone)
    ends, invited = ends_ahead(connection, institution), invitations(connection, institution)
    waiting, none = lines(connection, institution), Invitations()
    return [
        Outlook(library, books.slots(id), past.get(id, ()), ends.get(id, ()), invited.get(id, none), waiting.get(id))
        for id, library in books.libraries.items()
    ]
