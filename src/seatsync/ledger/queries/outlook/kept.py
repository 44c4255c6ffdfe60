"""The year that an apply has run ahead, kept for those who know no files: the pages.

It names nobody, and holds only until files are applied again or an import moves seats. An apply that can't run the year ahead leaves none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from seatsync.domain.fields import is_number
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.queries.institutions.beside import is_over, keep_beside, text_beside
from seatsync.planning.year.curve import Curve, CurveDay

_COLUMN = "curves"
_ENDS_IT = ("apply", "files", "import")
"""Kinds of journal entries after which another year is ahead. What members do themselves is what "if nothing else happens" leaves out."""


class Kept(NamedTuple):
    """A year that was run ahead ``on`` a day (ISO), at the journal entry ``serial``: the days of each library on which its seats or line
    change."""

    on: str
    serial: int
    days: Mapping[str, Sequence[CurveDay]]

    def curves(self, books: Snapshot, today: str) -> dict[str, Curve]:
        """The curve of each library of ``books`` from ``today`` (ISO) on, if it has as many seats in use as the year says of today, or of
        yesterday, because the nightly run is still to come."""
        before, found = (date.fromisoformat(today) - timedelta(days=1)).isoformat(), {}
        for id, library in books.libraries.items():
            days, slots = self.days.get(id, ()), books.slots(id)
            told = [one for one in (_at(before, days), _at(today, days)) if one is not None]
            if any((one.total, one.used) == (slots.total, slots.used) for one in told):
                later = (day for day in days if day.date > today)
                found[id] = Curve(id, library.title, [told[-1]._replace(date=today), *later], library.purchases)
        return found


def keep(connection: Connection, institution: str, on: str, serial: int, curves: Iterable[Curve]) -> None:
    """Keep a year. Call this as the institution's writer."""
    days = {curve.library: [day[:5] for day in _changing(curve.days)] for curve in curves}
    text = json.dumps({"on": on, "serial": serial, "days": days}, separators=(",", ":"))
    keep_beside(connection, institution, _COLUMN, text)


def kept(connection: Connection, institution: str) -> Kept | None:
    """The kept year; None if there is none, or if it no longer is what is ahead."""
    text = text_beside(connection, institution, _COLUMN)
    found = _parsed(text) if text else None
    is_ended = found is not None and is_over(connection, institution, found.serial, _ENDS_IT)
    return None if is_ended else found


def _changing(days: Sequence[CurveDay]) -> list[CurveDay]:
    return [day for at, day in enumerate(days) if at == 0 or day.differs_from(days[at - 1])]


def _at(day: str, days: Sequence[CurveDay]) -> CurveDay | None:
    """The library at the end of a day (ISO): as on the last day on which something changed."""
    return next((one for one in reversed(days) if one.date <= day), None)


def _parsed(text: str) -> Kept | None:
    """What ``keep`` has written; None if somebody else has."""
    try:
        given: Mapping[str, Any] = json.loads(text)
        days = {id: [*map(_day, rows)] for id, rows in given["days"].items() if rows}
        if not is_number(given["serial"]):
            return None
        return Kept(date.fromisoformat(given["on"]).isoformat(), given["serial"], days)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _day(row: Sequence[Any]) -> CurveDay:
    """A day from its row.

    Raises:
        ValueError: it is none.
    """
    day, *numbers = row
    if len(numbers) != 4 or not all(map(is_number, numbers)):
        raise ValueError("no day of a curve")
    return CurveDay(date.fromisoformat(day).isoformat(), *numbers)
