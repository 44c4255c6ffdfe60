"""The origin of a license: the file and line that requested it, from the journal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from seatsync.domain.action import EVENTS
from seatsync.ledger import tables

_GIVING = [word for word, what in EVENTS.items() if what.facts.license is not None and what.facts.license.gives]


class LicenseOrigin(NamedTuple):
    """The last request for a license: its ``file``, ``line`` and ``commit``, and the journal's serial, instant and actor.

    ``file`` is empty and ``line`` 0 where no file requested it; ``commit`` is empty where it is unknown.
    """

    file: str
    line: int
    commit: str
    serial: int
    at: str
    actor: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.file else ""


def license_origins(
    connection: Connection, institution: str, members: Sequence[int]
) -> dict[tuple[str, int], LicenseOrigin]:
    """The origins of these members' licenses, by library and member."""
    event, entry = tables.event.c, tables.entry.c
    query = (
        select(event.library, event.member, event.detail, event.serial, entry.commit, entry.at, entry.actor)
        .join(tables.entry, (entry.institution == event.institution) & (entry.serial == event.entry))
        .where(event.institution == institution, event.member.in_(members), event.action.in_(_GIVING))
        .order_by(event.serial)
    )
    found = {}
    for library, member, detail, serial, commit, at, actor in connection.execute(query):
        file, _, line = str(json.loads(detail).get("from", "")).rpartition(":")
        found[library, member] = LicenseOrigin(file, int(line) if file else 0, commit, serial, at, actor)
    return found
