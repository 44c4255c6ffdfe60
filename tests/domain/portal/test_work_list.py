"""The work list is the difference between the ledger and the portal, whatever happens in whatever order.

The portal is played by plain rules that know nothing of the ledger: a list of users, and the licenses of each.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from seatsync.domain.action import Action, Event, Unplanned
from seatsync.domain.institution import Institution
from seatsync.domain.library import DeliveredBy, Delivery, Library
from seatsync.domain.license import IllegalTransition, Kind, License
from seatsync.domain.person import Member, Person
from seatsync.domain.portal.at_vendor import There, is_to_do, portal_of
from seatsync.domain.portal.done import events_of_done
from seatsync.domain.portal.steps import Step, StepName, steps, steps_of
from seatsync.domain.portal.users import is_listed, listed_fields, lists_holders
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.systems.registry import PORTALS, SYSTEMS
from tests.support.long_form import times

DAY = "2026-09-01"
NUMBERS = (1, 2)
NAMES = ("Ann", "Anna")
EMAILS = ("ann@grace.example", "a.lee@grace.example")


def at_vendor(id: str, system: str) -> Library:
    facts = SYSTEMS[system]
    return Library(id, id, system, facts.kinds, facts.delivery, 99, False, DeliveredBy.VENDOR)


LIBRARIES = {
    library.id: library
    for library in (
        at_vendor("books", "logos-library"),
        at_vendor("sub", "logos-subscription"),
        at_vendor("jam", "jamworks"),
        Library("here", "Here", "logos-library", (Kind.TEMPORARY, Kind.PERMANENT), Delivery.CLAIM, 99),
    )
}


# ── A portal with plain rules ───────────────────────────────────────────────────────────────────────────────────────


@dataclass
class PlayedPortal:
    """The portals' lists of users with their fields, and the licenses in them; the events of the ledger do not reach them."""

    users: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    licenses: dict[tuple[str, int], Kind] = field(default_factory=dict)
    sent: list[tuple[str, int]] = field(default_factory=list)

    def carry_out(self, books: Snapshot, step: Step) -> None:
        """Do a step as a person does it, and fail where the portal would not let them."""
        key, person = (step.library, step.member), _fields(books, step)
        match step.step:
            case StepName.REMOVE if not step.library:
                del self.users[step.portal, step.member]
                for library in LIBRARIES.values():
                    if portal_of(library) == step.portal:
                        assert self.licenses.pop((library.id, step.member), None) is not Kind.PERMANENT
            case StepName.EDIT:
                assert self.users[step.portal, step.member] != person
                self.users[step.portal, step.member] = person
            case StepName.IMPORT:
                assert (step.portal, step.member) not in self.users
                self.users[step.portal, step.member] = person
            case StepName.REVOKE | StepName.REMOVE:
                assert self.licenses.pop(key) is Kind.TEMPORARY
                if step.step is StepName.REMOVE:
                    del self.users[step.portal, step.member]
            case StepName.ADD:
                assert key not in self.licenses
                self.users[step.portal, step.member], self.licenses[key] = person, Kind.TEMPORARY
            case StepName.GRANT_TEMPORARY:
                assert (step.portal, step.member) in self.users
                assert key not in self.licenses
                self.licenses[key] = Kind.TEMPORARY
            case StepName.GRANT_PERMANENT:
                assert (step.portal, step.member) in self.users
                assert self.licenses.get(key) is not Kind.PERMANENT
                self.licenses[key] = Kind.PERMANENT
            case StepName.RESEND:
                assert key in self.licenses
                self.sent.append(key)


def _fields(books: Snapshot, step: Step) -> tuple[str, ...]:
    return tuple(getattr(books.members[step.member], name) for name in listed_fields(books, step.portal))


# ── Histories ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Histories(RuleBasedStateMachine):
    """Events come in any order; of the work list some is done now and then, in the order of the list."""

    def __init__(self) -> None:
        super().__init__()
        self.portal = PlayedPortal()
        self.first_on: dict[tuple[str, int], str] = {}
        self.day = 0

    @initialize()
    def begin(self) -> None:
        self.books = Snapshot(institution=Institution("grace", "Grace", (), True), libraries=dict(LIBRARIES))
        for number in NUMBERS:
            self.arrives(number, "Ann")
            self.is_granted(number, "books", "temporary")
        self.some_is_done("all")

    def post(self, event: Event) -> bool:
        try:
            post(self.books, event)
        except IllegalTransition:
            return False
        return True

    @rule(number=st.sampled_from(NUMBERS), name=st.sampled_from(NAMES))
    def arrives(self, number: int, name: str) -> None:
        person = Person(f"m{number}@grace.example", name, "Lee", str(number))._asdict()
        self.post(Event(Action.MEMBER_ADD, "", number, {"on": DAY}, person))

    @rule(number=st.sampled_from(NUMBERS), name=st.sampled_from(NAMES), id=st.sampled_from(["", "x"]), at=st.booleans())
    def is_corrected(self, number: int, name: str, id: str, at: bool) -> None:
        person = {
            "email": f"m{number}{'.new' if at else ''}@grace.example",
            "given_name": name,
            "student_id": id + str(number),
        }
        if number in self.books.members:
            self.post(Event(Action.MEMBER_UPDATE, "", number, {}, person))

    @rule(number=st.sampled_from(NUMBERS))
    def leaves(self, number: int) -> None:
        if number in self.books.members and self.books.members[number].on_roster:
            for library in LIBRARIES:
                self.post(Event(Action.REVOKE, library, number))
            self.post(Event(Action.MEMBER_REMOVE, "", number))

    @rule(
        number=st.sampled_from(NUMBERS),
        library=st.sampled_from([*LIBRARIES]),
        kind=st.sampled_from(["temporary", "permanent"]),
    )
    def is_granted(self, number: int, library: str, kind: str) -> None:
        self.day += 1
        detail = {"kind": kind, "status": "unclaimed", "on": f"2026-09-{1 + self.day % 28:02}"}
        if self.post(Event(Action.GRANT, library, number, detail)):
            self.first_on.setdefault((library, number), detail["on"])

    @rule(
        pick=st.integers(0, 99),
        action=st.sampled_from([Action.REVOKE, Action.UPGRADE, Action.RESEND, Unplanned.OPT_OUT]),
    )
    def changes(self, pick: int, action: Action | Unplanned) -> None:
        library, number, license = self.one_of_the_held(pick)
        if action is not Unplanned.OPT_OUT or license.kind is not Kind.PERMANENT:  # the portal can't take it back
            self.post(Event(action, library, number))

    @rule(pick=st.integers(0, 99), status=st.sampled_from(["delivered", "opted_out", "revoked"]))
    def the_portal_says(self, pick: int, status: str) -> None:
        """The member or a person changes a license there, and an export says so."""
        library, number, license = self.one_of_the_held(pick)
        has = self.portal.licenses.get((library, number))
        if license.there or has is None or (has is Kind.PERMANENT and status != "delivered"):
            return
        kind = license.kind if status == "delivered" else Kind.NONE
        self.post(Event(Action.OBSERVE, library, number, {"kind": kind.value, "status": status, "on": DAY}))
        if self.books.licenses[library][number].kind is Kind.NONE:
            del self.portal.licenses[library, number]
            if library == "jam":
                del self.portal.users["jamworks", number]

    def one_of_the_held(self, pick: int) -> tuple[str, int, License]:
        held = [(library, number, it) for library, all in self.books.licenses.items() for number, it in all.items()]
        return held[pick % len(held)]

    @rule(part=st.sampled_from(["all", "all", "half", "first"]))
    def some_is_done(self, part: str) -> None:
        found = steps(self.books)
        for step in found[: {"all": len(found), "half": len(found) // 2, "first": 1}[part]]:
            self.do(step)
            assert step not in steps(self.books)

    def do(self, step: Step) -> None:
        self.portal.carry_out(self.books, step)
        for event in [*events_of_done(self.books, step)]:
            post(self.books, event)

    @invariant()
    def the_ledger_knows_what_the_portal_has(self) -> None:
        for library in map(self.books.libraries.__getitem__, ("books", "sub", "jam")):
            for number, license in self.books.licenses.get(library.id, {}).items():
                there = {There.NONE: Kind.NONE, There.TEMPORARY: Kind.TEMPORARY}.get(There(license.there), license.kind)
                assert self.portal.licenses.get((library.id, number), Kind.NONE) == there
        for number, member in self.books.members.items():
            for portal in PORTALS:
                assert is_listed(self.books, number, portal) == ((portal, number) in self.portal.users)
            assert is_to_do(member) or not any(
                step.step is StepName.EDIT or (step.step is StepName.REMOVE and not _revoked(self.books, number))
                for step in steps_of(self.books, number)
            )

    @invariant()
    def nothing_is_on_the_list_twice(self) -> None:
        found = steps(self.books)
        assert len({*found}) == len(found)
        removed = {(step.portal, step.member) for step in found if step.step is StepName.REMOVE and not step.library}
        assert all(step.step is StepName.REMOVE for step in found if (step.portal, step.member) in removed)

    @invariant()
    def the_first_day_never_changes(self) -> None:
        for (library, number), day in self.first_on.items():
            assert self.books.licenses[library][number].first_on == day

    def teardown(self) -> None:
        for step in steps(self.books):
            self.do(step)
        assert steps(self.books) == []
        for (library, number), kind in self.portal.licenses.items():
            assert self.books.licenses[library][number].kind is kind
        for number, member in self.books.members.items():
            for portal in PORTALS:
                has = self.portal.users.get((portal, number))
                assert has in (None, tuple(getattr(member, name) for name in listed_fields(self.books, portal)))


def _revoked(books: Snapshot, number: int) -> bool:
    return any(held[number].there == There.TEMPORARY for held in books.licenses.values() if number in held)


def test_the_work_list_is_what_the_portal_has_otherwise_in_every_history() -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=times(short=60, long=3_000),
            stateful_step_count=times(short=30, long=80),
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


# ── Facts and single cases ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_facts_that_posting_has_of_the_portals_are_those_of_the_systems() -> None:
    assert {system: portal_of(at_vendor("x", system)) for system in SYSTEMS} == {
        system: facts.portal.name for system, facts in SYSTEMS.items()
    }
    books = books_of()
    for name, portal in PORTALS.items():
        fields = {column.field for column in portal.template.columns}
        assert {*listed_fields(books, name)} == fields & {"email", "given_name", "family_name", "student_id"}
        assert lists_holders(books, name) == portal.lists_only_holders
        order = [task.name for task in portal.tasks]
        assert order == [step.value for step in StepName if step.value in order]


ANN = Member(*Person(EMAILS[0], "Ann", "Lee", "1"), EMAILS[0])


def books_of(*events: Event, **libraries: Library) -> Snapshot:
    books = Snapshot(
        libraries={**LIBRARIES, **libraries}, members={1: ANN, 2: ANN._replace(email="b", key="b", student_id="2")}
    )
    for event in events:
        post(books, event)
    return books


def granted(kind: str = "temporary", library: str = "books") -> Event:
    return Event(Action.GRANT, library, 1, {"kind": kind, "status": "unclaimed", "on": DAY})


def done(library: str = "books") -> Event:
    return Event(Action.OBSERVE, library, 1, {"there": ""})


def to_do(books: Snapshot) -> list[str]:
    return [step.step.value for step in steps(books)]


def test_a_revoke_cancels_a_grant_that_was_never_done() -> None:
    books = books_of(granted(), Event(Action.REVOKE, "books", 1))
    assert to_do(books) == []
    assert books.licenses["books"][1].there == ""


def test_a_grant_cancels_a_revoke_that_was_never_done() -> None:
    books = books_of(granted(), done(), Event(Action.REVOKE, "books", 1))
    assert to_do(books) == ["revoke"]
    post(books, granted())
    assert to_do(books) == []


def test_a_permanent_license_after_a_revoke_that_was_never_done_is_one_step() -> None:
    books = books_of(granted(), done(), Event(Action.REVOKE, "books", 1), granted("permanent"))
    assert to_do(books) == ["grant-permanent"]


def test_a_resend_is_to_be_done_where_the_portal_writes_and_has_it() -> None:
    resent = Event(Action.RESEND, "books", 1)
    assert to_do(books_of(granted(), resent)) == ["import", "grant-temporary"], "the grant sends the invitation"
    assert to_do(books_of(granted(), done(), resent)) == ["resend"]
    assert to_do(books_of(granted(), done(), resent, done())) == []
    writes = replace(LIBRARIES["books"], sends_letters=True)
    assert to_do(books_of(granted(), done(), resent, books=writes)) == []
    jam = granted(library="jam")
    assert to_do(books_of(jam, done("jam"), Event(Action.RESEND, "jam", 1))) == []


def test_a_library_that_changes_to_the_vendor_and_back_puts_nothing_on_the_list() -> None:
    to, back = ({"delivered_by": value} for value in ("vendor", "seatsync"))
    books = books_of(
        Event(Action.GRANT, "here", 1, {"kind": "temporary", "status": "unclaimed", "on": DAY}),
        Event(Action.LIBRARY_UPDATE, "here", 0, to),
    )
    assert to_do(books) == []
    post(books, Event(Action.GRANT, "here", 2, {"kind": "temporary", "status": "unclaimed", "on": DAY}))
    post(books, Event(Action.REVOKE, "here", 1))
    assert to_do(books) == ["import", "revoke", "grant-temporary"]
    post(books, Event(Action.LIBRARY_UPDATE, "here", 0, back))
    assert to_do(books) == []
    assert {license.there for license in books.licenses["here"].values()} == {""}
    post(books, Event(Action.LIBRARY_UPDATE, "here", 0, to))
    assert to_do(books) == []


def test_who_leaves_is_removed_and_loses_what_is_still_to_be_revoked_with_that() -> None:
    books = books_of(granted(), done(), Event(Action.REVOKE, "books", 1), Event(Action.MEMBER_REMOVE, "", 1))
    assert [*steps(books)] == [Step("logos", StepName.REMOVE, "", 1)]
    for event in events_of_done(books, steps(books)[0]):
        post(books, event)
    assert to_do(books) == []
    assert books.members[1].there == ""


def test_who_owns_a_permanent_license_stays_in_the_list_and_the_rest_is_revoked() -> None:
    books = books_of(granted("permanent"), done(), granted(library="sub"), done("sub"))
    post(books, Event(Action.REVOKE, "sub", 1))
    post(books, Event(Action.MEMBER_REMOVE, "", 1))
    assert steps(books) == [Step("logos", StepName.REVOKE, "sub", 1)]


def test_a_permanent_license_that_was_given_there_by_hand_is_nothing_to_do() -> None:
    observed = Event(
        Action.OBSERVE, "books", 1, {"kind": "permanent", "status": "delivered", "on": DAY, "there": "by-hand"}
    )
    assert to_do(books_of(granted(), done(), observed)) == []


@pytest.mark.parametrize(
    ("detail", "why"),
    [
        ({"there": "by-hand"}, "can't be by-hand"),
        ({"there": "temporary"}, "can't be temporary"),
        ({"there": "nowhere"}, "is not a valid There"),
        ({"kind": "none", "status": "revoked", "on": DAY, "there": "none"}, "can't be none"),
        ({"kind": "permanent", "status": "opted_out", "on": DAY}, "does not allow observing"),
    ],
)
def test_what_a_portal_can_not_have_is_not_observed(detail: dict[str, str], why: str) -> None:
    books = books_of(granted(), done())
    with pytest.raises(IllegalTransition, match=why):
        post(books, Event(Action.OBSERVE, "books", 1, detail))


def test_nothing_is_observed_otherwise_in_a_library_whose_seats_live_here() -> None:
    books = books_of(granted(library="here"))
    with pytest.raises(IllegalTransition, match="can't be none at the vendor"):
        post(books, Event(Action.OBSERVE, "here", 1, {"there": "none"}))


def test_a_person_about_whom_something_is_to_be_done_is_not_erased() -> None:
    books = books_of(granted(), done(), Event(Action.REVOKE, "books", 1), Event(Action.MEMBER_REMOVE, "", 1))
    with pytest.raises(IllegalTransition, match="to be done at the vendor"):
        post(books, Event(Unplanned.ERASE, "", 1))
    for event in [*events_of_done(books, steps(books)[0])]:
        post(books, event)
    post(books, Event(Unplanned.ERASE, "", 1))
    assert books.members[1].there == ""


def test_a_library_with_something_to_revoke_at_the_vendor_is_not_removed() -> None:
    books = books_of(granted(), done(), Event(Action.REVOKE, "books", 1))
    with pytest.raises(IllegalTransition, match="still to be revoked"):
        post(books, Event(Action.LIBRARY_REMOVE, "books"))
    post(books, done())
    post(books, Event(Action.LIBRARY_REMOVE, "books"))
    assert "books" not in books.libraries
