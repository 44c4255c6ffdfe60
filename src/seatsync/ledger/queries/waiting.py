"""Let only those letters wait that must still be sent (``domain.waiting``), in the transaction of whoever changes something."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from seatsync.domain.action import Action, Letter
from seatsync.domain.letters import WAITING, LetterState
from seatsync.domain.license import Status
from seatsync.domain.portal.at_vendor import TO_DO
from seatsync.domain.text.days import day_in, start_of
from seatsync.domain.waiting import Fate, Seat, SeatLetter, fates
from seatsync.ledger import tables
from seatsync.ledger.queries.lookup import timezone as timezone_of
from seatsync.ledger.read import among, streamed

SUPERSEDED = "superseded"
"""The reply of a letter that was cancelled because it was no longer true, or because a later one says it."""

SeatKey = tuple[str, int]
"""A library and a member's number."""


class _Found(NamedTuple):
    """A letter about a seat, and the earliest time at which it may be sent (ISO; empty for at once)."""

    letter: SeatLetter
    due_at: str


class Settled(NamedTuple):
    """The serials of the letters that were cancelled, and of those that must not be sent yet."""

    cancelled: set[int]
    deferred: set[int]


def settle(connection: Connection, institution: str, seats: Mapping[SeatKey, Seat], at: str) -> Settled:
    """Cancel the letters about these seats that are superseded at the instant ``at`` (ISO), and let the right ones wait.

    Letters that a sender has in hand stay as they are.
    """
    changed = list(_changed(connection, institution, seats, at))
    outbox = tables.outbox.c
    this = (outbox.institution == institution) & (outbox.serial == bindparam("which"))
    states: dict[LetterState, Callable[[], dict[str, object]]] = {
        LetterState.CANCELLED: lambda: {"state": LetterState.CANCELLED.value, "held_until": "", "reply": SUPERSEDED},
        LetterState.PENDING: lambda: {**tables.UNTRIED, "state": _state_of_waiting(connection, institution)},
    }
    for state, values in states.items():
        if which := [{"which": fate.serial} for fate, due_at in changed if fate.state is state and not due_at]:
            connection.execute(update(tables.outbox).where(this).values(values()), which)
    if later := [{"which": fate.serial, "due": due_at} for fate, due_at in changed if due_at]:
        connection.execute(update(tables.outbox).where(this).values(due_at=bindparam("due")), later)
    cancelled = {fate.serial for fate, _ in changed if fate.state is LetterState.CANCELLED}
    return Settled(cancelled, {fate.serial for fate, due_at in changed if due_at})


def _state_of_waiting(connection: Connection, institution: str) -> str:
    """The state of a letter that waits again: held as long as letters are held."""
    return (LetterState.HELD if held_since(connection, institution) else LetterState.PENDING).value


def held_since(connection: Connection, institution: str) -> str:
    """The moment (ISO) to which the ledger was restored, as long as its letters are held; else empty."""
    columns = tables.institution.c
    return connection.execute(select(columns.held_since).where(columns.institution == institution)).scalar() or ""


def _changed(
    connection: Connection, institution: str, seats: Mapping[SeatKey, Seat], at: str
) -> Iterator[tuple[Fate, str]]:
    """Yield what changes, with the earliest time for a letter that must wait until a day (ISO; else empty)."""
    now = datetime.fromisoformat(at)
    for key, found in letters_of_seats(connection, institution, seats, at):
        seat, due = seats[key], {one.letter.serial: one.due_at for one in found}
        for fate in fates((one.letter for one in found), seat, day_in(now, seat.timezone)):
            due_at = start_of(fate.not_before.isoformat(), seat.timezone) if fate.not_before is not None else ""
            if not due_at or due_at > due[fate.serial]:
                yield fate, due_at


def letters_of_seats(
    connection: Connection, institution: str, seats: Collection[SeatKey], at: str
) -> Iterator[tuple[SeatKey, list[_Found]]]:
    """Yield each seat that has letters, with all of them, oldest first, as they are at the instant ``at`` (ISO)."""
    outbox, event = tables.outbox.c, tables.event.c
    again = and_(
        event.institution == outbox.institution,
        event.serial == outbox.serial,
        outbox.letter == Letter.SET_PASSWORD.value,
        event.action == Action.RESEND.value,
        event.detail.contains('"reminders"'),
        ~event.detail.contains('"new_address"'),
    )
    query = select(
        outbox.library,
        outbox.member,
        outbox.serial,
        outbox.letter,
        outbox.state,
        or_(outbox.letter == Letter.REMINDER.value, event.serial.is_not(None)),
        and_(outbox.state == LetterState.PENDING.value, outbox.held_until > at),
        and_(outbox.state == LetterState.CANCELLED.value, outbox.reply == SUPERSEDED),
        outbox.created_at,
        outbox.sent_at,
        outbox.due_at,
    ).select_from(tables.outbox.outerjoin(tables.event, again))
    numbers = {number for _, number in seats}
    ours = query.where(outbox.institution == institution, among(connection, outbox.member, numbers))
    rows = chain.from_iterable(
        streamed(connection, ours.order_by(outbox.member, outbox.library, outbox.serial), numbers)
    )
    for key, letters in groupby(rows, itemgetter(0, 1)):
        if key in seats:
            yield key, [_Found(SeatLetter(*letter), due_at) for _, _, *letter, due_at in letters]


def silence(connection: Connection, institution: str, library: str, serial: int, at: str) -> None:
    """Cancel the letters about a library from before event ``serial``, except those that a sender has in hand at ``at`` (ISO)."""
    outbox = tables.outbox.c
    ours = (outbox.institution == institution) & (outbox.library == library) & (outbox.serial < serial)
    ours &= outbox.held_until <= at
    waiting = outbox.state.in_((*WAITING, LetterState.BOUNCED.value))
    cancelled = {"state": LetterState.CANCELLED.value, "reply": SUPERSEDED}
    connection.execute(update(tables.outbox).where(ours, waiting).values(cancelled))


def seats_of(connection: Connection, institution: str, keys: Iterable[SeatKey]) -> dict[SeatKey, Seat]:
    """The present state of these seats."""
    wanted, license, library = set(keys), tables.license.c, tables.library.c
    quiet = select(library.id).where(library.institution == institution, ~library.sends_letters)
    silent, timezone = set(connection.execute(quiet).scalars()), timezone_of(connection, institution)
    numbers = {number for _, number in wanted}
    shown = (license.status, license.invited_on, license.until, license.there)
    licenses = select(license.library, license.member, *shown).where(
        license.institution == institution,
        among(connection, license.member, numbers),
        license.library.in_({key[0] for key in wanted}),
    )
    known = {(row.library, row.member): row[2:] for row in connection.execute(licenses)}
    absent = (Status.NONE.value, "", "", "")
    return {
        key: Seat(status, invited_on, key[0] not in silent, timezone, until, there in TO_DO)
        for key in wanted
        for status, invited_on, until, there in [known.get(key, absent)]
    }
