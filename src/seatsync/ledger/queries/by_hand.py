"""What administrators do to letters by hand: send them again, cancel them, hold them, release them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select, text, update

from seatsync.domain.letters import LetterState
from seatsync.ledger import tables
from seatsync.ledger.queries.accounts.holdings import ACROSS
from seatsync.ledger.queries.waiting import held_since, seats_of, settle
from seatsync.ledger.read import among


def retry(connection: Connection, institution: str, state: LetterState, members: Collection[int] | None = None) -> int:
    """Make letters in this state pending and due at once, those to ``members`` or all. Return how many."""
    outbox = tables.outbox.c
    which = (outbox.institution == institution) & (outbox.state == state.value)
    if members is not None:
        which &= among(connection, outbox.member, members)
    untried = {**tables.UNTRIED, "state": LetterState.PENDING.value}
    return connection.execute(update(tables.outbox).where(which).values(untried)).rowcount


@dataclass(frozen=True)
class Chosen:
    """Selects letters; all given conditions must hold."""

    serials: Collection[int] = ()
    letter: str | None = None
    library: str | None = None
    members: Collection[int] | None = None


def cancellable(connection: Connection, institution: str, chosen: Chosen, at: str) -> list[int]:
    """The serials of the chosen letters that wait, are held or have bounced, and that no sender has in hand at ``at`` (ISO)."""
    outbox = tables.outbox.c
    is_open = and_(text("(outbox.state = 'pending' OR outbox.state = 'bounced')"))  # exactly the index's condition
    if held_since(connection, institution):
        is_open = or_(is_open, outbox.state == LetterState.HELD.value)
    return _serials(connection, institution, chosen, is_open, outbox.held_until <= at)


def held_letters(connection: Connection, institution: str, chosen: Chosen) -> list[int]:
    """The serials of the chosen letters that are held."""
    return _serials(connection, institution, chosen, tables.outbox.c.state == LetterState.HELD.value)


def _serials(connection: Connection, institution: str, chosen: Chosen, *conditions: ColumnElement[bool]) -> list[int]:
    outbox = tables.outbox.c
    query = select(outbox.serial).where(outbox.institution == institution, *conditions)
    if chosen.serials:
        query = query.where(among(connection, outbox.serial, chosen.serials))
    if chosen.letter is not None:
        query = query.where(outbox.letter == chosen.letter)
    if chosen.library is not None:
        query = query.where(outbox.library == chosen.library)
    if chosen.members is not None:
        query = query.where(among(connection, outbox.member, chosen.members))
    return list(connection.execute(query.order_by(outbox.serial)).scalars())


def cancel(connection: Connection, institution: str, serials: Sequence[int], actor: str, at: str) -> None:
    """Cancel these letters, and what is then no longer to be told (``domain.waiting``). ``outbox list`` says who did."""
    outbox = tables.outbox.c
    cancelled = {"state": LetterState.CANCELLED.value, "reply": f"cancelled by {actor}"}
    these = (outbox.institution == institution) & among(connection, outbox.serial, serials)
    connection.execute(update(tables.outbox).where(these).values(cancelled))
    keys = connection.execute(select(outbox.library, outbox.member).where(these, outbox.member != 0))
    seats = seats_of(connection, institution, [(row.library, row.member) for row in keys])
    settle(connection, institution, seats, at)


def hold(connection: Connection, institution: str, at: str) -> list[int]:
    """Hold the letters that are due by ``at`` (ISO); return their serials. A letter that is due later was not sent before."""
    outbox = tables.outbox.c
    waits = (outbox.institution == institution) & text("outbox.state = 'pending'")
    due = select(outbox.serial).where(waits, outbox.due_at <= at).order_by(outbox.serial)
    serials = list(connection.execute(due).scalars())
    _set_state(connection, institution, serials, LetterState.HELD)
    return serials


def release(connection: Connection, institution: str, serials: Sequence[int]) -> None:
    """Let these held letters wait to be sent."""
    _set_state(connection, institution, serials, LetterState.PENDING)


def _set_state(connection: Connection, institution: str, serials: Sequence[int], state: LetterState) -> None:
    outbox = tables.outbox.c
    these = (outbox.institution == institution) & among(connection, outbox.serial, serials)
    connection.execute(update(tables.outbox).where(these).values(state=state.value, held_until=""))


def institutions(connection: Connection) -> list[str]:
    """The ids of all institutions that this role may see."""
    ids = select(tables.institution.c.institution).order_by(tables.institution.c.institution)
    return list(connection.execute(ids, execution_options=ACROSS).scalars())
