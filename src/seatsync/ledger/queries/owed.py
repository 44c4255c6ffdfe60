"""The letters that wait to be sent, each with all that it speaks of."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, or_, select, text

from seatsync.domain.action import Action, Letter
from seatsync.domain.letters import ASKING
from seatsync.domain.license import Status
from seatsync.domain.person import ERASED
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_key
from seatsync.ledger import tables

Values = dict[str, Any]
"""What a letter speaks of, by the names that its template has for it (``rendering.VARIABLES``)."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A letter to be sent. ``serial`` and ``hash`` (hex) are those of the event that caused it.

    ``address`` is empty where it has lost its object: who was invited has claimed, declined or lost the license, or was
    erased; who was welcomed is no administrator any more.
    """

    serial: int
    hash: str
    letter: str
    library: str
    member: int
    attempts: int
    address: str
    values: Values


def owed(
    connection: Connection,
    institution: str,
    limit: int | None,
    now: str = "",
    letters: Collection[str] = tuple(Letter),
    member: int | None = None,
) -> list[Owed]:
    """Waiting letters of these kinds, oldest first: those that are due at ``now`` (ISO) and that no sender has; all
    without it. ``member`` narrows it to those to one member."""
    outbox, event = tables.outbox.c, tables.event.c
    cause = and_(event.institution == outbox.institution, event.serial == outbox.serial)
    waiting = (
        select(tables.outbox, event.hash)
        .select_from(tables.outbox.join(tables.event, cause))
        .where(outbox.institution == institution, text("outbox.state = 'pending'"))  # as the index says it
        .where(or_(*(outbox.letter == letter for letter in letters)))
        .order_by(outbox.serial)
        .limit(limit)
    )
    if now:
        waiting = waiting.where(outbox.due_at <= now, outbox.held_until <= now)
    if member is not None:
        waiting = waiting.where(outbox.member == member)
    rows = connection.execute(waiting).all()
    return _Present(connection, institution, rows).told() if rows else []


class _Present:
    """What the tables of the present say of those to whom some letters go."""

    def __init__(self, connection: Connection, institution: str, rows: Iterable[Row[Any]]) -> None:
        self.connection = connection
        self.institution = institution
        self.rows = list(rows)
        self.numbers = sorted({row.member for row in self.rows})
        columns = tables.institution.c
        self.of = connection.execute(select(tables.institution).where(columns.institution == institution)).one()
        self.contacts = [_plain(contact) for contact in json.loads(self.of.contacts)]
        self.titles = {row.id: row.title for row in self._all(tables.library)}
        self.admins = {row.key: row for row in self._all(tables.admin)}
        self.members = {row.number: row for row in self._some(tables.member, "number")}
        self.licenses = {(row.library, row.member): row for row in self._some(tables.license, "member")}
        self.ends = self._ends()

    def told(self) -> list[Owed]:
        return [self._told(row) for row in self.rows]

    def _told(self, row: Row[Any]) -> Owed:
        person = self.members.get(row.member) if row.member else self.admins.get(email_key(row.address))
        license = self.licenses.get((row.library, row.member))
        is_open = license is not None and license.status == Status.UNCLAIMED.value
        address = person.email if person is not None and (is_open or row.letter not in ASKING) else ""
        values = _plain(
            {
                "institution": self.of.name,
                "library": self.titles.get(row.library, row.library),
                "given_name": person.given_name if person is not None else "",
                "family_name": person.family_name if person is not None else "",
                "email": address,
                "kind": license.kind if license is not None else "",
                "until": self.ends.get((row.library, row.member), ""),
            }
        )
        values |= {"contacts": self.contacts, "may_decline": bool(self.of.opt_out) and row.letter in ASKING}
        address = address if address != ERASED else ""
        hash = bytes(row.hash).hex()
        return Owed(row.serial, hash, row.letter, row.library, row.member, row.attempts, address, values)

    def _ends(self) -> dict[tuple[str, int], str]:
        """The last day of a license, in words, as its last grant has it."""
        event = tables.event.c
        grants = select(event.library, event.member, event.detail).where(
            event.institution == self.institution, event.member.in_(self.numbers), event.action == Action.GRANT.value
        )
        last = {(row.library, row.member): row.detail for row in self.connection.execute(grants.order_by(event.serial))}
        days = {which: json.loads(detail).get("until") for which, detail in last.items()}
        return {which: spelled(day) for which, day in days.items() if day}

    def _all(self, table: Any) -> Iterable[Row[Any]]:
        return self.connection.execute(select(table).where(table.c.institution == self.institution))

    def _some(self, table: Any, number: str) -> Iterable[Row[Any]]:
        query: Select[Any] = select(table).where(
            table.c.institution == self.institution, table.c[number].in_(self.numbers)
        )
        return self.connection.execute(query)


def spelled(day: str) -> str:
    """``2027-06-30`` as 30 June 2027."""
    found = date.fromisoformat(day)
    return f"{found.day} {found:%B} {found.year}"


def _plain(values: Mapping[str, Any]) -> Values:
    """Texts on one line and without controls, whatever somebody has put into the ledger by hand."""
    return {name: printable(" ".join(str(value).split()), 500) for name, value in values.items()}
