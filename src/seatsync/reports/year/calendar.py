"""The year as a calendar (RFC 5545): days of notice, ends of contracts, totals that change, seats that begin and end, full libraries.

Each entry is about a library on a day, and keeps its UID as long as it is about the same, so a calendar that reads the file again
changes its entries in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.text.characters import printable
from seatsync.planning.year.curve import Curve, CurveDay, Year
from seatsync.reports.year.words import blocked, contract_in_words, order, stops

OCTETS = 75
"""The longest line, without its end (RFC 5545, 3.1)."""
_END = "\r\n"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class Entry(NamedTuple):
    """One all-day entry: what it is about (for its UID), the day (ISO), and what it says."""

    about: str
    day: str
    summary: str
    description: str = ""


def calendar(years: Iterable[Year], at: datetime) -> str:
    """The calendar of these years, made at the instant ``at`` (UTC)."""
    stamp = f"{at:%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//seatsync//year//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    for year in years:
        for entry in sorted({*entries(year)}, key=lambda one: (one.day, one.about)):
            lines += _event(entry, year, stamp)
    return "".join(f"{_folded(line)}{_END}" for line in [*lines, "END:VCALENDAR"])


def entries(year: Year) -> Iterator[Entry]:
    """What a calendar shows of a year. What happens on its first day is not ahead."""
    for curve in year.curves.values():
        yield from _of_contracts(curve, year)
        for before, day in zip(curve.days, curve.days[1:], strict=False):
            yield from _of_day(curve, before, day)
        if curve.full_on > year.first:
            yield Entry(f"{curve.library}/full", curve.full_on, f"{curve.title}: no seat is available")
        if curve.to_order:
            short = f"{curve.title}: order {counted(curve.to_order, 'seat')}"
            yield Entry(f"{curve.library}/order", curve.deadline, short, order(curve))
    for one in year.blocked:
        codes = ", ".join(dict.fromkeys(it.code for it in one.refusals))
        yield Entry("blocked", one.since, f"{year.name}: the plan is blocked ({codes})", blocked(one, year))
    if year.stops_on:
        yield Entry("stops", year.stops_on, f"{year.name}: the files have a mistake from today on", stops(year))


def _of_contracts(curve: Curve, year: Year) -> Iterator[Entry]:
    for notice in curve.contracts:
        which = contract_in_words(notice)
        if year.first <= notice.day <= year.last and notice.day != notice.until:
            about = f"{curve.library}/notice/{notice.order}/{notice.until}"
            told = f"{curve.title}: last day of notice of {which}"
            yield Entry(about, notice.day, told, f"It ends on {notice.until}.")
        if year.first <= notice.until <= year.last:
            yield Entry(f"{curve.library}/contract/{notice.order}", notice.until, f"{curve.title}: last day of {which}")


def _of_day(curve: Curve, before: CurveDay, day: CurveDay) -> Iterator[Entry]:
    if day.total != before.total:
        total = f"{curve.title}: {counted(day.total, 'seat')} from today on, {before.total:,} before"
        yield Entry(f"{curve.library}/total", day.date, total)
    if day.granted:
        yield Entry(
            f"{curve.library}/begin", day.date, f"{curve.title}: {counted(day.granted, 'seat begins', 'seats begin')}"
        )
    last = (date.fromisoformat(day.date) - timedelta(days=1)).isoformat()
    if day.lapsed:
        yield Entry(f"{curve.library}/claim", last, f"{curve.title}: last day to claim {counted(day.lapsed, 'seat')}")
    if day.ended:
        yield Entry(f"{curve.library}/end", last, f"{curve.title}: last day of {counted(day.ended, 'seat')}")
    if day.permanent:
        permanent = counted(day.permanent, "seat becomes permanent", "seats become permanent")
        yield Entry(f"{curve.library}/permanent", day.date, f"{curve.title}: {permanent}")


def _event(entry: Entry, year: Year, stamp: str) -> list[str]:
    day = date.fromisoformat(entry.day)
    after = [f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"] if day < date.max else []
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(f'{entry.about}/{entry.day}/{year.institution}@seatsync')}",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        *after,
        f"SUMMARY:{_text(entry.summary)}",
        *([f"DESCRIPTION:{_text(entry.description)}"] if entry.description else []),
        f"CATEGORIES:{_text(year.name)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _text(value: str) -> str:
    """The value of a property (RFC 5545, 3.3.11)."""
    return printable(value, len(value)).translate(_ESCAPED)


def _folded(line: str) -> str:
    """The line, folded between characters so that none of its parts has more than ``OCTETS``."""
    parts, length = [""], 0
    for letter in line:
        size = len(letter.encode())
        if length + size > OCTETS:
            parts.append(" ")
            length = 1
        parts[-1] += letter
        length += size
    return _END.join(parts)
