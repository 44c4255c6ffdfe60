"""Days and instants in an institution's time zone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.text.days import (
    UnknownTimezone,
    day_as_written,
    day_at,
    day_in,
    end_of,
    instant_in,
    iso,
    local,
    start_of,
    to_the_minute,
)

ZONES = [
    "",
    "UTC",
    "America/Chicago",
    "Pacific/Auckland",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "America/Havana",
    "Pacific/Apia",
]
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("31.12.2026", "2026-12-31"),
        ("3.4.2027", "2027-04-03"),
        ("12/31/2026", "2026-12-31"),
        ("31.12.26", "2026-12-31"),
        ("31/12/2026", "2026-12-31"),
        ("03/04/2027", "2027-04-03 if the day comes first, as 2027-03-04 if the month does"),
        ("04-04-2027", "2027-04-04"),
        ("2026/12/31", "2026-12-31"),
        ("2026-12-31T00:00:00", "2026-12-31"),
        ("20261231", "2026-12-31"),
        ("2026年12月31日", "2026-12-31"),
        ("46022", "2025-12-31"),
        ("3 March 2027", "2027-03-03"),
        ("3. Mar 2027", "2027-03-03"),
        ("Sept 1st, 2027", "2027-09-01"),
    ],
)
def test_a_day_in_another_spelling_is_shown_as_it_is_to_be_written(text: str, meant: str) -> None:
    assert day_as_written(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "31.2.2027",
        "99/99/2027",
        "2027-02-32",
        "2027-13-30",
        "30d",
        "123",
        "1234567",
        "3 Marz 2027",
        "March 2027",
    ],
)
def test_of_what_is_no_day_the_form_is_shown_with_an_example(text: str) -> None:
    assert day_as_written(text) == "year-month-day, such as 2027-06-30"


@pytest.mark.parametrize(
    ("text", "last"), [("2027-02-30", "2027-02-28"), ("2028-02-30", "2028-02-29"), ("2027-04-31", "2027-04-30")]
)
def test_of_a_day_that_its_month_does_not_have_the_last_one_is_offered(text: str, last: str) -> None:
    assert day_as_written(text) == f"{last} if the last day of that month is meant"


@pytest.mark.parametrize(
    ("zone", "first", "over"),
    [
        ("", "2027-06-30T00:00:00Z", "2027-07-01T00:00:00Z"),
        ("America/Chicago", "2027-06-30T05:00:00Z", "2027-07-01T05:00:00Z"),
        ("Pacific/Auckland", "2027-06-29T12:00:00Z", "2027-06-30T12:00:00Z"),
        ("Asia/Kathmandu", "2027-06-29T18:15:00Z", "2027-06-30T18:15:00Z"),
    ],
)
def test_a_day_begins_and_ends_at_midnight_of_the_zone(zone: str, first: str, over: str) -> None:
    assert (start_of("2027-06-30", zone), end_of("2027-06-30", zone)) == (first, over)
    assert day_at(first, zone) == "2027-06-30"
    assert day_at(over, zone) == "2027-07-01"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Chicago", "2027-03-14", 23),
        ("America/Chicago", "2026-11-01", 25),
        ("America/Havana", "2027-03-14", 23),  # its midnight is left out
        ("America/Havana", "2026-11-01", 25),  # its midnight comes twice
        ("Asia/Beirut", "2026-03-29", 23),
        ("Asia/Beirut", "2026-10-24", 25),  # its last hour comes twice
    ],
)
def test_a_day_on_which_the_clocks_change_is_whole(zone: str, day: str, hours: int) -> None:
    first, over = (datetime.fromisoformat(of(day, zone)) for of in (start_of, end_of))
    assert over - first == timedelta(hours=hours)
    within = [day_in(first + timedelta(minutes=minutes), zone).isoformat() for minutes in range(hours * 60)]
    assert {*within} == {day}
    assert day_in(first - timedelta(seconds=1), zone) < date.fromisoformat(day) < day_in(over, zone)


@given(moment=moments, zone=st.sampled_from(ZONES))
def test_each_instant_is_between_the_beginning_and_the_end_of_its_day(moment: datetime, zone: str) -> None:
    day = day_in(moment, zone).isoformat()
    assert start_of(day, zone) <= iso(moment) < end_of(day, zone)
    assert day_at(iso(moment), zone) == day
    assert datetime.fromisoformat(local(iso(moment), zone)) == moment.replace(microsecond=0)


@pytest.mark.parametrize("zone", ZONES)
def test_a_date_without_a_time_is_that_day_in_every_zone(zone: str) -> None:
    moment = datetime(2026, 6, 30)  # noqa: DTZ001
    assert day_in(moment, zone) == date(2026, 6, 30)
    assert day_in(instant_in(moment, zone), zone) == date(2026, 6, 30)
    assert instant_in(moment, zone).tzinfo is UTC


@pytest.mark.parametrize("zone", ZONES)
def test_the_first_and_the_last_day_of_the_calendar_are_days(zone: str) -> None:
    for day in (date.min, date.max):
        moment = datetime.combine(day, datetime.min.time())
        assert day_in(moment, zone) == day
        assert instant_in(moment, zone).tzinfo is UTC
        assert start_of(day.isoformat(), zone) < end_of(day.isoformat(), zone)


def test_times_are_read_at_the_institution_and_kept_in_utc() -> None:
    at = "2027-07-01T04:30:05Z"
    assert local(at, "America/Chicago") == "2027-06-30T23:30:05-05:00"
    assert local(at, "UTC") == at
    assert local(at, "") == at
    assert to_the_minute(at, "America/Chicago") == "2027-06-30 23:30 CDT"
    assert to_the_minute(at, "Europe/London") == "2027-07-01 05:30 BST"
    assert to_the_minute(at, "") == "2027-07-01 04:30 UTC"


@pytest.mark.parametrize("text", ["", "yesterday", "2027-07-01", "2027-07-01T04:30:05"])
def test_what_somebody_wrote_in_place_of_an_instant_is_shown_as_it_is(text: str) -> None:
    assert local(text, "America/Chicago") == text
    assert to_the_minute(text, "America/Chicago") == text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "America", "a\0b"])
def test_a_zone_that_this_machine_does_not_know_is_a_failure_in_one_line(zone: str) -> None:
    with pytest.raises(UnknownTimezone, match="is not known here"):
        day_in(datetime.now(UTC), zone)


def test_a_machine_without_time_zones_has_those_of_tzdata() -> None:
    code = "from zoneinfo import ZoneInfo; print(ZoneInfo('America/Chicago'))"
    surroundings = {**os.environ, "PYTHONTZPATH": ""}
    asked = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == str(ZoneInfo("America/Chicago"))


def test_without_a_time_zone_zoneinfo_is_not_imported() -> None:
    code = (
        "import sys; from seatsync.domain.text.days import *; start_of('2027-06-30', '');"
        "import seatsync.cli.main; sys.exit('zoneinfo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
