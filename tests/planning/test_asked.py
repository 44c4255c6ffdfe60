"""What the files ask for: a plan without what the calendar alone makes due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from seatsync.domain.action import Action
from seatsync.domain.license import Kind, License, Status
from seatsync.domain.origin import Origin
from seatsync.planning.asked import asked_for
from seatsync.planning.change import Change, Groups, grouped
from tests.planning.test_planning import BOOKS, books_of

TODAY = date(2026, 10, 1)
INVITED = "2026-09-01"
REVOKE = Change(
    Action.REVOKE, "", Origin("seatsync.yaml"), "books", "ann@grace.example", Kind.TEMPORARY, Status.REVOKED, record=1
)
RESEND = REVOKE._replace(action=Action.RESEND, status=Status.UNCLAIMED)


def asked(*changes: Change, until: str = "", **books: Any) -> Groups:
    license = License(Kind.TEMPORARY, Status.UNCLAIMED, INVITED, until=until)
    snapshot = books_of(licenses={"books": {1: license}}, **{"baseline": {"remind": [7, 20]}, **books})
    return asked_for(grouped(changes), snapshot, TODAY)


@pytest.mark.parametrize(("until", "is_asked"), [("2026-09-30", False), ("2026-10-01", True), ("", True)])
def test_a_seat_whose_end_date_in_the_ledger_has_passed_is_not_asked_back_by_the_files(
    until: str, is_asked: bool
) -> None:
    found = asked(REVOKE, until=until)
    assert [*found[Action.REVOKE, "books"]] == ([REVOKE] if is_asked else [])


@pytest.mark.parametrize(
    ("after", "rest"),
    [
        ({"reminders": 2}, None),
        ({"reminders": 1}, {"reminders": 1}),  # the days are others than at the last apply
        ({"resend": ["again"], "reminders": 2}, {"resend": ["again"]}),
        ({"new_address": True, "reminders": 2}, {"new_address": True}),
        ({"resend": ["again"]}, {"resend": ["again"]}),
        ({"delivery": "account"}, {"delivery": "account"}),
    ],
)
def test_a_reminder_is_due_by_the_calendar_and_the_rest_of_the_letter_is_asked_for(
    after: dict[str, object], rest: dict[str, object] | None
) -> None:
    found = asked(RESEND._replace(after=after))
    assert [change.after for change in found[Action.RESEND, "books"]] == ([rest] if rest else [])


@pytest.mark.parametrize(
    "books",
    [{"baseline": {}}, {"baseline": {"remind": []}}, {"libraries": {"books": replace(BOOKS, sends_letters=False)}}],
)
def test_reminders_that_the_last_apply_knew_nothing_of_are_asked_for(books: dict[str, Any]) -> None:
    found = asked(RESEND._replace(after={"reminders": 2}), **books)
    assert len(found[Action.RESEND, "books"]) == 1


def test_everything_else_is_asked_for_and_nothing_is_copied_then() -> None:
    changes = grouped([REVOKE._replace(action=action) for action in Action])
    assert asked_for(changes, books_of(), TODAY) is changes
