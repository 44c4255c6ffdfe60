"""The outbox for senders: take a batch of letters, note the result of each, release the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, select, text, update

from seatsync.domain.action import Letter
from seatsync.domain.letters import ASKING, WAITING, LetterState
from seatsync.domain.license import License, Status
from seatsync.ledger import tables
from seatsync.ledger.queries.accounts.holdings import ACROSS
from seatsync.ledger.queries.outgoing import OutgoingLetter, of_kinds, outgoing_letters
from seatsync.ledger.queries.waiting import SUPERSEDED, seats_of, settle
from seatsync.ledger.read import among

HELD = timedelta(minutes=20)
"""How long a sender has the letters of a batch to itself. After that, the letters of a killed sender are free again."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 38
"""Temporary failures after which a letter counts as bounced; with these pauses about five days."""


class Mark(NamedTuple):
    """The result of one attempt to send a letter: ``reply`` is the server's answer, ``due_at`` the earliest retry (ISO), ``to``
    the address."""

    serial: int
    state: LetterState
    at: str
    reply: str
    due_at: str = ""
    to: str = ""


def iso(moment: datetime) -> str:
    """Format an instant for the outbox (ISO, UTC), so that texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def next_attempt(attempts: int, now: datetime) -> str:
    """When to try again after so many attempts; empty after the last one."""
    if attempts >= MOST_ATTEMPTS:
        return ""
    return iso(now + min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE))


def take_due(
    connection: Connection, institution: str, now: datetime, limit: int, letters: Collection[str]
) -> tuple[list[OutgoingLetter], int]:
    """Take up to ``limit`` due letters of these kinds for sending. Return them, and how many were cancelled as pointless."""
    cancelled = 0
    while found := outgoing_letters(connection, institution, limit, iso(now), letters):
        seats = seats_of(connection, institution, ((one.library, one.member) for one in found if one.member))
        settled = settle(connection, institution, seats, iso(now))
        cancelled += len(settled.cancelled)
        found = [letter for letter in found if letter.serial not in settled.cancelled | settled.deferred]
        to_send = [letter for letter in found if letter.address]
        pointless = [letter.serial for letter in found if not letter.address]
        _set(connection, institution, pointless, {"state": LetterState.CANCELLED.value})
        cancelled += len(pointless)
        if to_send:
            _set(connection, institution, [letter.serial for letter in to_send], {"held_until": iso(now + HELD)})
            return to_send, cancelled
    return [], cancelled


def supersede_briefings(connection: Connection, institution: str, at: str) -> int:
    """Cancel the briefings that wait at the instant ``at`` (ISO), but not those that a sender has in hand; return how many."""
    outbox, cancelled = tables.outbox.c, 0
    for state in WAITING:
        waiting = (outbox.institution == institution) & text(
            f"outbox.state = '{state}'"
        )  # exactly the indexes' conditions
        these = waiting & (outbox.letter == Letter.BRIEFING.value) & (outbox.held_until <= at)
        values = {"state": LetterState.CANCELLED.value, "held_until": "", "reply": SUPERSEDED}
        cancelled += connection.execute(update(tables.outbox).where(these).values(values)).rowcount
    return cancelled


def release(connection: Connection, institution: str, serials: Sequence[int], held_until: str) -> None:
    """Release these letters, so that any sender can take them; not those that another sender has taken since ``held_until``."""
    _set(connection, institution, serials, {"held_until": ""}, tables.outbox.c.held_until == held_until)


def _set(
    connection: Connection,
    institution: str,
    serials: Sequence[int],
    values: Mapping[str, str],
    *conditions: ColumnElement[bool],
) -> None:
    outbox = tables.outbox.c
    waiting = (outbox.institution == institution) & (outbox.serial == bindparam("which")) & (outbox.state == "pending")
    if serials:
        these = update(tables.outbox).where(waiting, *conditions).values(values)
        connection.execute(these, [{"which": serial} for serial in serials])


def mark(connection: Connection, institution: str, marks: Iterable[Mark], held_until: str) -> None:
    """Note the results of attempts by a sender that had the letters until ``held_until``.

    A letter that was sent counts as sent whatever happened to it in the meantime. Other results count only if the letter still
    waits and no other sender has taken it.
    """
    outbox = tables.outbox.c
    for serial, state, at, reply, due_at, to in marks:
        which = (outbox.institution == institution) & (outbox.serial == serial)
        if state is not LetterState.SENT:
            which &= (outbox.state == LetterState.PENDING.value) & (outbox.held_until == held_until)
        result = {"attempts": outbox.attempts + 1, "due_at": due_at, "held_until": "", "reply": reply, "sent_to": to}
        sent_at = {"sent_at": at} if state is LetterState.SENT else {}
        connection.execute(update(tables.outbox).where(which).values(state=state.value, **result, **sent_at))


def institutions_with_due(
    connection: Connection, now: str, letters: Collection[str], institution: str | None = None
) -> list[str]:
    """The institutions that have letters of these kinds to be sent at ``now`` (ISO); of all, or ``institution`` if it has any."""
    outbox = tables.outbox.c
    due = select(outbox.institution).where(
        text("outbox.state = 'pending'"),  # exactly the indexes' condition
        outbox.due_at <= now,
        outbox.held_until <= now,
        of_kinds(letters),
    )
    if institution is not None:
        return list(connection.execute(due.where(outbox.institution == institution).limit(1)).scalars())
    every = due.distinct().order_by(outbox.institution)
    return list(connection.execute(every, execution_options=ACROSS).scalars())


def count(connection: Connection, institution: str | None, letters: Collection[str]) -> int:
    """The number of waiting letters of these kinds, of one institution or of all (None); without those that are held."""
    outbox = tables.outbox.c
    waiting = select(func.count()).where(text("outbox.state = 'pending'"), of_kinds(letters))
    if institution is not None:
        return connection.execute(waiting.where(outbox.institution == institution)).scalar_one()
    return connection.execute(waiting, execution_options=ACROSS).scalar_one()


def count_held(connection: Connection, institution: str | None) -> int:
    """The number of held letters, of one institution or of all (None). Only where letters are held, the outbox is read."""
    outbox, columns = tables.outbox.c, tables.institution.c
    holding = select(columns.institution).where(columns.held_since != "")
    if institution is not None:
        holding = holding.where(columns.institution == institution)
    ids = connection.execute(holding, execution_options=ACROSS).scalars().all()
    held = select(func.count()).where(outbox.state == LetterState.HELD.value)
    return sum(connection.execute(held.where(outbox.institution == id)).scalar_one() for id in ids)


def count_bounced(connection: Connection, institution: str) -> int:
    """The number of letters of an institution that bounced."""
    query = select(func.count()).where(tables.outbox.c.institution == institution, text("outbox.state = 'bounced'"))
    return connection.execute(query).scalar_one()


def bounced(connection: Connection, institution: str, members: Sequence[int] | None = None) -> set[tuple[str, int]]:
    """The licenses (library, member) whose latest invitation bounced, of ``members`` or of all."""
    outbox = tables.outbox.c
    if members is None:
        bounces = select(outbox.member).where(outbox.institution == institution, text("outbox.state = 'bounced'"))
        members = [*set(connection.execute(bounces).scalars())]
    letters = select(outbox.library, outbox.member, outbox.state).where(
        outbox.institution == institution,
        among(connection, outbox.member, members),
        outbox.letter.in_(sorted(ASKING)),
        outbox.state != LetterState.CANCELLED.value,
    )
    asked = connection.execute(letters.order_by(outbox.serial))
    latest = {(library, member): state for library, member, state in asked}
    return {license for license, state in latest.items() if state == LetterState.BOUNCED.value}


def mail_of(license: License, has_bounced: bool) -> str:
    """The value of a list's column "mail": ``bounced`` while the license is unclaimed and its invitation has bounced."""
    return "bounced" if has_bounced and license.status is Status.UNCLAIMED else ""


class OutboxLetter(NamedTuple):
    """A letter in the outbox; ``serial`` is the serial of the event that caused it."""

    serial: int
    letter: str
    to: str
    library: str
    created_at: str
    state: str
    attempts: int
    due_at: str
    sent_at: str
    reply: str


def _address() -> ColumnElement[str]:
    """The address that a letter was sent to last; the member's current one if it waits or was never tried."""
    outbox = tables.outbox.c
    now = func.coalesce(tables.member.c.email, outbox.address)
    is_done = (outbox.sent_to != "") & (outbox.state != LetterState.PENDING.value)
    return case((is_done, outbox.sent_to), else_=now)


def outbox_letters(
    connection: Connection, institution: str, state: str = "", to_member: int | None = None, library: str = ""
) -> Iterator[OutboxLetter]:
    """The letters (in ``state``, of a member or of a library, if given), oldest first, each with the address it was sent to, or will be."""
    outbox, member = tables.outbox.c, tables.member.c
    query = (
        select(
            outbox.serial,
            outbox.letter,
            _address(),
            outbox.library,
            outbox.created_at,
            outbox.state,
            outbox.attempts,
            outbox.due_at,
            outbox.sent_at,
            outbox.reply,
        )
        .select_from(
            tables.outbox.outerjoin(
                tables.member, and_(member.institution == outbox.institution, member.number == outbox.member)
            )
        )
        .where(outbox.institution == institution)
        .order_by(outbox.serial)
    )
    if state:
        query = query.where(outbox.state == state)
    if to_member is not None:
        query = query.where(outbox.member == to_member)
    if library:
        query = query.where(outbox.library == library)
    return (OutboxLetter._make(row) for row in connection.execute(query))
