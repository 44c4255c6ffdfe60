"""The journal in pages, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from seatsync.ledger.queries.history import HistoryFilter, HistoryLine, history, serials_within

PAGE_SIZE = 50
"""Events per page."""

MAX_SEARCHED = 100_000
"""Events that one page searches, so that a rare event in a long journal takes several pages instead of one long wait."""


@dataclass(frozen=True)
class EntryView:
    """The events on this page that were recorded together."""

    at: str
    actor: str
    commit: str
    events: Sequence[HistoryLine]


@dataclass(frozen=True)
class JournalPage:
    """One page of the journal.

    ``older`` and ``newer`` are the serials where the next pages continue; 0 if there is none. ``searched_to`` is the lowest
    serial that was searched.
    """

    entries: Sequence[EntryView]
    older: int
    newer: int
    searched_to: int


def journal(
    connection: Connection, institution: str, wanted: HistoryFilter, last: int, before: int = 0, after: int = 0
) -> JournalPage:
    """Return the ``wanted`` events before or after a serial, in a journal whose last serial is ``last``."""
    first = 1
    if wanted.since or wanted.before:
        first, highest = serials_within(connection, institution, wanted.since, wanted.before)
        last = min(last, highest)
    searched = last if wanted.members is not None else MAX_SEARCHED  # the events of a member have an index
    if after:
        low, high = max(after + 1, first), min(after + searched, last)
    else:
        high = min(before or last + 1, last + 1) - 1
        low = max(high - searched + 1, first)
    lines = history(connection, institution, wanted, PAGE_SIZE + 1, between=(low, high), oldest_first=bool(after))
    is_cut, lines = len(lines) > PAGE_SIZE, lines[:PAGE_SIZE]
    if after:
        top = lines[-1].serial if is_cut else high
        lines.reverse()
        bottom = low
    else:
        top, bottom = high, lines[-1].serial if is_cut else low
    same = groupby(lines, lambda line: (line.at, line.actor, line.commit))
    entries = [EntryView(*head, events=list(events)) for head, events in same]
    return JournalPage(entries, bottom if bottom > first else 0, top if top < last else 0, bottom)
