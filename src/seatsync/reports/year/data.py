"""The year as data: JSON and CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from seatsync.planning.year.curve import Curve, CurveDay, Year
from seatsync.reports.spreadsheet import text
from seatsync.reports.year.words import facts

_HAPPENS = ("granted", "ended", "lapsed", "permanent")
_NUMBERS = ("total", "used", "available", "waiting", "asked", *_HAPPENS)
COLUMNS = ("institution", "library", "date", *_NUMBERS, "letters")


def as_json(year: Year) -> dict[str, Any]:
    """The JSON object of a year. ``blocked``, ``stops_on``, ``scenarios`` and ``told`` are left out where there are none."""
    blocked = [
        {
            "from": one.since,
            "until": one.until,
            "refusals": [{"code": it.code, **({"library": it.library} if it.library else {})} for it in one.refusals],
        }
        for one in year.blocked
    ]
    more = {
        "blocked": blocked,
        "stops_on": year.stops_on,
        "scenarios": [one.name for one in year.scenarios],
        "told": [*facts(year)],
    }
    return {
        "institution": year.institution,
        "from": year.first,
        "until": year.last,
        **{name: value for name, value in more.items() if value},
        "libraries": {id: _library(curve) for id, curve in year.curves.items()},
        "letters": [{"date": day, **letters} for day, letters in year.letters.items()],
    }


def _library(curve: Curve) -> dict[str, Any]:
    return {
        "days": [_day(day) for day in curve.days],
        "full_on": curve.full_on or None,
        "short_on": curve.short_on or None,
        "to_order": curve.to_order,
        "order_by": curve.order_by or None,
    }


def _day(day: CurveDay) -> dict[str, Any]:
    happens = {name: getattr(day, name) for name in _HAPPENS}
    return {
        "date": day.date,
        "used": day.used,
        "available": day.available,
        "waiting": day.waiting,
        "total": day.total,
        "asked": day.asked,
        **{name: value for name, value in happens.items() if value},
        **({"letters": dict(day.letters)} if day.letters else {}),
    }


def as_csv(years: Iterable[Year]) -> str:
    """A row for each day and library."""
    return text([COLUMNS, *(row for year in years for row in _rows(year))])


def _rows(year: Year) -> Iterator[Sequence[str]]:
    for id, curve in year.curves.items():
        for day in curve.days:
            numbers = (str(getattr(day, column)) for column in _NUMBERS)
            yield (year.institution, id, day.date, *numbers, str(sum(day.letters.values())))
