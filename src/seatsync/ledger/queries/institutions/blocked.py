"""Since when the nightly run is blocked, and by which rules, for those who know no files: briefings and pages.

It is in no journal, because nothing was done. It holds until files are applied: by an entry of the journal, or an apply with nothing to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from seatsync.domain.fields import is_number, is_text
from seatsync.ledger import tables


class Block(NamedTuple):
    """The first day (ISO) on which the nightly run was blocked, at the journal entry ``serial``, and the ``rules`` that were broken last:
    codes, each with the library's id (empty for none)."""

    since: str
    serial: int
    rules: Sequence[tuple[str, str]]

    def in_words(self, titles: Mapping[str, str]) -> str:
        """The rules, with the libraries by their ``titles``: ``Biblical Studies: slots-exceeded, empty-roster``."""
        return ", ".join(f"{titles.get(id, id)}: {code}" if id else code for code, id in self.rules)


def block(connection: Connection, institution: str) -> Block | None:
    """Since when, and why; None if nothing is blocked."""
    columns, entry = tables.institution.c, tables.entry.c
    text = connection.execute(select(columns.blocked).where(columns.institution == institution)).scalar()
    found = _parsed(text) if text else None
    if found is None:
        return None
    later = (entry.institution == institution) & (entry.serial > found.serial) & entry.kind.in_(("apply", "files"))
    return found if connection.execute(select(entry.serial).where(later).limit(1)).first() is None else None


def note_block(connection: Connection, institution: str, today: str, rules: Iterable[tuple[str, str]]) -> None:
    """Note that the nightly run of ``today`` (ISO) was blocked. Call this as the institution's writer."""
    columns, known = tables.institution.c, block(connection, institution)
    serial = connection.execute(select(columns.serial).where(columns.institution == institution)).scalar()
    if serial is not None:
        now = Block(known.since if known is not None else today, serial, sorted({*rules}))
        _write(connection, institution, json.dumps(now._asdict(), separators=(",", ":")))


def end_block(connection: Connection, institution: str) -> None:
    """Note that nothing is blocked any more. Call this as the institution's writer."""
    _write(connection, institution, "")


def _write(connection: Connection, institution: str, text: str) -> None:
    mine = tables.institution.c.institution == institution
    connection.execute(update(tables.institution).where(mine).values(blocked=text))


def _parsed(text: str) -> Block | None:
    """What ``note_block`` has written; None if somebody else has."""
    try:
        given = json.loads(text)
        rules = [(code, library) for code, library in given["rules"]]
        if not is_number(given["serial"]) or not all(is_text(code) and is_text(library) for code, library in rules):
            return None
        return Block(date.fromisoformat(given["since"]).isoformat(), given["serial"], rules)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
