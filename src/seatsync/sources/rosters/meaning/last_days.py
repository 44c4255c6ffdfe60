"""Columns with the day on which people leave: read the days in them as schools write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from seatsync.domain.text.characters import clean
from seatsync.domain.text.days import YEAR_FIRST, YEAR_LAST
from seatsync.sources.rosters.meaning.presence_words import NO_DAY

_NEVER = date.max.isoformat()


class Days(NamedTuple):
    """``of`` maps each value of a column to its day (ISO), empty for none; ``unread`` are the values that are no day.

    Of ``either`` nobody knows which number is the day and which the month; no other value in the column shows it.
    """

    of: dict[str, str]
    unread: list[str]
    either: list[str]


def days_in(values: Iterable[str]) -> Days:
    """Read the days in a column. Days like 3/4/2027 are read as the others in the column, such as 30/4/2027, show."""
    found = Days({}, [], [])
    open_: dict[str, tuple[int, int, int]] = {}
    for value in dict.fromkeys(values):
        text = clean(value)
        if not text or text.casefold() in NO_DAY:
            found.of[value] = ""
        elif parts := YEAR_FIRST.match(text):
            _add(found, value, int(parts[1]), int(parts[3]), int(parts[4]))
        elif (parts := YEAR_LAST.match(text)) and parts[2] == ".":
            _add(found, value, int(parts[4]), int(parts[3]), int(parts[1]))
        elif parts:
            open_[value] = (int(parts[1]), int(parts[3]), int(parts[4]))
        else:
            found.unread.append(value)
    day_first = {first > 12 for first, second, _ in open_.values() if max(first, second) > 12}
    for value, (first, second, year) in open_.items():
        if first == second or len(day_first) == 1:
            _add(found, value, year, *((second, first) if True in day_first else (first, second)))
        elif max(first, second) > 12:
            _add(found, value, year, *((second, first) if first > 12 else (first, second)))
        else:
            found.either.append(value)
    return found


def _add(found: Days, value: str, year: int, month: int, day: int) -> None:
    try:
        written = date(year, month, day).isoformat()
    except ValueError:
        found.unread.append(value)
    else:
        found.of[value] = "" if written == _NEVER else written
