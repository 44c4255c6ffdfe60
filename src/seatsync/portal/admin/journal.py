"""The journal, a page at a time, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from seatsync.domain.text.characters import clean
from seatsync.domain.text.emails import email_key
from seatsync.ledger.queries.history import HistoryLine, Wanted, history
from seatsync.ledger.queries.lookup import numbers_of

SIZE = 50
"""Events of a page."""

REACH = 100_000
"""Events that one page looks through for what is asked for, so that a rare thing in a long journal takes several pages and not
one long wait."""


@dataclass(frozen=True)
class Entry:
    """What was recorded together, as far as it is on this page."""

    at: str
    actor: str
    commit: str
    plan: str
    events: Sequence[HistoryLine]


@dataclass(frozen=True)
class JournalPage:
    """``older`` and ``newer`` are the serials that the next pages begin behind; 0 where there is none. ``through`` is down to
    which serial was looked."""

    entries: Sequence[Entry]
    older: int
    newer: int
    through: int


def journal(
    connection: Connection, institution: str, wanted: Wanted, last: int, before: int = 0, after: int = 0
) -> JournalPage:
    """The events that are ``wanted``, before or after a serial, of a journal that ends with ``last``."""
    reach = last if wanted.members is not None else REACH  # what happened to one member has an index
    if after:
        low, high = after + 1, min(after + reach, last)
    else:
        high = min(before or last + 1, last + 1) - 1
        low = max(high - reach + 1, 1)
    lines = history(connection, institution, wanted, SIZE + 1, between=(low, high), oldest_first=bool(after))
    is_cut, lines = len(lines) > SIZE, lines[:SIZE]
    if after:
        top = lines[-1].serial if is_cut else high
        lines.reverse()
        bottom = low
    else:
        top, bottom = high, lines[-1].serial if is_cut else low
    same = groupby(lines, lambda line: (line.at, line.actor, line.commit, line.plan))
    entries = [Entry(*head, events=list(events)) for head, events in same]
    return JournalPage(entries, bottom if bottom > 1 else 0, top if top < last else 0, bottom)


def who_is(connection: Connection, institution: str, name: str) -> Sequence[int] | None:
    """The members with this e-mail or student id; None where nobody was named."""
    name = clean(name)
    return sorted(numbers_of(connection, institution, [email_key(name)], [name])) if name else None
