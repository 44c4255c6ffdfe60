"""Where a license comes from: the file and line that asked for it, as the journal has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from seatsync.domain.action import EVENTS
from seatsync.ledger import tables

_ASKING = [word for word, what in EVENTS.items() if what.facts.license is not None and what.facts.license.gives]


class Asked(NamedTuple):
    """What asked for a license last: ``file`` and ``line`` (empty and 0 where no file did), in which ``commit`` (empty where
    none is known), and the journal's serial, instant and actor."""

    file: str
    line: int
    commit: str
    serial: int
    at: str
    actor: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.file else ""


def asked_for(connection: Connection, institution: str, members: Sequence[int]) -> dict[tuple[str, int], Asked]:
    """What asked for the licenses of these members, by library and member."""
    event, entry = tables.event.c, tables.entry.c
    query = (
        select(event.library, event.member, event.detail, event.serial, entry.commit, entry.at, entry.actor)
        .join(tables.entry, (entry.institution == event.institution) & (entry.serial == event.entry))
        .where(event.institution == institution, event.member.in_(members), event.action.in_(_ASKING))
        .order_by(event.serial)
    )
    found = {}
    for library, member, detail, serial, commit, at, actor in connection.execute(query):
        file, _, line = str(json.loads(detail).get("from", "")).rpartition(":")
        found[library, member] = Asked(file, int(line) if file else 0, commit, serial, at, actor)
    return found
