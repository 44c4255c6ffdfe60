"""The journal, to be read by people."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, select

from seatsync.ledger import tables


class HistoryLine(NamedTuple):
    """One event, with the entry it belongs to: who, when, because of which commit."""

    serial: int
    at: str
    actor: str
    commit: str
    what: str
    library: str
    member: str
    detail: str


def newest(connection: Connection, institution: str, limit: int) -> list[HistoryLine]:
    """The last ``limit`` events, newest first."""
    event, entry, member = tables.event.c, tables.entry.c, tables.member.c
    joined = tables.event.join(
        tables.entry, and_(entry.institution == event.institution, entry.serial == event.entry)
    ).outerjoin(tables.member, and_(member.institution == event.institution, member.number == event.member))
    query = (
        select(
            event.serial,
            entry.at,
            entry.actor,
            entry.commit,
            event.action,
            event.library,
            member.email,
            event.person,
            event.detail,
        )
        .select_from(joined)
        .where(event.institution == institution)
        .order_by(event.serial.desc())
        .limit(limit)
    )
    return [
        HistoryLine(serial, at, actor, commit, action, library, email or _named(person), _told(detail, person))
        for serial, at, actor, commit, action, library, email, person, detail in connection.execute(query)
    ]


def _named(person: str | None) -> str:
    return str(json.loads(person).get("email", "")) if person else ""


def _told(detail: str, person: str | None) -> str:
    values: dict[str, Any] = {**json.loads(detail), **(json.loads(person) if person else {})}
    return ", ".join(f"{key} {value}" for key, value in values.items() if value not in ("", [], None) and key != "on")
