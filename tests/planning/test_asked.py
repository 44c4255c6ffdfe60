"""What the files ask for: a plan without what the calendar alone makes due."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seatsync.domain.action import Action
from seatsync.domain.desired import Desired
from seatsync.domain.library import DeliveredBy, Delivery
from seatsync.domain.license import Kind, License, Status
from seatsync.domain.money.purchases import purchases_of
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.asked import asked_for
from seatsync.planning.change import Change, Groups, grouped
from seatsync.planning.diff import diff
from seatsync.planning.events import events_of, first_event
from seatsync.planning.plan import Plan, fingerprint
from seatsync.refusals.judge import judge
from tests.planning.test_machine import desired_states, rosters
from tests.planning.test_planning import BOOKS, books_of, invited_at_once

TODAY = date(2026, 10, 1)
INVITED = "2026-09-01"
REVOKE = Change(
    Action.REVOKE, "", Origin("seatsync.yaml"), "books", "ann@grace.example", Kind.TEMPORARY, Status.REVOKED, record=1
)
RESEND = REVOKE._replace(action=Action.RESEND, status=Status.UNCLAIMED)


def asked(*changes: Change, until: str = "", **books: Any) -> Groups:
    license = License(Kind.TEMPORARY, Status.UNCLAIMED, INVITED, until=until)
    snapshot = books_of(licenses={"books": {1: license}}, **{"baseline": {"remind": [7, 20]}, **books})
    return asked_for(grouped(changes), snapshot, TODAY, invited=invited_at_once(snapshot))


@pytest.mark.parametrize(("until", "is_asked"), [("2026-09-30", False), ("2026-10-01", True), ("", True)])
def test_a_seat_whose_end_date_in_the_ledger_has_passed_is_not_asked_back_by_the_files(
    until: str, is_asked: bool
) -> None:
    found = asked(REVOKE, until=until)
    assert [*found[Action.REVOKE, "books"]] == ([REVOKE] if is_asked else [])


BOUGHT: list[dict[str, Any]] = [{"count": 9, "until": "2026-09-30"}, {"count": 1}]
LESS: list[dict[str, Any]] = [{"count": 1}]


@pytest.mark.parametrize(
    ("before", "after", "rest"),
    [
        ({"slots": 10}, {"slots": 1}, None),  # the purchase of nine seats has ended
        ({"slots": 10, "title": "A"}, {"slots": 1, "title": "B"}, ({"title": "A"}, {"title": "B"})),
        (
            {"slots": 10, "purchases": BOUGHT},
            {"slots": 1, "purchases": LESS},
            ({"purchases": BOUGHT}, {"purchases": LESS}),
        ),
        (
            {"slots": 10, "purchases": BOUGHT},
            {"slots": 4, "purchases": []},
            ({"purchases": BOUGHT}, {"slots": 4, "purchases": []}),
        ),
    ],
)
def test_a_total_that_follows_from_purchases_is_not_asked_for_by_the_files(
    before: dict[str, Any], after: dict[str, Any], rest: tuple[dict[str, Any], dict[str, Any]] | None
) -> None:
    change = Change(Action.LIBRARY_UPDATE, "", Origin("seatsync.yaml"), "books", before=before, after=after)
    bought = replace(BOOKS, slots=10, purchases=purchases_of(BOUGHT))
    found = asked(change, libraries={"books": bought})[Action.LIBRARY_UPDATE, "books"]
    assert [(one.before, one.after) for one in found] == ([rest] if rest else [])


def test_a_number_of_seats_without_purchases_is_asked_for() -> None:
    change = Change(
        Action.LIBRARY_UPDATE, "", Origin("seatsync.yaml"), "books", before={"slots": 9}, after={"slots": 10}
    )
    assert [*asked(change)[Action.LIBRARY_UPDATE, "books"]] == [change]


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
    [
        {"baseline": {}},
        {"baseline": {"remind": []}},
        {"libraries": {"books": replace(BOOKS, sends_letters=False)}},
        {"libraries": {"books": replace(BOOKS, delivery=Delivery.ACCOUNT, delivered_by=DeliveredBy.VENDOR)}},
    ],
)
def test_reminders_that_the_last_apply_knew_nothing_of_are_asked_for(books: dict[str, Any]) -> None:
    found = asked(RESEND._replace(after={"reminders": 2}), **books)
    assert len(found[Action.RESEND, "books"]) == 1


def test_everything_else_is_asked_for_and_nothing_is_copied_then() -> None:
    changes = grouped([REVOKE._replace(action=action) for action in Action])
    assert asked_for(changes, books_of(), TODAY) is changes


# ── Any files, before and after ─────────────────────────────────────────────────────────────────────────────────────

BEGINNING = date(2026, 9, 1)


def at_once(files: Desired) -> Desired:
    """The files without tenure and first days: what becomes permanent is asked for, as it can't be undone, and what begins is left
    out only where the files are known to be the same. And without grace and freezes: of leavers it is asked for how long they keep their
    seats. And without lines for permanent licenses, which are asked for when it is their turn, too. And no seat lapses: files that do not
    grant it any more ask for its end as well."""
    permanent = {grant.library for grant in files.grants if grant.kind is Kind.PERMANENT}
    libraries = {
        id: replace(library, has_line=library.has_line and id not in permanent)
        for id, library in files.libraries.items()
    }
    grants = [replace(grant, after=None, starts=None) for grant in files.grants]
    institution = replace(files.institution, freezes=(), reclaim_after=0)
    return replace(files, institution=institution, libraries=libraries, grants=grants, grace=0)


@settings(max_examples=40)
@given(desired_states().map(at_once), desired_states().map(at_once), st.integers(0, 60))
def test_what_is_left_out_is_exactly_what_the_files_of_the_last_apply_would_do_that_night(
    old: Desired, new: Desired, days: int
) -> None:
    """A night changes nothing but by dates: it does all that is left out, and nothing of the rest."""
    books = applied(old)
    today = BEGINNING + timedelta(days=days)
    night, plan = planned(old, books, today), planned(new, books, today)
    assert night.asked == ""
    due = {key(change): change for change in night.changes}
    rest = [without(change, due.get(key(change))) for change in plan.changes]
    expected = [change for change in rest if change is not None]
    assert plan.asked == (fingerprint(grouped(expected)) if expected else "")
    assert len(expected) == len(plan.changes) or plan.asked != plan.fingerprint


def without(change: Change, due: Change | None) -> Change | None:
    """What the files ask for of a change, if ``due`` is what the calendar does to the same license. Who gets a seat after having waited
    was asked for before."""
    if change.action is Action.GRANT and (change.before or {}).get("status") == Status.WAITING:
        return None
    if due is None or change.action in (Action.REVOKE, Action.UNWAIT):
        return change if due is None else None
    if (change.after or {}).get("reminders") != (due.after or {})["reminders"]:
        return change
    rest = {name: value for name, value in (change.after or {}).items() if name != "reminders"}
    return change._replace(after=rest) if rest else None


def key(change: Change) -> tuple[Action, str, int]:
    return change.action, change.library, change.record


def planned(files: Desired, books: Snapshot, today: date) -> Plan:
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    return judge(diff(files, deepcopy(books), today, invited_at_once(books)), now, [])


def applied(files: Desired) -> Snapshot:
    """The ledger once these files were applied for the first time, on the first of September."""
    plan = planned(files, Snapshot(), BEGINNING)
    assume(not plan.refusals)
    books = Snapshot()
    day = BEGINNING.isoformat()
    for event in chain([first_event(plan.institution, plan.settings)], events_of(plan.changes, Snapshot(), day)):
        post(books, event)
    return replace(
        books,
        serial=1,
        applied_on=day,
        baseline={"remind": [*files.remind_after], "meaning": "0", "files": {**files.files}},
    )


# ── Grants that begin ───────────────────────────────────────────────────────────────────────────────────────────────

FILES = {"seatsync.yaml": "1", "members.csv": "1"}


@settings(max_examples=60)
@given(desired_states(), rosters(), st.integers(0, 12))
def test_what_has_begun_is_left_out_if_the_files_of_the_last_apply_do_just_that(
    old: Desired, members: list[RosterMember], days: int
) -> None:
    """With another roster: who is not in it as before may get something else, so what they get is asked for."""
    old = replace(without_lines(old), files=FILES)
    new = replace(old, members=members, files=FILES | {"members.csv": "2"})
    books, today = applied(old), BEGINNING + timedelta(days=days)
    night = {what(change) for change in planned(old, books, today).changes}
    plan = diff(new, deepcopy(books), today, invited_at_once(books))
    asked = asked_for(plan.groups, books, today, plan.by_calendar, invited_at_once(books))
    for group in (Action.GRANT, Action.LICENSE_UPDATE):
        for library in new.libraries:
            kept = {(change.record, change.member) for change in asked.get((group, library), ())}
            left_out = [one for one in plan.groups.get((group, library), ()) if (one.record, one.member) not in kept]
            assert {what(change) for change in left_out} <= night
            assert all(change.kind == Kind.TEMPORARY for change in left_out)


@settings(max_examples=40)
@given(desired_states(), st.integers(0, 12))
def test_of_the_same_files_only_what_becomes_permanent_is_asked_for_on_a_later_day(old: Desired, days: int) -> None:
    old = replace(without_lines(old), files=FILES)
    books, today = applied(old), BEGINNING + timedelta(days=days)
    plan = diff(old, deepcopy(books), today, invited_at_once(books))
    asked = asked_for(plan.groups, books, today, plan.by_calendar, invited_at_once(books))
    resent = [change for group in asked if group[0] is Action.RESEND for change in asked[group]]
    assert all(
        change.kind == Kind.PERMANENT for group in asked if group[0] is not Action.RESEND for change in asked[group]
    )
    assert all("resend" in (change.after or {}) for change in resent)  # a value of a grant that has begun


@settings(max_examples=60)
@given(desired_states(), desired_states(), st.integers(0, 12), st.integers(0, 20))
def test_what_a_freeze_held_back_is_asked_for_by_nobody_once_it_is_over(
    old: Desired, new: Desired, days: int, more: int
) -> None:
    """Other files are applied, perhaps in a freeze. The days after, they ask for nothing but what can't be undone."""
    books, day = applied(replace(without_lines(old), files=FILES)), BEGINNING + timedelta(days=days)
    new = replace(without_lines(new), files=FILES | {"seatsync.yaml": "2"})
    plan = planned(new, books, day)
    assume(not plan.refusals)
    for event in events_of(plan.changes, books, day.isoformat()):
        post(books, event)
    books = replace(books, serial=2, applied_on=day.isoformat(), baseline={**books.baseline, "files": {**new.files}})
    later = day + timedelta(days=more)
    draft = diff(new, deepcopy(books), later)
    asked = asked_for(draft.groups, books, later, draft.by_calendar)
    rest = [change for group in asked if group[0] is not Action.RESEND for change in asked[group]]
    assert all(change.kind == Kind.PERMANENT for change in rest), rest


def without_lines(files: Desired) -> Desired:
    """The files with libraries whose seats nobody waits for: in a line, what others ask for decides, too."""
    return replace(files, libraries={id: replace(one, has_line=False) for id, one in files.libraries.items()})


def what(change: Change) -> str:
    return repr(
        (
            change.action,
            change.library,
            change.member,
            change.record,
            change.kind,
            change.status,
            change.before,
            change.after,
        )
    )


LEAVES = Change(
    Action.MEMBER_UPDATE,
    "",
    Origin("members.csv", 2),
    member="ann@grace.example",
    before={"left_on": ""},
    after={"left_on": "2026-10-01"},
    record=1,
)
END = REVOKE._replace(
    action=Action.LICENSE_UPDATE, status=Status.UNCLAIMED, before={"until": ""}, after={"until": "2026-10-31"}
)


def on_the_day(days: int, *changes: Change) -> str:
    """The fingerprint of what the files ask for, in a plan that is made some days later."""
    snapshot, found = books_of(), []
    for change in changes:
        moved = {
            name: (date.fromisoformat(value) + timedelta(days)).isoformat()
            for name, value in (change.after or {}).items()
        }
        found.append(change._replace(after=moved))
    return fingerprint(asked_for(grouped(found), snapshot, TODAY + timedelta(days)))


def test_who_leaves_does_so_on_the_day_of_the_apply_whenever_that_was_reviewed() -> None:
    assert on_the_day(0, LEAVES, END) == on_the_day(3, LEAVES, END)
    assert on_the_day(0, LEAVES, END) != on_the_day(0, LEAVES, END._replace(after={"until": "2026-11-30"}))
    assert on_the_day(0, END) != on_the_day(3, END)  # not of a leaver: the files ask for this day


@pytest.mark.parametrize(
    ("left_on", "until", "is_asked"),
    [("2026-09-01", "2026-09-30", False), ("2026-09-01", "2026-10-01", True), ("", "2026-09-30", True)],
)
def test_the_end_of_a_grace_period_is_asked_for_by_nobody(left_on: str, until: str, is_asked: bool) -> None:
    books = books_of(licenses={"books": {1: License(Kind.TEMPORARY, Status.UNCLAIMED, INVITED, until=until)}})
    books.members[1] = books.members[1]._replace(left_on=left_on)
    removal = REVOKE._replace(action=Action.MEMBER_REMOVE, library="", kind="", status="")
    found = asked_for(grouped([REVOKE, removal]), books, TODAY)
    assert bool(found[Action.MEMBER_REMOVE, ""]) == is_asked
