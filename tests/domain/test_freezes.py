"""Which days are frozen, and to which day a freeze moves the end of a seat."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.calendar.freezes import (
    REMIND,
    REVOKE,
    Freeze,
    Hold,
    freezes_of,
    hold_on,
    is_freezes,
    last_day,
    turning_days,
)

FINALS = Freeze("2027-05-20", "2027-06-10", (REVOKE,), "finals")
CLOSED = Freeze("2027-06-05", "2027-06-20", (REVOKE, REMIND), "closed")
AFTER = Freeze("2027-06-21", "2027-06-22", (REVOKE,))


@pytest.mark.parametrize(
    ("freezes", "day", "action", "hold"),
    [
        ([FINALS], "2027-05-19", REVOKE, None),
        ([FINALS], "2027-05-20", REVOKE, Hold("2027-06-10", "finals")),
        ([FINALS], "2027-06-10", REVOKE, Hold("2027-06-10", "finals")),
        ([FINALS], "2027-06-11", REVOKE, None),
        ([FINALS], "2027-06-01", REMIND, None),
        ([FINALS, CLOSED], "2027-06-01", REVOKE, Hold("2027-06-20", "finals, closed")),
        ([FINALS, CLOSED], "2027-06-05", REMIND, Hold("2027-06-20", "closed")),
        ([AFTER, CLOSED], "2027-06-05", REVOKE, Hold("2027-06-22", "closed")),
        ([Freeze("9999-01-01", "9999-12-31")], "9999-12-31", REVOKE, Hold("9999-12-31", "")),
    ],
)
def test_what_is_held_back_on_a_day(freezes: list[Freeze], day: str, action: str, hold: Hold | None) -> None:
    assert hold_on(freezes, day, action) == hold


@pytest.mark.parametrize(
    ("own", "today", "last"),
    [
        ("", "2027-06-01", ""),  # no end
        ("2027-05-18", "2027-05-01", "2027-05-18"),  # is revoked on the day before the freeze
        ("2027-05-19", "2027-05-01", "2027-06-10"),  # would be revoked on its first day
        ("2027-06-09", "2027-05-01", "2027-06-10"),
        ("2027-06-10", "2027-05-01", "2027-06-10"),  # is revoked on the day after it
        ("2027-05-10", "2027-05-25", "2027-06-10"),  # has ended before, and is not revoked yet
        ("2027-05-10", "2027-06-11", "2027-05-10"),  # the freeze is over
        ("9999-12-31", "2027-05-01", "9999-12-31"),
    ],
)
def test_the_last_day_of_a_seat(own: str, today: str, last: str) -> None:
    assert last_day([FINALS], own, today) == last


days = st.integers(0, 40).map(lambda number: (date(2027, 5, 1) + timedelta(days=number)).isoformat())
some = st.lists(st.tuples(days, days).map(lambda pair: Freeze(min(pair), max(pair))), max_size=4)


@given(some, days, days)
def test_nobody_is_revoked_on_a_frozen_day_nobody_ends_earlier_and_nobody_later_than_need_be(
    freezes: list[Freeze], own: str, today: str
) -> None:
    last = last_day(freezes, own, today)
    gone = max(_next(last), today)
    assert last >= own
    assert hold_on(freezes, gone) is None
    if last > own:
        between = date.fromisoformat(max(_next(own), today))
        while between.isoformat() <= last:
            assert hold_on(freezes, between.isoformat()) is not None
            between += timedelta(days=1)
        assert last_day(freezes, last, today) == last


@given(some, days, days, days)
def test_who_would_end_later_does_not_end_earlier(freezes: list[Freeze], own: str, other: str, today: str) -> None:
    assert last_day(freezes, min(own, other), today) <= last_day(freezes, max(own, other), today)


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def test_a_freeze_is_read_as_it_is_written() -> None:
    written = [one.as_dict() for one in (FINALS, CLOSED)]
    assert is_freezes(written)
    assert freezes_of(written) == (FINALS, CLOSED)
    assert {*turning_days([FINALS])} == {"2027-05-20", "2027-06-11"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2027-05-32"},
        {"until": 5},
        {"actions": ["grant"]},
        {"actions": "revoke"},
        {"reason": "a\u202eb"},
        {"more": 1},
        {"reason": None},
    ],
)
def test_what_is_no_freeze_is_in_no_journal(wrong: dict[str, object]) -> None:
    assert not is_freezes([FINALS.as_dict() | wrong])
    assert not is_freezes("no")
