"""Where a license comes from: the file and line that asked for it, as the journal has them, and a link to look at them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from string import Formatter
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from sqlalchemy import Connection, select

from seatsync.domain.action import IMPORT, Action
from seatsync.ledger import tables

_PLACES = {"commit", "institution", "file", "line"}
_ASKING = (Action.GRANT.value, Action.UPGRADE.value, IMPORT)


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


def source_url_fault(template: str) -> str:
    """What is wrong with SEATSYNC_SOURCE_URL; empty for nothing."""
    try:
        parsed = [(name, as_it_is) for _, name, *as_it_is in Formatter().parse(template) if name is not None]
        parts = urlsplit(re.sub(r"[{}]", "", template))
    except ValueError as error:
        return str(error)
    named = {name for name, _ in parsed}
    if any(as_it_is != ["", None] for _, as_it_is in parsed):
        return "its places are to be names in braces, with nothing else between them"
    if strange := sorted(named - _PLACES):
        return f"{{{strange[0]}}} is none of {', '.join(f'{{{place}}}' for place in sorted(_PLACES))}"
    if parts.scheme not in ("https", "http") or not parts.hostname or not template.isprintable():
        return "it is no address of the web"
    return ""


def source_link(template: str, institution: str, asked: Asked) -> str:
    """The address where the line can be looked at; empty where there is none, or it would need a commit that is not known."""
    if not template or not asked.file or ("{commit}" in template and not asked.commit):
        return ""
    places = {"commit": asked.commit, "institution": institution, "file": asked.file, "line": str(asked.line)}
    return template.format(**{name: quote(value, safe="/") for name, value in places.items()})
