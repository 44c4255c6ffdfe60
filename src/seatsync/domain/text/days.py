"""Days and instants: dates as people write them (2027-06-30), and which day an instant is in a time zone.

Instants are kept in UTC, as ISO text: 2027-06-30T08:15:00Z. An institution's time zone is the name of one (America/Chicago), or
empty for UTC. A moment is a ``datetime``: an instant, or without a time zone of its own a time at the institution.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from seatsync.domain.failure import Failure
from seatsync.domain.text.characters import printable

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEAR_FIRST = re.compile(r"(\d{4})([-/.年]?)(\d{1,2})(?:\2|月)(\d{1,2})[日.]?(?=$|[T ])")
YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?=$|[T ])")
"""Days as people write them: with dots the day comes first, with others the day or the month."""
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAY_FIRST_IN_WORDS = re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.? (?P<month>[A-Za-z]{3,9})\.?,? (?P<year>\d{4})")
_MONTH_FIRST_IN_WORDS = re.compile(r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})")
"""The same with the month in English, whole or by its first letters: 3 March 2027, Mar 3rd, 2027."""
_SHORT_YEAR = re.compile(r"^(\d{1,2}([./-])\d{1,2}\2)(?=\d\d$)")
_OF_A_SPREADSHEET, _DAY_ZERO = re.compile("[2-7][0-9]{4}"), date(1899, 12, 30)
"""A day as the number under which spreadsheets keep it, from 1954 to 2118, and the day before the first."""


class UnknownTimezone(Failure):
    """This machine does not know the ledger's time zone."""

    def __init__(self, timezone: str) -> None:
        help = "Update the list of time zones: `pip install --upgrade tzdata`."
        super().__init__(f'The time zone "{printable(timezone)}" is not known here.', help)


def parse_day(text: str) -> date | None:
    """Parse a date like 2027-06-30. None if it is not one."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def moved(day: date, days: int) -> date:
    """The day so many ``days`` later, or earlier. Beyond the first and the last day of the calendar there are none."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def next_day(day: str) -> str:
    """The day after a day (ISO). The last day of the calendar has none, and stays."""
    return moved(date.fromisoformat(day), 1).isoformat()


def day_fault(text: str) -> str:
    """Why ``parse_day`` rejects ``text``, as a sentence without its period."""
    return f'"{printable(text)}" is not a date{": there is no such day" if _DAY.fullmatch(text) else ""}'


def day_as_written(text: str) -> str:
    """How to write the day that ``text`` means: ``2026-12-31``; both if the day or the month may come first; the last day of the month if
    that has no such day; else the form, with an example."""
    meant = _days_meant(_SHORT_YEAR.sub(r"\g<1>20", text.strip()))
    if len(meant) == 2:
        return f"{meant[0]} if the day comes first, as {meant[1]} if the month does"
    if meant:
        return meant[0]
    last = _end_of_month(text)
    return f"{last} if the last day of that month is meant" if last else "year-month-day, such as 2027-06-30"


def _end_of_month(text: str) -> str:
    """The last day of the month in which ``text`` names a day that it does not have (2027-02-30); empty for other texts."""
    if not _DAY.fullmatch(text) or not "29" <= text[-2:] <= "31":
        return ""
    return next((f"{text[:-2]}{day}" for day in (30, 29, 28) if parse_day(f"{text[:-2]}{day}")), "")


def _days_meant(text: str) -> list[str]:
    if parts := YEAR_FIRST.match(text):
        orders = [(parts[1], parts[3], parts[4])]
    elif parts := YEAR_LAST.match(text):
        orders = [(parts[4], parts[3], parts[1]), *([(parts[4], parts[1], parts[3])] if parts[2] != "." else [])]
    elif _OF_A_SPREADSHEET.fullmatch(text):
        return [(_DAY_ZERO + timedelta(days=int(text))).isoformat()]
    elif parts := _DAY_FIRST_IN_WORDS.fullmatch(text) or _MONTH_FIRST_IN_WORDS.fullmatch(text):
        month = next((at for at, name in enumerate(_MONTHS, 1) if name.startswith(parts["month"].lower())), 0)
        orders = [(parts["year"], f"{month}", parts["day"])]
    else:
        orders = []
    found = [f"{year}-{month:0>2}-{day:0>2}" for year, month, day in orders]
    return [day for day in dict.fromkeys(found) if parse_day(day)]


def day_in(moment: datetime, timezone: str) -> date:
    """The day of a moment in an institution's time zone: its "today".

    Raises:
        UnknownTimezone: as all functions below.
    """
    return _in(_zone(timezone), moment).date() if moment.tzinfo else moment.date()


def instant_in(moment: datetime, timezone: str) -> datetime:
    """The instant (UTC) of a moment in an institution's time zone."""
    return _in(UTC, moment if moment.tzinfo else moment.replace(tzinfo=_zone(timezone)))


def iso(instant: datetime) -> str:
    """An instant in UTC as ISO text, to the second, so that texts sort by time."""
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def start_of(day: str, timezone: str) -> str:
    """The instant (ISO) at which a day (ISO) begins in a time zone."""
    return iso(instant_in(datetime.fromisoformat(day), timezone))


def end_of(day: str, timezone: str) -> str:
    """The instant (ISO) at which a day (ISO) is over in a time zone."""
    last = date.fromisoformat(day)
    return start_of((last + timedelta(days=1)).isoformat(), timezone) if last < date.max else f"{day}T24:00:00Z"


def local(instant: str, timezone: str) -> str:
    """An instant (ISO) as people of the time zone read it: 2027-06-30T03:15:00-05:00."""
    return iso(_in(_zone(timezone), datetime.fromisoformat(instant))) if timezone and _is_instant(instant) else instant


def to_the_minute(instant: str, timezone: str) -> str:
    """An instant (ISO) as people read it, to the minute: 2027-06-30 03:15 CDT."""
    if not _is_instant(instant):
        return instant
    at = _in(_zone(timezone), datetime.fromisoformat(instant))
    return f"{at:%Y-%m-%d %H:%M %Z}"


def day_at(instant: str, timezone: str) -> str:
    """The day (ISO) of an instant (ISO) in a time zone."""
    return local(instant, timezone)[:10]


def _is_instant(text: str) -> bool:
    """Whether this is an instant, not empty or something else that was written into the ledger by hand."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _in(zone: tzinfo, instant: datetime) -> datetime:
    try:
        return instant.astimezone(zone)
    except OverflowError:  # the first or last hours of the calendar
        return instant.replace(tzinfo=zone)


def _zone(timezone: str) -> tzinfo:
    if not timezone:
        return UTC
    from zoneinfo import ZoneInfo  # most runs of most commands need no time zone

    try:
        return ZoneInfo(timezone)
    except (KeyError, OSError, ValueError) as error:
        raise UnknownTimezone(timezone) from error
