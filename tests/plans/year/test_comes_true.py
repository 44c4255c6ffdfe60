"""What the year run ahead says of each day is what that day then brings, if nothing else happens.

Random files, a ledger with a history (claims, refusals, letters that came back or still wait), then the days one after the other on
the real ledger: plan, apply, send the letters.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from seatsync.apply.apply import carry_out
from seatsync.apply.claims import claim, opt_out
from seatsync.domain.action import Action, Letter
from seatsync.domain.calendar.freezes import Freeze
from seatsync.domain.desired import Desired, Roster
from seatsync.domain.letters import LetterState
from seatsync.domain.license import Kind, Status
from seatsync.domain.money.purchases import Contract, Purchase, total_on
from seatsync.domain.person import RosterMember
from seatsync.domain.text.tags import EVERYTHING, join_ends, split_ends, split_tags
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries import links
from seatsync.ledger.queries.accounts.holdings import AccountHolder
from seatsync.ledger.queries.outbox import HELD, Mark, iso, mark, take_due
from seatsync.ledger.read import read_snapshot
from seatsync.planning.plan import Plan, accept
from seatsync.planning.year.curve import Curve, CurveDay, Year
from seatsync.plans.decide import decide
from seatsync.plans.year.outside import Outside
from seatsync.plans.year.simulation import run_ahead
from tests.planning.test_machine import HERE, desired_states
from tests.support.databases import ledgers, location
from tests.support.long_form import times

pytestmark = pytest.mark.slow

BEGIN = date(2026, 9, 1)
AHEAD = 25


@dataclass(frozen=True)
class Folder:
    """Files: all that they say, and what is read on a day. Equal rows are one list, as where a file is not read again."""

    desired: Desired
    lists: dict[tuple[str, ...], list[RosterMember]] = field(default_factory=dict, repr=False)

    def days(self) -> list[date]:
        ends = {last for row in self.desired.members for last in split_ends(row.ends).values()}
        return [date.fromisoformat(last) + timedelta(days=1) for last in ends]

    def on(self, day: date) -> Desired:
        today = day.isoformat()
        rows = [row for row in self.desired.members if split_ends(row.ends).get(EVERYTHING, today) >= today]
        rows = self.lists.setdefault(tuple(row.email for row in rows), rows)
        return replace(
            self.desired,
            members=rows,
            rosters=[Roster("members.csv", len(rows), HERE)],
            libraries={
                id: replace(library, slots=total_on(library.purchases, today)) if library.purchases else library
                for id, library in self.desired.libraries.items()
            },
        )


def _day(draw: st.DrawFn, days: list[int | None]) -> date | None:
    chosen = draw(st.sampled_from(days))
    return BEGIN + timedelta(days=chosen) if chosen is not None else None


@st.composite
def folders(draw: st.DrawFn) -> Folder:
    """Files as those of random histories, with purchases, and members and tags with last days."""
    desired = draw(desired_states())
    libraries = dict(desired.libraries)
    for id in [id for id in libraries if draw(st.booleans())]:
        first, last = _day(draw, [None, None, 6, 14]), _day(draw, [None, 8, 20])
        contract = Contract("2026-09-15", 5) if draw(st.booleans()) else None
        bought = (
            Purchase(draw(st.sampled_from([1, 2, 4])), "", f"{last or ''}", None, contract),
            Purchase(draw(st.sampled_from([1, 3])), f"{first or ''}"),
        )
        libraries[id] = replace(libraries[id], purchases=bought)
    if draw(st.integers(0, 2)) == 0:
        first = BEGIN + timedelta(days=draw(st.sampled_from([-3, 4, 8])))
        actions = draw(st.sampled_from([("revoke",), ("revoke", "resend")]))
        freeze = Freeze(f"{first}", f"{first + timedelta(days=draw(st.sampled_from([3, 9])))}", actions)
        desired = replace(desired, institution=replace(desired.institution, freezes=(freeze,)))
    return Folder(
        replace(desired, libraries=libraries, members=[draw(st.just(row).flatmap(_ending)) for row in desired.members])
    )


def _ending(row: RosterMember) -> st.SearchStrategy[RosterMember]:
    days = st.sampled_from([None, None, None, 2, 9, 18])
    tags = [EVERYTHING, *split_tags(row.tags)]
    ends = st.tuples(*(days for _ in tags)).map(
        lambda chosen: {
            tag: (BEGIN + timedelta(days=day)).isoformat()
            for tag, day in zip(tags, chosen, strict=True)
            if day is not None
        }
    )
    return st.one_of(st.just(row), ends.map(lambda ends: row._replace(ends=join_ends(ends))))


class Institution:
    """An institution with a real ledger, on which days pass."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.ledger = Ledger(location(self.folder))
        self.ledger.migrate()

    def close(self) -> None:
        ledgers.release(self.folder)
        shutil.rmtree(self.folder)

    def plan(self, files: Folder, day: date) -> Plan:
        with self.ledger.reading() as connection:
            return decide(files.on(day), read_snapshot(connection, "grace"), connection, _at(day), [])

    def live(self, files: Folder, day: date) -> Plan:
        """Plan and apply."""
        plan = self.plan(files, day)
        if (accepted := accept(plan)) is not None:
            carry_out(self.ledger, accepted, day, iso(_at(day)), "night", "")
        return plan

    def send(self, day: date, data: st.DataObject | None = None) -> None:
        """Send the letters that wait; with ``data``, some of them come back or are not sent."""

        def step(connection: Connection) -> None:
            due, _ = take_due(connection, "grace", _at(day), 1000, tuple(Letter))
            links.make(connection, "grace", [one for one in due if one.needs_link], iso(_at(day)))
            states = [LetterState.SENT for _ in due]
            if data is not None:
                states = [data.draw(st.sampled_from([*[LetterState.SENT] * 4, LetterState.BOUNCED])) for _ in due]
            marks = [Mark(one.serial, state, iso(_at(day)), "") for one, state in zip(due, states, strict=True)]
            mark(connection, "grace", marks, iso(_at(day) + HELD))

        self.ledger.write("grace", "sender", "", step)

    def answer(self, day: date, data: st.DataObject) -> None:
        """Let some members claim or decline."""
        books = self.books()
        for library, held in sorted(books.licenses.items()):
            for number, license in sorted(held.items()):
                is_offered = license.status is Status.UNCLAIMED and library in books.libraries
                if not is_offered or books.libraries[library].is_at_vendor or license.ended(day.isoformat()):
                    continue
                email = books.members[number].email
                match data.draw(st.sampled_from(["claims", "declines", "waits", "waits"])):
                    case "claims":
                        claim(self.ledger, "grace", library, number, AccountHolder(email), iso(_at(day)), email)
                    case "declines" if books.institution is not None and books.institution.opt_out:
                        opt_out(self.ledger, "grace", library, number, iso(_at(day)), email)
                    case _:
                        pass

    def books(self) -> Any:
        with self.ledger.reading() as connection:
            return read_snapshot(connection, "grace")

    def year(self, files: Folder, first: date, last: date) -> Year:
        with self.ledger.reading() as connection:
            books, outside = read_snapshot(connection, "grace"), Outside(connection, "grace")
            year = run_ahead(files, books, outside, first, last)
        assert year is not None
        return year


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def _said(curve: Curve, day: str) -> CurveDay:
    """What the curve says of a day."""
    last = [one for one in curve.days if one.date <= day][-1]
    if last.date == day:
        return last
    return last._replace(date=day, granted=0, ended=0, lapsed=0, permanent=0, letters={})


def _brought(plan: Plan, books: Any, library: str, total: int) -> dict[str, Any]:
    """What the day brought of a library."""
    held, changes = books.licenses.get(library, {}), [] if plan.refusals else plan.changes
    of = [change for change in changes if change.library == library]
    given = [change for change in of if change.action is Action.GRANT]
    upgraded = [change for change in of if change.action is Action.UPGRADE]
    return {
        "total": total,
        "used": books.slots(library).used,
        "waiting": sum(license.status is Status.WAITING for license in held.values()),
        "granted": len(given),
        "ended": sum(change.action is Action.REVOKE and change.status != Status.LAPSED for change in of),
        "lapsed": sum(change.action is Action.REVOKE and change.status == Status.LAPSED for change in of),
        "permanent": len(upgraded) + sum(change.kind == Kind.PERMANENT for change in given),
    }


@given(folders(), folders(), st.booleans(), st.data())
@settings(max_examples=times(25, 2000), suppress_health_check=list(HealthCheck))
def _what_is_said_comes_true(before: Folder, files: Folder, is_same: bool, data: st.DataObject) -> None:
    institution = Institution()
    try:
        _check(institution, before, before if is_same else files, data)
    finally:
        institution.close()


def _check(institution: Institution, before: Folder, files: Folder, data: st.DataObject) -> None:
    for past in data.draw(st.sampled_from([(), (-6,), (-6, -2), (-12, -3)])):
        institution.live(before, BEGIN + timedelta(days=past))
        if data.draw(st.booleans()):
            institution.send(BEGIN + timedelta(days=past), data)
        institution.answer(BEGIN + timedelta(days=past), data)
    year = institution.year(files, BEGIN, BEGIN + timedelta(days=AHEAD))
    assert institution.year(files, BEGIN, BEGIN + timedelta(days=AHEAD)) == year, "the ledger is not touched"
    for ahead in range(AHEAD + 1):
        day = BEGIN + timedelta(days=ahead)
        plan = institution.live(files, day)
        books = institution.books()
        blocked = [{one.code for one in it.refusals} for it in year.blocked if it.since <= day.isoformat() <= it.until]
        assert blocked == ([{one.code for one in plan.refusals}] if plan.refusals else []), day
        for id, library in files.on(day).libraries.items():
            said = _said(year.curves[id], day.isoformat())
            brought = _brought(plan, books, id, library.slots)
            assert {name: getattr(said, name) for name in brought} == brought, (id, day)
        letters = Counter(plan.letters) if not plan.refusals else Counter()
        assert Counter(year.letters.get(day.isoformat(), {})) == letters, day
        institution.send(day)


def test_what_is_said_of_each_day_comes_true(database: str) -> None:
    _what_is_said_comes_true()
