"""The year as text: for each library a sparkline, what to do, and the days on which something changes."""

from __future__ import annotations

from datetime import date, timedelta

from seatsync.domain.diagnostic import counted
from seatsync.planning.year.curve import Curve, CurveDay, Year
from seatsync.reports.writer import Writer
from seatsync.reports.year.words import chosen, facts, full, happens, order, seats, stopped, which_days

BARS = " ▁▂▃▄▅▆▇█"
WIDTH = 52
"""The columns of a sparkline: one for each week of a year."""
DAYS = 12
"""The days that are listed without ``--verbose``."""


def write(out: Writer, year: Year, everything: bool) -> None:
    """Write the year; unless ``everything`` is true, with only the days that change most."""
    out.line((f"{year.name} {which_days(year)}", "bold"))
    for fact in facts(year):
        out.line((fact, "bold yellow"))
    for why in stopped(year):
        out.line((why, "bold red"))
    for curve in year.curves.values():
        out.line()
        _library(out, curve, year, everything)


def _library(out: Writer, curve: Curve, year: Year, everything: bool) -> None:
    out.line((f"{curve.title} ({curve.library})", "bold"))
    out.line((f"  {sparkline(curve, year)}", "cyan"))
    months = _months(year)
    if months:
        out.line((f"  {months}", "dim"))
    out.line((f"  {seats(curve)} {full(curve)}", ""))
    out.line((f"  {order(curve)}", "bold yellow" if curve.to_order else ""))
    before = {day.date: earlier for earlier, day in zip(curve.days, curve.days[1:], strict=False)}
    days = curve.days if everything else chosen(curve.days, DAYS)
    rows = [
        (
            day.date,
            f"{day.used:,}",
            f"{day.available:,}",
            f"{day.waiting:,}" if day.waiting else "",
            happens(day, before.get(day.date)),
        )
        for day in days
    ]
    out.table(
        rows, ("day", "in use", "available", "in line", "what happens"), ("in use", "available", "in line"), indent=2
    )
    if left := len(curve.days) - len(days):
        out.line((f"  {counted(left, 'more day', 'more days')} on which less changes: --verbose.", "dim"))


def sparkline(curve: Curve, year: Year, width: int = WIDTH) -> str:
    """The seats in use over the time, of all that there ever are: for each part of it, the most in that part. Only a full library
    reaches the top."""
    first, last = date.fromisoformat(year.first), date.fromisoformat(year.last)
    parts, top = min(width, (last - first).days + 1), max(1, *(day.total for day in curve.days))
    line = ""
    for part in range(parts):
        begin, end = (first + timedelta(days=(last - first).days * at // parts) for at in (part, part + 1))
        most = _most(curve, begin.isoformat(), max(begin, end - timedelta(days=1)).isoformat())
        high = -(-most.used * (len(BARS) - 1) // top)
        line += BARS[-1] if most.available <= 0 and most.used else BARS[min(high, len(BARS) - 2)]
    return line


def _most(curve: Curve, begin: str, end: str) -> CurveDay:
    """The day with the fewest seats available, from one day to another."""
    known = [day for day in curve.days if day.date <= begin][-1:]
    return min([*known, *(day for day in curve.days if begin < day.date <= end)], key=lambda day: day.available)


def _months(year: Year) -> str:
    """The names of months under a sparkline, where there is room; years, if a column is longer than a month."""
    first, last = date.fromisoformat(year.first), date.fromisoformat(year.last)
    days = (last - first).days
    parts, line = min(WIDTH, days + 1), ""
    written, begins = ("%b", "-01") if days <= 31 * parts else ("%Y", "-01-01")
    for ahead in range(days):
        day = first + timedelta(days=ahead)
        at = ahead * parts // max(1, days)
        name = format(day, written) if day.isoformat().endswith(begins) else ""
        if name and at + len(name) <= parts and (not line or at > len(line)):
            line = f"{line:<{at}}{name}"
    return line
