"""When the invitations to unclaimed seats were sent. Reminders count from that day, and so does the time after which such a seat lapses."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from seatsync.domain.calendar.freezes import freezes_of
from seatsync.domain.institution import Institution
from seatsync.domain.license import Kind, Status
from seatsync.domain.portal.at_vendor import TO_DO
from seatsync.domain.text.days import day_in, moved
from seatsync.domain.waiting import SeatLetter, claim_by, has_lapsed, invited_at, reminders_due, will_be_sent
from seatsync.ledger import tables
from seatsync.ledger.queries.lookup import asking
from seatsync.ledger.queries.since.apply import ANOTHER_TIMEZONE, in_grace, invited_long_ago
from seatsync.ledger.queries.waiting import SeatKey, letters_of_seats


def due_by_invitation(
    connection: Connection, settings: Institution, remind_after: Sequence[int], today: date
) -> dict[SeatKey, date]:
    """The unclaimed seats (library, member) that lapse or of which a reminder is due, with the day on which the invitation was sent.

    Where it was not sent, or came back, nothing is due. ``settings`` are the institution's as the ledger has them. This reads the
    letters only of seats for which a letter was sent long enough ago.
    """
    days = tuple(sorted(remind_after))
    ask, found = asking(connection), dict[SeatKey, date]()
    long_ago = invited_long_ago(ask, settings.id, settings.timezone, days, settings.reclaim_after, today)
    seats = {(seat.library, seat.member): seat for seat in long_ago}
    for key, letters in letters_of_seats(connection, settings.id, seats, ""):
        seat, day = seats[key], _invited_on((one.letter for one in letters), settings, seats[key].invited_on)
        is_late = day is not None and seat.kind == Kind.TEMPORARY and has_lapsed(day, settings, today)
        if day is not None and (is_late or reminders_due(day, days, today) > seat.reminders):
            found[key] = day
    return found


def invitation_days(connection: Connection, settings: Institution, today: date) -> dict[SeatKey, date]:
    """The day on which the invitation to each unclaimed seat (library, member) was sent, or will be if nothing more happens: one that
    waits to be sent goes out ``today``. Seats without such an invitation are left out.
    """
    license, found = tables.license.c, dict[SeatKey, date]()
    query = select(license.library, license.member, license.invited_on).where(
        license.institution == settings.id,
        license.status == Status.UNCLAIMED.value,
        license.there.not_in(sorted(TO_DO)),
    )
    seats = {(row.library, row.member): row.invited_on for row in connection.execute(query)}
    for key, letters in letters_of_seats(connection, settings.id, seats, ""):
        seat_letters = [one.letter for one in letters]
        if day := _invited_on(seat_letters, settings, seats[key]):
            found[key] = day
        elif will_be_sent(seat_letters):
            found[key] = today
    return found


def last_days_to_claim(connection: Connection, institution: str, seats: Collection[SeatKey]) -> dict[SeatKey, str]:
    """The last days (ISO) to claim these unclaimed temporary seats; of those that never lapse, as those of leavers
    in their grace period, nothing."""
    columns = tables.institution.c
    query = select(columns.name, columns.timezone, columns.reclaim_after, columns.reclaim_since, columns.freezes)
    row = connection.execute(query.where(columns.institution == institution)).one_or_none()
    if row is None or not row.reclaim_after or not seats:
        return {}
    settings = reclaiming(institution, row)
    leavers = in_grace(asking(connection), institution)
    staying = {key for key in seats if key[1] not in leavers}
    found = letters_of_seats(connection, institution, staying, "")
    days = {key: _invited_on((one.letter for one in letters), settings) for key, letters in found}
    return {key: claim_by(day, settings).isoformat() for key, day in days.items() if day is not None}


def reclaiming(institution: str, row: Any) -> Institution:
    """The institution of a row of its table, with the settings that decide when unclaimed seats lapse."""
    reclaim = {"reclaim_after": row.reclaim_after, "reclaim_since": row.reclaim_since}
    freezes = freezes_of(json.loads(row.freezes)) if row.freezes else ()
    return Institution(institution, row.name, timezone=row.timezone, freezes=freezes, **reclaim)


def _invited_on(letters: Iterable[SeatLetter], settings: Institution, granted_on: str = "") -> date | None:
    """The day on which the invitation to a seat was sent; None if it was not. One from before the grant was to an earlier seat."""
    sent = invited_at(letters)
    day = day_in(datetime.fromisoformat(sent), settings.timezone) if sent else None
    return None if day is None or moved(day, ANOTHER_TIMEZONE).isoformat() < granted_on else day
