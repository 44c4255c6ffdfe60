"""What was done since the last briefing, counted from the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from seatsync.domain.action import ACTIONS, Action, Letter, Unplanned
from seatsync.domain.calendar.rhythm import told_before
from seatsync.domain.letters import LetterState
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import day_at, start_of
from seatsync.ledger import tables

_COUNTED = {
    Action.GRANT.value: "granted",
    Action.REVOKE.value: "revoked",
    Unplanned.CLAIM.value: "claimed",
    Unplanned.OPT_OUT.value: "declined",
}


class Done(NamedTuple):
    """What was done ``since`` a day (ISO): how often files were applied (``applies``) and with how many ``changes``, and how many
    seats were ``granted``, ``revoked``, ``claimed`` and ``declined``."""

    since: str
    counts: Mapping[str, int]


def entry_of(connection: Connection, institution: str, serial: int) -> int:
    """The journal entry of the event ``serial``."""
    event = tables.event.c
    query = select(event.entry).where(event.institution == institution, event.serial == serial)
    return int(connection.execute(query).scalar_one())


def done_since(connection: Connection, institution: str, this: int, books: Snapshot, today: date) -> Done:
    """What was done between the last briefing before the one of the journal entry ``this`` that was sent, and now."""
    entry, event = tables.entry.c, tables.event.c
    if (last := _last_sent(connection, institution, this)) is not None:
        start, since = last[0], day_at(last[1], books.timezone)
    else:
        every = books.institution.briefing if books.institution is not None else ""
        since = told_before(every, today).isoformat()
        earlier = (entry.institution == institution) & (entry.at < start_of(since, books.timezone))
        start = connection.execute(select(func.max(entry.serial)).where(earlier)).scalar() or 0
    applies = (entry.institution == institution) & (entry.serial > start) & (entry.kind == "apply")
    later = (event.institution == institution) & (event.serial > start)
    by_action = connection.execute(
        select(event.action, func.count().label("number")).where(later).group_by(event.action)
    )
    numbers = {row.action: row.number for row in by_action}
    counts = {name: numbers.get(action, 0) for action, name in _COUNTED.items()}
    planned = sum(number for action, number in numbers.items() if action in ACTIONS)
    number = connection.execute(select(func.count()).where(applies)).scalar_one()
    return Done(since, {"applies": number, "changes": planned if number else 0, **counts})


def _last_sent(connection: Connection, institution: str, this: int) -> tuple[int, str] | None:
    """The journal entry of the last briefing before the entry ``this`` that was sent to somebody, and its instant (ISO). One that was
    never sent told nothing."""
    entry, outbox = tables.entry.c, tables.outbox.c
    before = (outbox.institution == institution) & (outbox.serial < this)
    sent = before & (outbox.letter == Letter.BRIEFING.value) & (outbox.state == LetterState.SENT.value)
    letter = connection.execute(select(outbox.serial).where(sent).order_by(outbox.serial.desc()).limit(1)).scalar()
    if letter is None:
        return None
    its = (entry.institution == institution) & (entry.serial == entry_of(connection, institution, letter))
    found = connection.execute(select(entry.serial, entry.at).where(its)).one()
    return found.serial, found.at
