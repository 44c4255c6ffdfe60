"""Figures of all institutions for monitoring: last applies, open letters, locks. They name institutions, and no person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from seatsync.domain.letters import LetterState
from seatsync.ledger import tables
from seatsync.ledger.queries.accounts.holdings import ACROSS
from seatsync.ledger.read import among

LONGEST = 30
"""Seconds that PostgreSQL spends on one of these statements at most."""


class OpenLetters(NamedTuple):
    """How many letters of an institution are in a ``state``; the ``oldest`` was created then (ISO).

    States: ``waiting``, ``sending`` (a sender has them in hand), ``held`` (until an administrator releases them), ``bounced``.
    """

    institution: str
    state: str
    number: int
    oldest: str


class Figures(NamedTuple):
    """``applied`` is when each institution's files were applied last (ISO; empty for never)."""

    applied: Mapping[str, str]
    letters: Sequence[OpenLetters]


def figures(connection: Connection, at: str) -> Figures:
    """The figures of all institutions that the role can see, at the instant ``at`` (ISO)."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{LONGEST}s'")
    return Figures(_applied(connection), [*_open_letters(connection, at), *_held_letters(connection)])


def revision(connection: Connection) -> str:
    """The tables' version, whichever it is."""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _applied(connection: Connection) -> dict[str, str]:
    institution = tables.institution.c
    rows = connection.execute(select(institution.institution, institution.applied_at), execution_options=ACROSS)
    return {row.institution: row.applied_at for row in rows}


def _open_letters(connection: Connection, at: str) -> list[OpenLetters]:
    outbox = tables.outbox.c
    in_hand = outbox.held_until > at
    number, oldest = func.count(), func.min(outbox.created_at)
    groups = (outbox.institution, outbox.state, in_hand)
    is_open = text("(outbox.state = 'pending' OR outbox.state = 'bounced')")  # exactly the index's condition
    rows = connection.execute(
        select(*groups, number, oldest).where(is_open).group_by(*groups), execution_options=ACROSS
    )
    return [OpenLetters(id, _state(state, bool(held)), number, oldest) for id, state, held, number, oldest in rows]


def _held_letters(connection: Connection) -> list[OpenLetters]:
    """The held letters. They are in no index, so only the letters of institutions that hold some are read."""
    institution, outbox = tables.institution.c, tables.outbox.c
    holding = select(institution.institution).where(institution.held_since != "")
    if not (ids := connection.execute(holding, execution_options=ACROSS).scalars().all()):
        return []
    held = select(outbox.institution, outbox.state, func.count(), func.min(outbox.created_at)).where(
        among(connection, outbox.institution, ids), outbox.state == LetterState.HELD.value
    )
    rows = connection.execute(held.group_by(outbox.institution, outbox.state), execution_options=ACROSS)
    return [OpenLetters(*row) for row in rows]


def _state(state: str, is_held: bool) -> str:
    if state != LetterState.PENDING:
        return state
    return "sending" if is_held else "waiting"
