"""Which unclaimed seats lapse, because nobody claimed them for so long after their invitation was sent."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from seatsync.domain.calendar.freezes import freezes_of
from seatsync.domain.institution import Institution
from seatsync.domain.license import Kind, Status
from seatsync.domain.portal.at_vendor import TO_DO
from seatsync.domain.text.days import day_in
from seatsync.domain.waiting import claim_by, invited_at, reclaimed_after, will_be_sent
from seatsync.ledger import tables
from seatsync.ledger.queries.lookup import asking
from seatsync.ledger.queries.since.apply import in_grace
from seatsync.ledger.queries.waiting import SeatKey, letters_of_seats


def lapsing(connection: Connection, institution: str, settings: Institution, today: date) -> dict[SeatKey, str]:
    """The temporary seats (library, member) that were not claimed in time, each with the day (ISO) on which its invitation was sent.

    ``settings`` are the institution's as the ledger has them. None lapses whose invitation was not sent, or came back, and none of a
    leaver in the grace period.
    """
    if not settings.reclaim_after:
        return {}
    license, library = tables.license.c, tables.library.c
    writing = select(library.id).where(library.institution == institution, library.sends_letters)
    query = select(license.library, license.member).where(
        license.institution == institution,
        license.status == Status.UNCLAIMED.value,
        license.kind == Kind.TEMPORARY.value,
        license.invited_on <= (today - timedelta(days=settings.reclaim_after)).isoformat(),
        license.library.in_(writing),
    )
    late = {(row.library, row.member) for row in connection.execute(query)}
    leavers = in_grace(asking(connection), institution) if late else set()
    seats = {key for key in late if key[1] not in leavers}
    days = _invited_on(connection, institution, settings, seats)
    return {key: sent.isoformat() for key, sent in days.items() if reclaimed_after(sent, settings) < today}


def invitation_days(connection: Connection, settings: Institution, today: date) -> dict[SeatKey, date]:
    """The day on which the invitation to each unclaimed temporary seat (library, member) was sent, or will be if nothing more happens:
    one that waits to be sent goes out ``today``. Seats without such an invitation are left out.
    """
    license, found = tables.license.c, dict[SeatKey, date]()
    query = select(license.library, license.member).where(
        license.institution == settings.id,
        license.status == Status.UNCLAIMED.value,
        license.kind == Kind.TEMPORARY.value,
        license.there.not_in(sorted(TO_DO)),
    )
    seats = {(row.library, row.member) for row in connection.execute(query)}
    for key, letters in letters_of_seats(connection, settings.id, seats, ""):
        seat_letters = [one.letter for one in letters]
        if sent := invited_at(seat_letters):
            found[key] = day_in(datetime.fromisoformat(sent), settings.timezone)
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
    days = _invited_on(connection, institution, settings, {key for key in seats if key[1] not in leavers})
    return {key: claim_by(sent, settings).isoformat() for key, sent in days.items()}


def reclaiming(institution: str, row: Any) -> Institution:
    """The institution of a row of its table, with the settings that decide when unclaimed seats lapse."""
    reclaim = {"reclaim_after": row.reclaim_after, "reclaim_since": row.reclaim_since}
    freezes = freezes_of(json.loads(row.freezes)) if row.freezes else ()
    return Institution(institution, row.name, timezone=row.timezone, freezes=freezes, **reclaim)


def _invited_on(
    connection: Connection, institution: str, settings: Institution, seats: Collection[SeatKey]
) -> dict[SeatKey, date]:
    """The day on which the invitation to each of these seats was sent, if it was."""
    found = {}
    for key, letters in letters_of_seats(connection, institution, seats, ""):
        if sent := invited_at([one.letter for one in letters]):
            found[key] = day_in(datetime.fromisoformat(sent), settings.timezone)
    return found
