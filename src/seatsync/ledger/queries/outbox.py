"""What senders do with the outbox: hold a batch of letters, note what became of each, let go of the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, func, select, text, update

from seatsync.domain.letters import ASKING
from seatsync.domain.license import License, Status
from seatsync.ledger import tables
from seatsync.ledger.queries.owed import Owed, owed
from seatsync.ledger.read import ASKED

HELD = timedelta(minutes=20)
"""How long a sender has the letters of a batch for itself. What one that was killed had comes free after that."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 38
"""Temporary failures after which a letter counts as bounced: with these pauses, some five days."""


class LetterState(StrEnum):
    """What can be the matter with a letter."""

    PENDING = "pending"
    SENT = "sent"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


class Mark(NamedTuple):
    """What became of one attempt to send a letter; ``reply`` is the server's last word, ``due_at`` not before when to
    try again (ISO)."""

    serial: int
    state: LetterState
    at: str
    reply: str
    due_at: str = ""


def iso(moment: datetime) -> str:
    """An instant, as the outbox has it: text that sorts."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def next_attempt(attempts: int, now: datetime) -> str:
    """When to try again after so many attempts; empty where that is enough."""
    if attempts >= MOST_ATTEMPTS:
        return ""
    return iso(now + min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE))


def claim(
    connection: Connection, institution: str, now: datetime, limit: int, letters: Collection[str]
) -> tuple[list[Owed], int]:
    """Hold up to ``limit`` letters of these kinds that are due; what has lost its object is cancelled, and counted."""
    cancelled = 0
    while found := owed(connection, institution, limit, iso(now), letters):
        live = [letter for letter in found if letter.address]
        lost = [letter.serial for letter in found if not letter.address]
        _set(connection, institution, lost, state=LetterState.CANCELLED.value)
        cancelled += len(lost)
        if live:
            _set(connection, institution, [letter.serial for letter in live], held_until=iso(now + HELD))
            return live, cancelled
    return [], cancelled


def let_go(connection: Connection, institution: str, serials: Sequence[int]) -> None:
    """Hold these letters no longer."""
    _set(connection, institution, serials, held_until="")


def _set(connection: Connection, institution: str, serials: Sequence[int], **values: str) -> None:
    outbox = tables.outbox.c
    waiting = (outbox.institution == institution) & (outbox.serial == bindparam("which")) & (outbox.state == "pending")
    if serials:
        connection.execute(
            update(tables.outbox).where(waiting).values(values), [{"which": serial} for serial in serials]
        )


def mark(connection: Connection, institution: str, marks: Iterable[Mark]) -> None:
    """Note what became of letters. What was sent was sent, even if it was cancelled meanwhile; else what is cancelled
    stays so."""
    outbox = tables.outbox.c
    for serial, state, at, reply, due_at in marks:
        which = (outbox.institution == institution) & (outbox.serial == serial)
        if state is not LetterState.SENT:
            which &= outbox.state == LetterState.PENDING.value
        said = {"attempts": outbox.attempts + 1, "due_at": due_at, "held_until": "", "reply": reply}
        sent_at = {"sent_at": at} if state is LetterState.SENT else {}
        connection.execute(update(tables.outbox).where(which).values(state=state.value, **said, **sent_at))


def retry(connection: Connection, institution: str, state: LetterState, members: Collection[int] | None = None) -> int:
    """Have letters in this state sent at once, as if nobody had tried, those to ``members`` or all; returns how many."""
    outbox = tables.outbox.c
    which = (outbox.institution == institution) & (outbox.state == state.value)
    if members is not None:
        which &= outbox.member.in_(sorted(members))
    again = {**tables.UNTRIED, "state": LetterState.PENDING.value}
    return connection.execute(update(tables.outbox).where(which).values(again)).rowcount


def next_due(connection: Connection, institution: str, letters: Collection[str]) -> str | None:
    """When the next waiting letter of these kinds may be tried (ISO; empty: at once); None where none waits."""
    outbox = tables.outbox.c
    when = case((outbox.due_at > outbox.held_until, outbox.due_at), else_=outbox.held_until)
    waiting = select(func.min(when)).where(outbox.institution == institution, text("outbox.state = 'pending'"))
    return connection.execute(waiting.where(outbox.letter.in_(sorted(letters)))).scalar()


def count(connection: Connection, institution: str, letters: Collection[str]) -> int:
    """How many letters of these kinds wait."""
    outbox = tables.outbox.c
    waiting = select(func.count()).where(outbox.institution == institution, text("outbox.state = 'pending'"))
    return connection.execute(waiting.where(outbox.letter.in_(sorted(letters)))).scalar_one()


def bounced(connection: Connection, institution: str, members: Sequence[int] | None = None) -> set[tuple[str, int]]:
    """The licenses, by library and member, whose latest invitation bounced; those of ``members``, or all."""
    outbox = tables.outbox.c
    if members is None:
        back = select(outbox.member).where(outbox.institution == institution, text("outbox.state = 'bounced'"))
        members = sorted(set(connection.execute(back).scalars()))
    latest: dict[tuple[str, int], str] = {}
    for start in range(0, len(members), ASKED):
        letters = select(outbox.library, outbox.member, outbox.state).where(
            outbox.institution == institution,
            outbox.member.in_(members[start : start + ASKED]),
            outbox.letter.in_(sorted(ASKING)),
        )
        for library, member, state in connection.execute(letters.order_by(outbox.serial)):
            latest[library, member] = state
    return {which for which, state in latest.items() if state == LetterState.BOUNCED.value}


def mail_of(license: License, has_bounced: bool) -> str:
    """What a list says under "mail": that the invitation bounced, as long as the license waits to be claimed."""
    return "bounced" if has_bounced and license.status is Status.UNCLAIMED else ""


class Waiting(NamedTuple):
    """A letter; ``serial`` is that of the event that caused it."""

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


def waiting(connection: Connection, institution: str, state: str = "") -> Iterator[Waiting]:
    """The letters, oldest first, each to the address that its member has now."""
    outbox, member = tables.outbox.c, tables.member.c
    query = (
        select(
            outbox.serial,
            outbox.letter,
            func.coalesce(member.email, outbox.address),
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
    return (Waiting._make(row) for row in connection.execute(query))
