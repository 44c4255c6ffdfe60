"""The journal's events, and what entries say beside them, as lines for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, null, or_, select

from seatsync.domain import approval
from seatsync.domain.fields import MAX_NUMBER
from seatsync.domain.letters import LetterState
from seatsync.domain.posting.words import in_words
from seatsync.ledger import tables
from seatsync.ledger.journal import approvals_of
from seatsync.ledger.read import among

APPROVED = "limit-approved"
"""The word in place of an action, for a limit that an apply passed by an approval."""
OUTDATED = "outdated-files"
"""The word in place of an action, for an apply of files although newer ones were applied before."""


class HistoryLine(NamedTuple):
    """One event, passed limit or apply of outdated files, with the actor, instant, commit and plan of its entry."""

    serial: int
    at: str
    actor: str
    commit: str
    plan: str
    what: str
    library: str
    member: str
    detail: str


@dataclass(frozen=True)
class HistoryFilter:
    """Selects events of the journal; all given conditions must hold.

    ``members`` are the ledger's numbers (None for all). ``commit`` and ``plan`` are prefixes. ``since`` and ``before``
    are instants (ISO); ``before`` is exclusive.
    """

    members: Sequence[int] | None = None
    library: str | None = None
    what: str | None = None
    commit: str | None = None
    plan: str | None = None
    actor: str | None = None
    since: str | None = None
    before: str | None = None


def history(
    connection: Connection,
    institution: str,
    filter: HistoryFilter,
    limit: int | None,
    persons: bool = True,
    *,
    between: tuple[int, int] | None = None,
    oldest_first: bool = False,
) -> list[HistoryLine]:
    """The last ``limit`` selected events, newest first; the first ones with ``oldest_first``. Limits passed by an approval and
    applies of outdated files are among them.

    Personal data is included only with ``persons``. With ``between``, only events between two serials (inclusive) are searched.
    """
    event, entry, member = tables.event.c, tables.entry.c, tables.member.c
    joined = tables.event.join(
        tables.entry, and_(entry.institution == event.institution, entry.serial == event.entry)
    ).outerjoin(tables.member, and_(member.institution == event.institution, member.number == event.member))
    entries = (entry.at, entry.actor, entry.commit, func.coalesce(entry.plan, entry.fingerprint))
    query = (
        select(event.serial, *entries, event.action, event.library, member.email, event.person, event.detail)
        .select_from(joined)
        .where(event.institution == institution, *_conditions(connection, filter))
        .order_by(event.serial if oldest_first else event.serial.desc())
        .limit(limit)
    )
    if between is not None:
        query = query.where(event.serial.between(*between))
    lines = [
        HistoryLine._make(
            (
                *row[:-3],
                row.email or _email_in(row.person),
                _as_text(row.action, row.detail, row.person if persons else None),
            )
        )
        for row in connection.execute(query)
    ]
    if filter.members is not None or filter.what not in (None, APPROVED, OUTDATED):
        return lines
    low, high = between or (0, MAX_NUMBER)
    if lines and len(lines) == limit:  # what lies beyond the last line is not shown
        low, high = (low, lines[-1].serial) if oldest_first else (lines[-1].serial, high)
    lines += _of_entries(connection, institution, filter, persons, (low, high))
    return sorted(lines, key=attrgetter("serial"), reverse=not oldest_first)[:limit]


def serials_within(connection: Connection, institution: str, since: str | None, before: str | None) -> tuple[int, int]:
    """The lowest and highest serial that events between two instants (ISO) can have; (1, 0) if there are none."""
    entry = tables.entry.c
    of_institution = entry.institution == institution
    wanted = _of_entry(HistoryFilter(since=since, before=before))
    low, high = connection.execute(
        select(func.min(entry.serial), func.max(entry.serial)).where(of_institution, *wanted)
    ).one()
    if low is None:
        return 1, 0
    after = connection.execute(select(func.min(entry.serial)).where(of_institution, entry.serial > high)).scalar_one()
    return low, after - 1 if after is not None else MAX_NUMBER


def _of_entries(
    connection: Connection, institution: str, filter: HistoryFilter, persons: bool, between: tuple[int, int]
) -> Iterator[HistoryLine]:
    """A line for each limit that an apply passed by an approval, and for each apply of outdated files, under the number of its
    entry."""
    entry = tables.entry.c
    query = select(
        entry.serial,
        entry.at,
        entry.actor,
        entry.commit,
        func.coalesce(entry.plan, entry.fingerprint),
        entry.detail,
        entry.files if persons else null(),
    ).where(
        entry.institution == institution,
        entry.kind.in_(("apply", "files")),
        or_(entry.detail.contains('"approvals":'), entry.detail.contains('"outdated":')),
        entry.serial.between(*between),
        *_of_entry(filter),
    )
    for row in connection.execute(query):
        detail = json.loads(row.detail)
        told = [
            (APPROVED, passed.get("library", ""), f"{approval.in_words(passed)}, {passed['from']}")
            for passed in approvals_of(detail, row[-1])
        ]
        if old := detail.get("outdated"):
            told.append((OUTDATED, "", f"as commit {old} left them, although {detail['files_commit']} was applied"))
        for what, library, text in told:
            if filter.what in (None, what) and filter.library in (None, library):
                yield HistoryLine._make((*row[:5], what, library, "", text))


def _conditions(connection: Connection, filter: HistoryFilter) -> list[ColumnElement[bool]]:
    event = tables.event.c
    given: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (filter.members, lambda members: among(connection, event.member, members)),
        (filter.library, lambda library: event.library == library),
        (filter.what, lambda what: event.action == what),
    ]
    return [*(condition(value) for value, condition in given if value is not None), *_of_entry(filter)]


def _of_entry(filter: HistoryFilter) -> list[ColumnElement[bool]]:
    """The conditions on an event's entry."""
    entry = tables.entry.c
    given: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (filter.commit, lambda commit: entry.commit.startswith(commit, autoescape=True)),
        (filter.plan, lambda plan: func.coalesce(entry.plan, entry.fingerprint).startswith(plan, autoescape=True)),
        (filter.actor, lambda actor: entry.actor == actor),
        (filter.since, lambda since: entry.at >= since),
        (filter.before, lambda before: entry.at < before),
    ]
    return [condition(value) for value, condition in given if value is not None]


def _email_in(person: str | None) -> str:
    return str(json.loads(person).get("email", "")) if person else ""


def _as_text(action: str, detail: str, person: str | None) -> str:
    return in_words(action, {**json.loads(detail), **(json.loads(person) if person else {})})


class AppliedCommit(NamedTuple):
    """A journal entry of an apply and its commit; its events have the numbers after ``serial``, up to ``last``."""

    serial: int
    last: int
    commit: str


class EventOfApply(NamedTuple):
    """What an apply did; ``kind`` is the license's that it granted."""

    action: str
    library: str
    member: int
    kind: str


def applied_commits(connection: Connection, institution: str) -> list[AppliedCommit]:
    """The entries that note the commit of the files, oldest first."""
    entry = tables.entry.c
    query = (
        select(entry.serial, entry.kind, entry.commit).where(entry.institution == institution).order_by(entry.serial)
    )
    rows = connection.execute(query).all()
    ends = [row.serial - 1 for row in rows[1:]] + [MAX_NUMBER]
    return [
        AppliedCommit(row.serial, end, row.commit.removesuffix("-dirty"))
        for row, end in zip(rows, ends, strict=True)
        if row.kind in ("apply", "files") and row.commit
    ]


def events_of_apply(connection: Connection, institution: str, apply: AppliedCommit) -> list[EventOfApply]:
    """The events of an apply, in order."""
    event = tables.event.c
    query = select(event.action, event.library, event.member, event.detail).where(
        event.institution == institution, event.serial.between(apply.serial, apply.last)
    )
    rows = connection.execute(query.order_by(event.serial))
    return [EventOfApply(row.action, row.library, row.member, json.loads(row.detail).get("kind", "")) for row in rows]


def letters_sent(connection: Connection, institution: str, apply: AppliedCommit) -> dict[str, int]:
    """How many letters of each kind an apply caused that were sent."""
    outbox = tables.outbox.c
    query = (
        select(outbox.letter, func.count())
        .where(outbox.institution == institution, outbox.serial.between(apply.serial, apply.last))
        .where(outbox.state == LetterState.SENT.value)
        .group_by(outbox.letter)
        .order_by(outbox.letter)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
