"""What a briefing says: what was done since the last one, what waits, and what comes. It has numbers, and names nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from seatsync.domain.action import Letter
from seatsync.domain.calendar.distances import DISTANCES
from seatsync.domain.library import Library
from seatsync.domain.money.purchases import turns
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.characters import printable
from seatsync.domain.text.days import day_at
from seatsync.domain.text.languages import spelled
from seatsync.ledger.queries.briefing.done import done_since, entry_of
from seatsync.ledger.queries.institutions.blocked import block
from seatsync.ledger.queries.line import line_lengths
from seatsync.ledger.queries.outbox import count_held
from seatsync.ledger.queries.outgoing import OutgoingLetter
from seatsync.ledger.queries.outlook.invitations import unreached
from seatsync.ledger.queries.outlook.outlook import Outlook, outlooks
from seatsync.ledger.queries.work import open_counts
from seatsync.ledger.read import read_snapshot

Item = dict[str, str]
"""One line: ``what`` it is about, the ``library`` (or empty), and numbers and days as text. ``page`` is where it can be seen, below the
institution's pages for administrators (empty: the overview); ``command`` is the same on the command line."""

_LIBRARIES = ("libraries", "seatsync status")

MOST_ENDS = 4
"""Last days of seats that a briefing tells of each library at most, soonest first."""


def with_briefings(
    connection: Connection, institution: str, letters: Sequence[OutgoingLetter], at: str
) -> list[OutgoingLetter]:
    """The letters, those that are briefings with what they say at an instant (ISO)."""
    told: dict[tuple[int, str], dict[str, Any]] = {}
    found = []
    for letter in letters:
        if letter.letter == Letter.BRIEFING:
            this, language = entry_of(connection, institution, letter.serial), letter.values["language"]
            if (this, language) not in told:
                told[this, language] = _briefing(connection, institution, this, at, language)
            letter = replace(letter, values=letter.values | {"briefing": told[this, language]})
        found.append(letter)
    return found


def _briefing(connection: Connection, institution: str, entry: int, at: str, language: str) -> dict[str, Any]:
    """What the briefing of a journal entry says, for templates (``rendering.VARIABLES``)."""
    books = read_snapshot(connection, institution, ())
    today = date.fromisoformat(day_at(at, books.timezone))
    done = done_since(connection, institution, entry, books, today)
    found = outlooks(connection, institution, books)
    return {
        "id": institution,
        "day": spelled(today.isoformat(), language),
        "since": spelled(done.since, language),
        "done": {name: f"{number:,}" if number else "" for name, number in done.counts.items()},
        "waits": [
            *_blocked(connection, institution, books, language),
            *_waits(connection, institution, found, today, language),
        ],
        "comes": [*_comes(books, found, today, language)],
        "days": f"{DISTANCES[0]}",
    }


def _item(what: str, library: Library | None = None, page: str = "", command: str = "", **values: str) -> Item:
    title = printable(" ".join(library.title.split()), 200) if library is not None else ""
    return {"what": what, "library": title, "page": page, "command": command, **values}


def _licenses(library: Library, name: str, value: str) -> tuple[str, str]:
    """The page and the command with the licenses of a library that a filter selects."""
    return f"licenses?library={library.id}&{name}={value}", f"seatsync licenses --library {library.id} --{name} {value}"


def _blocked(connection: Connection, institution: str, books: Snapshot, language: str) -> Iterator[Item]:
    if (found := block(connection, institution)) is not None:
        titles = {id: printable(" ".join(library.title.split()), 200) for id, library in books.libraries.items()}
        told = {
            "number": f"{len(found.rules):,}",
            "day": spelled(found.since, language),
            "reasons": found.in_words(titles),
        }
        yield _item("blocked", None, "", "seatsync plan", **told)


def _waits(
    connection: Connection, institution: str, found: Iterable[Outlook], today: date, language: str
) -> Iterator[Item]:
    lines = line_lengths(connection, institution)
    for one in found:
        if number := lines.get(one.library.id, 0):
            yield _item("line", one.library, *_licenses(one.library, "status", "waiting"), number=f"{number:,}")
    for one in found:
        if number := one.invited.open:
            first = min((day for day, _ in one.invited.unclaimed if day), default=today.isoformat())
            where, since = _licenses(one.library, "status", "unclaimed"), spelled(first, language)
            yield _item("unclaimed", one.library, *where, number=f"{number:,}", day=since)
    if failed := {member for _, member in unreached(connection, institution)}:
        yield _item("bounced", None, "", "seatsync outbox list --state bounced", number=f"{len(failed):,}")
    _, people = open_counts(connection, institution)
    if steps := sum(people.values()):
        yield _item("worklist", None, "worklist", "seatsync worklist list", number=f"{steps:,}")
    if held := count_held(connection, institution):
        yield _item("held", None, "", "seatsync outbox release", number=f"{held:,}")


def _comes(books: Snapshot, found: Iterable[Outlook], today: date, language: str) -> Iterator[Item]:
    last = (today + timedelta(days=DISTANCES[0])).isoformat()
    now, retire = today.isoformat(), books.institution.retire if books.institution is not None else ""
    if now <= retire <= last:
        yield _item("retire", None, "", "seatsync status", day=spelled(retire, language))
    for one in found:
        soon = [end for end in one.ends if now <= end.day <= last]
        for end in soon[:MOST_ENDS]:
            where, day = _licenses(one.library, "ends", end.day), spelled(end.day, language)
            yield _item("ends", one.library, *where, number=f"{end.number:,}", day=day)
        if later := sum(end.number for end in soon[MOST_ENDS:]):
            yield _item(
                "ends-later", one.library, *_LIBRARIES, number=f"{later:,}", day=spelled(soon[-1].day, language)
            )
        yield from _bought(one.library, now, last, language)
        yield from _short(one, today, last, language)


def _bought(library: Library, now: str, last: str, language: str) -> Iterator[Item]:
    total = library.slots
    for turn in turns(library.purchases, now):
        if turn.total < total and turn.on <= last:
            numbers = {"before": f"{total:,}", "number": f"{turn.total:,}"}
            yield _item("falls", library, *_LIBRARIES, day=spelled(turn.on, language), **numbers)
        total = turn.total
    for contract in dict.fromkeys(one.contract for one in library.purchases if one.contract is not None):
        if contract.notice_day <= last and now <= contract.until:
            is_open = contract.notice and now <= contract.notice_day
            day = contract.notice_day if is_open else contract.until
            yield _item("notice" if is_open else "contract", library, *_LIBRARIES, day=spelled(day, language))


def _short(one: Outlook, today: date, last: str, language: str) -> Iterator[Item]:
    slots = one.slots
    if slots.available < one.library.warn_below:
        left = {"number": f"{max(0, slots.available):,}", "total": f"{slots.total:,}"}
        yield _item("low", one.library, *_LIBRARIES, **left)
    full = one.full_on(today)
    if full is not None and full.day <= last:
        yield _item("full", one.library, "over-time", "seatsync report", day=spelled(full.day, language))
