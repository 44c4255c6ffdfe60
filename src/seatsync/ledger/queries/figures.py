"""Figures of all institutions for monitoring: last applies, open letters, locks. They name institutions, and no person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from seatsync.domain.letters import LetterState
from seatsync.domain.portal.progress import OPEN
from seatsync.ledger import tables
from seatsync.ledger.queries.accounts.holdings import ACROSS

LONGEST = 30
"""Seconds that PostgreSQL spends on one of these statements at most."""

_INDEXED = ("(outbox.state = 'pending' OR outbox.state = 'bounced')", "outbox.state = 'held'")
"""Exactly the conditions of two indexes of the outbox."""


class OpenLetters(NamedTuple):
    """How many letters of an institution are in a ``state``; the ``oldest`` was created then (ISO).

    States: ``waiting``, ``sending`` (a sender has them in hand), ``held`` (until an administrator releases them), ``bounced``.
    """

    institution: str
    state: str
    number: int
    oldest: str


class Figures(NamedTuple):
    """``applied`` is when each institution's files were applied last (ISO; empty for never). ``to_do`` counts the licenses with
    something to be done at a vendor, of each institution that has any."""

    applied: Mapping[str, str]
    letters: Sequence[OpenLetters]
    to_do: Mapping[str, int]


def figures(connection: Connection, at: str) -> Figures:
    """The figures of all institutions that the role can see, at the instant ``at`` (ISO)."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{LONGEST}s'")
    return Figures(_applied(connection), _open_letters(connection, at), _to_do(connection))


def revision(connection: Connection) -> str:
    """The tables' version, whichever it is."""
    return str(connection.execute(tables.REVISION).scalar() or "")


def _applied(connection: Connection) -> dict[str, str]:
    institution = tables.institution.c
    rows = connection.execute(select(institution.institution, institution.applied_at), execution_options=ACROSS)
    return {row.institution: row.applied_at for row in rows}


def _open_letters(connection: Connection, at: str) -> list[OpenLetters]:
    outbox = tables.outbox.c
    groups = (outbox.institution, outbox.state, outbox.held_until > at)
    query = select(*groups, func.count(), func.min(outbox.created_at)).group_by(*groups)
    return [
        OpenLetters(id, _state(state, bool(in_hand)), number, oldest)
        for indexed in _INDEXED
        for id, state, in_hand, number, oldest in connection.execute(
            query.where(text(indexed)), execution_options=ACROSS
        )
    ]


def _to_do(connection: Connection) -> dict[str, int]:
    license = tables.license.c
    # The first condition is exactly the index's.
    query = select(license.institution, func.count().label("number")).where(
        text("license.there != ''"), license.there.in_(OPEN)
    )
    rows = connection.execute(query.group_by(license.institution), execution_options=ACROSS)
    return {row.institution: row.number for row in rows}


def _state(state: str, is_in_hand: bool) -> str:
    if state != LetterState.PENDING:
        return state
    return "sending" if is_in_hand else "waiting"
