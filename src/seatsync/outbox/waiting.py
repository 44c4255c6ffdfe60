"""The letters that are in the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from seatsync.ledger import tables


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
