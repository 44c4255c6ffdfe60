"""A random test of everything: random desired states, claims, opt-outs, resends and dates, on a real ledger.

After every apply: no library has more seats used than slots, no permanent license was lost, the next plan is empty, and
the tables equal the journal's replay. After every refusal the ledger is untouched.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from seatsync.apply.apply import carry_out
from seatsync.apply.at_vendor import done
from seatsync.apply.claims import Unavailable, claim, member_with_email, opt_out
from seatsync.apply.members import record_resend
from seatsync.domain.action import Action, Letter
from seatsync.domain.calendar.distances import TOLD_ONCE
from seatsync.domain.calendar.freezes import REMIND, REVOKE, Freeze, hold_on
from seatsync.domain.desired import After, Desired, Grant, Leave, Limits, Roster, Selector
from seatsync.domain.institution import Admin, Institution
from seatsync.domain.letters import LetterState
from seatsync.domain.library import DeliveredBy, Library
from seatsync.domain.license import Kind, Status
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.portal.steps import steps as work_list
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.tags import join_tags
from seatsync.formats.plan_document import read_plans, to_document, to_text
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries import links
from seatsync.ledger.queries.accounts.holdings import AccountHolder
from seatsync.ledger.queries.outbox import HELD, Mark, iso, mark, take_due
from seatsync.ledger.queries.work import open_work
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.verification.verify import verify
from seatsync.planning.plan import Plan, accept
from seatsync.plans.decide import decide
from seatsync.systems.registry import SYSTEMS
from tests.support.databases import ledgers, location
from tests.support.long_form import times

pytestmark = pytest.mark.slow

EMAILS = [f"{name}@grace.example" for name in ("ann", "ben", "chloe", "dmitri", "eve", "farid")]
IDS = ["", "", "1", "2", "3", "4"]
TAGS = ["student", "faculty", "staff"]
LIBRARIES = {"books": "logos-library", "pool": "logos-library", "sub": "logos-subscription", "jam": "jamworks"}
AT_VENDOR = {"pool", "jam"}
"""Libraries whose seats live at the vendor in some of the desired states."""
HERE = Origin("seatsync.yaml")
TERMS = After(terms=2, ends=(date(2026, 8, 31), date(2026, 9, 4), date(2026, 9, 20)))
WITH_LEAVE = TERMS._replace(leave=Leave(("staff",)))


@st.composite
def rosters(draw: st.DrawFn) -> list[RosterMember]:
    """Some members, with each e-mail and each student id at most once."""
    emails = draw(st.permutations(EMAILS))[: draw(st.sampled_from([0, 2, 3, 4, 5, 6, 6]))]
    ids = draw(st.permutations(IDS))
    return [
        RosterMember(
            email,
            draw(st.sampled_from(["Ann", "Zoë", "Ли"])),
            "Lee",
            id,
            draw(st.sampled_from(["", "Student"])),
            join_tags(draw(st.sets(st.sampled_from(TAGS), max_size=2))),
            email_key(email),
            "members.csv",
            line,
        )
        for line, (email, id) in enumerate(zip(emails, ids, strict=False), 2)
    ]


FREEZES: list[tuple[Freeze, ...]] = [
    (),
    (),
    (Freeze("2026-09-03", "2026-09-09", (REVOKE,), "finals"),),
    (Freeze("2026-09-01", "2026-09-01"), Freeze("2026-09-06", "2026-09-20", (REVOKE, REMIND))),
    (Freeze("2026-09-05", "2026-09-12"), Freeze("2026-09-10", "2026-09-30")),
]


def selectors() -> st.SearchStrategy[Selector]:
    some = st.lists(st.sampled_from(TAGS), min_size=1, max_size=2, unique=True).map(tuple)
    return st.one_of(
        st.just(Selector(everyone=True)),
        some.map(lambda tags: Selector(tags=tags)),
        some.map(lambda tags: Selector(any_tags=tags)),
        some.map(lambda tags: Selector(not_tags=tags)),
        st.lists(st.sampled_from(EMAILS), min_size=1, max_size=3).map(lambda emails: Selector(emails=tuple(emails))),
    )


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    library = draw(st.sampled_from(["books", "books", "pool", "sub", "jam"]))
    legal = LIBRARIES[library] == "logos-library" or not draw(st.integers(0, 9))
    kind = draw(st.sampled_from([Kind.TEMPORARY, Kind.PERMANENT])) if legal else Kind.TEMPORARY
    days = draw(st.sampled_from([None, None, 0, 10, 40])) if kind is Kind.TEMPORARY else None
    begins = draw(st.sampled_from([None, None, None, 0, 3, 10])) if not days else None
    return Grant(
        library,
        kind,
        draw(selectors()),
        HERE,
        date(2026, 9, 1) + timedelta(days=days) if days is not None else None,
        draw(st.sampled_from(["", "", "once", "twice"])),
        draw(st.booleans()),
        draw(st.sampled_from([None, None, None, After(5), TERMS, WITH_LEAVE])) if kind is Kind.PERMANENT else None,
        draw(st.sampled_from([0, 0, 7])),
        starts=date(2026, 9, 1) + timedelta(days=begins) if begins is not None else None,
    )


@st.composite
def desired_states(draw: st.DrawFn) -> Desired:
    libraries = {
        id: Library(
            id,
            id.title(),
            system,
            SYSTEMS[system].kinds,
            SYSTEMS[system].delivery,
            draw(st.sampled_from([1, 3, 6, 9, 9])),
            draw(st.booleans()) or id not in AT_VENDOR,
            DeliveredBy.VENDOR if id in AT_VENDOR and draw(st.booleans()) else DeliveredBy.SEATSYNC,
            has_line=draw(st.booleans()),
        )
        for id, system in LIBRARIES.items()
        if draw(st.integers(0, 19))
    }
    members = draw(rosters())
    asked = [grant for grant in draw(st.lists(grants(), min_size=1, max_size=5)) if grant.library in libraries]
    return Desired(
        institution=Institution(
            "grace",
            draw(st.sampled_from(["Grace", "Grace Seminary"])),
            (),
            draw(st.booleans()),
            reclaim_after=draw(st.sampled_from([0, 5, 5])),
            freezes=draw(st.sampled_from(FREEZES)),
        ),
        admins=[Admin("ruth@grace.example", draw(st.sampled_from(["Ruth", "Rut"])), "Abel")],
        libraries=libraries,
        members=members,
        grants=asked,
        rosters=[Roster("members.csv", len(members), HERE)],
        remind_after=draw(st.sampled_from([(), (3, 7)])),
        grace=draw(st.sampled_from([0, 0, 6])),
        limits=Limits(draw(st.sampled_from([1, 100, 100, 100])), False, draw(st.booleans())),
        digest="0" * 64,
    )


class Seats(RuleBasedStateMachine):
    """One institution with a random history."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.ledger = Ledger(location(self.folder))
        self.ledger.migrate()
        self.now = datetime(2026, 9, 1, tzinfo=UTC)
        self.owned: set[tuple[str, int]] = set()
        self.checked = 0
        self.desired: Desired | None = None

    @initialize(desired=desired_states())
    def begin(self, desired: Desired) -> None:
        self.desired = replace(desired, libraries={id: replace(lib, slots=9) for id, lib in desired.libraries.items()})
        self.plan_and_apply()

    @rule(desired=desired_states())
    def ask_for_something_else(self, desired: Desired) -> None:
        self.desired = desired
        self.plan_and_apply()

    @rule(asked=st.lists(grants(), min_size=1, max_size=4))
    def ask_for_other_grants(self, asked: list[Grant]) -> None:
        assert self.desired is not None
        self.desired = replace(
            self.desired, grants=[grant for grant in asked if grant.library in self.desired.libraries]
        )
        self.plan_and_apply()

    @rule(members=rosters())
    def change_the_roster(self, members: list[RosterMember]) -> None:
        assert self.desired is not None
        rosters = [Roster("members.csv", len(members), HERE)]
        self.desired = replace(self.desired, members=members, rosters=rosters)
        self.plan_and_apply()

    @rule(days=st.integers(1, 12))
    def let_days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.plan_and_apply()

    def plan_and_apply(self) -> None:
        plan = self.plan()
        accepted = accept(plan)
        if accepted is None:
            return
        (again,) = read_plans("".join(to_text([to_document(plan)], as_array=False)))
        assert again.fingerprint == plan.fingerprint
        saved, before = accept(again), self.snapshot()
        assert saved is not None
        carry_out(self.ledger, saved, self.now.date(), plan.created_at, "machine", "")
        after = self.snapshot()
        nothing = self.plan()
        assert nothing.changes == [], nothing.changes
        assert not [warning for warning in nothing.warnings if warning.code in TOLD_ONCE], "it was told"
        self.nobody_was_overtaken(before, after)
        self.a_freeze_took_nothing(plan, before, after)
        for library in after.libraries:
            assert after.slots(library) == plan.slots[library].after
        self.owned |= self.permanent(after)

    @precondition(lambda self: self.offers())
    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        library, email = data.draw(st.sampled_from(self.offers()))
        try:
            number = member_with_email(self.ledger, "grace", library, email)
            claim(self.ledger, "grace", library, number, AccountHolder(email), self.now.isoformat(), email)
        except Unavailable:
            raise AssertionError("an unclaimed license could not be claimed") from None

    @precondition(lambda self: self.offers() or self.offers(Status.WAITING))
    @rule(data=st.data())
    def opt_out(self, data: st.DataObject) -> None:
        before = self.snapshot()
        library, email = data.draw(st.sampled_from([*self.offers(), *self.offers(Status.WAITING)]))
        assert before.institution is not None
        try:
            number = member_with_email(self.ledger, "grace", library, email)
            opt_out(self.ledger, "grace", library, number, self.now.isoformat(), email)
        except Unavailable:
            assert not before.institution.opt_out
        else:
            waited = before.licenses[library][number].status is Status.WAITING
            assert before.institution.opt_out or waited, "who waits can always leave the line"
            self.owned -= self.permanent(before) - self.permanent(self.snapshot())

    @precondition(lambda self: self.offers())
    @rule()
    def resend(self) -> None:
        books = self.snapshot()
        unclaimed = [
            (library, number)
            for library, held in books.licenses.items()
            for number, license in held.items()
            if license.status is Status.UNCLAIMED
        ]
        record_resend(self.ledger, "grace", books.serial, unclaimed, self.now.isoformat(), "machine")

    @rule(bounces=st.integers(0, 5))
    def send_the_letters(self, bounces: int) -> None:
        """Send what waits; one letter may come back."""

        def step(connection: Connection) -> None:
            due, _ = take_due(connection, "grace", self.now, 100, tuple(Letter))
            links.make(connection, "grace", [one for one in due if one.needs_link], iso(self.now))
            states = [LetterState.BOUNCED if at == bounces else LetterState.SENT for at in range(len(due))]
            marks = [Mark(one.serial, state, iso(self.now), "") for one, state in zip(due, states, strict=True)]
            mark(connection, "grace", marks, iso(self.now + HELD))

        self.ledger.write("grace", "machine", "", step)

    @rule(part=st.sampled_from([1, 1, 2, 3]))
    def do_some_of_the_work_list(self, part: int) -> None:
        with self.ledger.reading() as connection:
            _, steps = open_work(connection, "grace")
        chosen = steps[: max(1, len(steps) // part)]
        assert [*done(self.ledger, "grace", chosen, self.now.isoformat(), "machine")] == chosen
        with self.ledger.reading() as connection:
            books, left = open_work(connection, "grace")
        assert set(left).isdisjoint(chosen)
        assert left == work_list(read_snapshot_of(self.ledger))
        assert books.serial == read_snapshot_of(self.ledger).serial

    @invariant()
    def the_ledger_is_sound(self) -> None:
        with self.ledger.reading() as connection:
            assert connection is not None
            books = read_snapshot(connection, "grace")
            if books.serial != self.checked:
                assert verify(connection, "grace").faults == [], "journal, tables and outbox differ"
        self.checked = books.serial
        assert all(books.slots(library).available >= 0 for library in books.libraries), "more seats than there are"
        assert self.owned <= self.permanent(books), "a permanent license was lost"
        for held in books.licenses.values():
            for number, license in held.items():
                assert license.kind is not Kind.TEMPORARY or books.members[number].on_roster
                in_grace = license.kind is Kind.TEMPORARY and books.members[number].left_on
                assert not license.own_end or (in_grace and license.until < license.own_end)

    def nobody_was_overtaken(self, before: Snapshot, after: Snapshot) -> None:
        """In a library with a line: while somebody waits, no seat is free, and who got one stood before all who wait on."""
        assert self.desired is not None
        for library in after.libraries:
            line, had = self.line(after, library), self.line(before, library)
            if line and self.desired.libraries[library].has_line:
                assert after.slots(library).available <= 0, "somebody waits beside a free seat"
                seated = [had[number] for number in had.keys() - line.keys() if after.licenses[library][number].active]
                same_priority = [
                    (place, other) for place in seated for other in line.values() if place[:4] == other[:4]
                ]
                assert all(place < other for place, other in same_priority if other in had.values()), "overtaken"

    def a_freeze_took_nothing(self, plan: Plan, before: Snapshot, after: Snapshot) -> None:
        """On a frozen day nobody loses a seat, but for those whose e-mail or id somebody new has: they are to get no letters."""
        assert self.desired is not None
        if hold_on(self.desired.institution.freezes, plan.now) is None:
            return
        keys = {member.key for member in self.desired.members}
        for change in plan.changes:
            if change.action is Action.REVOKE and change.kind == Kind.TEMPORARY:
                is_somebody_new = before.members[change.record].key in keys or not after.members[change.record].key
                assert is_somebody_new, change
                assert not after.members[change.record].on_roster, change

    @staticmethod
    def line(books: Snapshot, library: str) -> dict[int, str]:
        """The places of those who wait, by the member's number."""
        held = books.licenses.get(library, {})
        assert all((license.status is Status.WAITING) == bool(license.place) for license in held.values())
        return {number: license.place for number, license in held.items() if license.place}

    def plan(self) -> Plan:
        assert self.desired is not None
        settings = sha256(repr(replace(self.desired, members=[], rosters=[])).encode()).hexdigest()
        desired = replace(self.desired, files={HERE.file: settings})
        with self.ledger.reading() as connection:
            assert connection is not None
            return decide(desired, self.snapshot(), connection, self.now, [])

    def snapshot(self) -> Snapshot:
        return read_snapshot_of(self.ledger)

    def offers(self, status: Status = Status.UNCLAIMED) -> list[tuple[str, str]]:
        """(library, e-mail) of every license of this status that has not ended and whose member is the only one with that e-mail."""
        books = self.snapshot()
        keys = [member.key for member in books.members.values()]
        return [
            (library, books.members[number].email)
            for library, held in sorted(books.licenses.items())
            for number, license in sorted(held.items())
            if license.status is status
            and library in books.libraries
            and not books.libraries[library].is_at_vendor
            and not license.ended(self.now.date().isoformat())
            and keys.count(books.members[number].key) == 1
        ]

    @staticmethod
    def permanent(books: Snapshot) -> set[tuple[str, int]]:
        return {
            (library, number)
            for library, held in books.licenses.items()
            for number, license in held.items()
            if license.kind is Kind.PERMANENT
        }

    def teardown(self) -> None:
        ledgers.release(self.folder)
        shutil.rmtree(self.folder)


def read_snapshot_of(ledger: Ledger) -> Snapshot:
    with ledger.reading() as connection:
        return read_snapshot(connection, "grace")


def test_whatever_happens_the_ledger_is_sound(database: str) -> None:
    some = settings(
        max_examples=times(6 if database == "sqlite" else 3, 200),
        stateful_step_count=times(25, 50),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Seats, settings=some)
