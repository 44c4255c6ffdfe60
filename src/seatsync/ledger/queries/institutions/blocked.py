"""Since when the nightly run is blocked, and by which rules: until files are applied, by an entry of the journal, or with nothing to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from seatsync.domain.fields import is_number, is_text
from seatsync.ledger.queries.institutions.beside import is_over, keep_beside, serial_of, text_beside

_COLUMN = "blocked"
_ENDS_IT = ("apply", "files")
"""Kinds of journal entries that say that files were applied."""


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
    text = text_beside(connection, institution, _COLUMN)
    found = _parsed(text) if text else None
    is_ended = found is not None and is_over(connection, institution, found.serial, _ENDS_IT)
    return None if is_ended else found


def note_block(connection: Connection, institution: str, today: str, rules: Iterable[tuple[str, str]]) -> None:
    """Note that the nightly run of ``today`` (ISO) was blocked. Call this as the institution's writer."""
    known, serial = block(connection, institution), serial_of(connection, institution)
    if serial is not None:
        now = Block(known.since if known is not None else today, serial, sorted({*rules}))
        keep_beside(connection, institution, _COLUMN, json.dumps(now._asdict(), separators=(",", ":")))


def end_block(connection: Connection, institution: str) -> None:
    """Note that nothing is blocked any more. Call this as the institution's writer."""
    keep_beside(connection, institution, _COLUMN, "")


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
