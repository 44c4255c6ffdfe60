"""The year as one page that loads nothing and has no script: for each library a drawing, the same as a table, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from seatsync.domain.text.languages import spelled
from seatsync.planning.year.curve import Curve, CurveDay, Year
from seatsync.reports.drawing import HEIGHT, WIDTH, Scale
from seatsync.reports.html import without_script
from seatsync.reports.year.words import facts, full, happens, order, seats, stopped, which_days

_SVG = Markup(
    '<svg class="over-time" viewBox="-2 -2 {width} {height}" preserveAspectRatio="none" role="img" aria-label="{words}">'
    '<path class="so-far" d="{used} V{bottom} H0 Z"/><path class="line" d="{used}"/>{asked}<path class="total" d="{total}"/></svg>'
)
_ASKED = Markup('<path class="line ahead" d="{}"/>')


class Row(NamedTuple):
    """A day of the table, and what happens on it."""

    day: CurveDay
    happens: str


def html(years: Sequence[Year]) -> str:
    """Return the page."""
    return without_script(
        "year.html.jinja",
        "plan.css",
        "outlook.css",
        "year.css",
        years=years,
        facts=partial(facts, spell=spelled),
        which_days=partial(which_days, spell=spelled),
        stopped=partial(stopped, spell=spelled),
        said=said,
        drawn=drawn,
        asks_more=asks_more,
        most=most,
        rows=rows,
        waits=waits,
    )


def said(curve: Curve) -> list[str]:
    """What follows from a curve, each a sentence."""
    return [seats(curve, spelled), full(curve, spelled), order(curve, spelled)]


def most(curve: Curve) -> int:
    """The number of seats at the upper edge of the drawing."""
    return max(1, *(max(day.total, day.used, day.asked) for day in curve.days))


def drawn(curve: Curve, year: Year) -> Markup:
    """The curve as SVG: seats in use as a line, the seats that there are as a red one; dashed, what is asked for where it is more."""
    scale = Scale(date.fromisoformat(year.first), date.fromisoformat(year.last), most(curve))
    return _SVG.format(
        width=WIDTH + 4,
        height=HEIGHT + 4,
        words=" ".join(said(curve)),
        used=_steps(scale, curve, "used"),
        asked=_ASKED.format(_steps(scale, curve, "asked")) if asks_more(curve) else "",
        total=_steps(scale, curve, "total"),
        bottom=HEIGHT,
    )


def _steps(scale: Scale, curve: Curve, number: str) -> str:
    """The path of one of the numbers of days, to the last day."""
    days = [(day.date, getattr(day, number)) for day in curve.days]
    return scale.steps([*days, (scale.last.isoformat(), days[-1][1])])


def asks_more(curve: Curve) -> bool:
    """Whether the files ever ask for other seats than are in use."""
    return any(day.asked != day.used for day in curve.days)


def waits(curve: Curve) -> bool:
    """Whether somebody is ever in line."""
    return any(day.waiting for day in curve.days)


def rows(curve: Curve) -> list[Row]:
    """All days, as a table."""
    before = [None, *curve.days]
    return [Row(day, happens(day, earlier)) for earlier, day in zip(before, curve.days, strict=False)]
