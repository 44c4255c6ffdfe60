"""The rules on plain values, without files or a ledger: how a license can change, how each event changes the state, and what
a plan contains that no case of ``tests/cases`` can check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from itertools import permutations
from operator import attrgetter
from typing import Any, cast

import pytest

from seatsync.domain.action import Action, Event, Unplanned
from seatsync.domain.approval import Approval
from seatsync.domain.desired import Alike, Desired, Grant, Limits, Roster, Selection, Selector
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.institution import Admin, Contact, Institution
from seatsync.domain.library import Delivery, Library
from seatsync.domain.license import ABSENT, IllegalTransition, Kind, License, Status
from seatsync.domain.origin import Origin
from seatsync.domain.person import Member, Person, RosterMember, person_of
from seatsync.domain.posting import duplicate_name, overfull, post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.planning import plan as planning
from seatsync.planning.change import Change, grouped
from seatsync.planning.diff import diff
from seatsync.planning.plan import Plan, fingerprint
from seatsync.refusals.judge import judge
from seatsync.refusals.whole import NotWhole, without_members

BOTH = (Kind.TEMPORARY, Kind.PERMANENT)
BOOKS = Library("books", "Books", "logos-library", BOTH, Delivery.CLAIM, 10)
LOANS = Library("loans", "Loans", "", (Kind.TEMPORARY,), Delivery.ACCOUNT, 10)
ANN = Member("ann@grace.example", "Ann", "Lee", "01", "Student", "mdiv", "ann@grace.example", "2026-09-01")
RUTH = Admin("Ruth@grace.example", "Ruth", "Abel")
DANA = {"name": "Dana Fox", "email": "dana@vendor.example", "role": "Customer Success"}


def books_of(**others: Any) -> Snapshot:
    """A snapshot with Ann, number 1, on a roster; ``others`` replace its fields."""
    given: dict[str, Any] = {
        "institution": Institution("grace", "Grace", (Contact(**DANA),), True),
        "libraries": {"books": BOOKS, "loans": LOANS},
        "admins": {"ruth@grace.example": RUTH},
        "members": {1: ANN},
    } | others
    licenses = given.pop("licenses", {})
    numbers: dict[str, Any] = {"serial": 1, "last_number": max(given["members"], default=0)}
    books = Snapshot(**numbers | given)
    for library, held in licenses.items():
        for number, license in held.items():
            books.put(library, number, license)
    return books


def posted(event: Event, **others: Any) -> Snapshot:
    books = books_of(**others)
    post(books, event)
    return books


def fault(event: Event, **others: Any) -> str:
    """Why the event is illegal; the snapshot must not change."""
    books = books_of(**others)
    with pytest.raises(IllegalTransition) as illegal:
        post(books, event)
    assert replace(books, licenses={}) == replace(books_of(**others), licenses={})
    return str(illegal.value)


# ── The life of a license ────────────────────────────────────────────────────────────────────────────────

FIRST, THEN = "2026-09-01", "2026-10-01"
SEEN = "once"  # the value of `resend:` that was carried out
TEMPORARY, PERMANENT = Kind.TEMPORARY, Kind.PERMANENT
HELD = {
    "none": ABSENT,
    "revoked": License(Kind.NONE, Status.REVOKED, FIRST, 1, SEEN, first_on=FIRST),
    "opted out": License(Kind.NONE, Status.OPTED_OUT, FIRST, 1, SEEN, first_on=FIRST),
    "offered": License(TEMPORARY, Status.UNCLAIMED, FIRST, 1, SEEN, first_on=FIRST),
    "claimed": License(TEMPORARY, Status.DELIVERED, FIRST, 1, SEEN, first_on=FIRST),
    "offered for good": License(PERMANENT, Status.UNCLAIMED, FIRST, 1, SEEN, first_on=FIRST),
    "claimed for good": License(PERMANENT, Status.DELIVERED, FIRST, 1, SEEN, first_on=FIRST),
}
EVENTS = {
    "grant": Event(Action.GRANT, "books", 1, {"kind": "temporary", "status": "unclaimed", "on": THEN}),
    "claim": Event(Unplanned.CLAIM, "books", 1),
    "opt-out": Event(Unplanned.OPT_OUT, "books", 1),
    "resend": Event(Action.RESEND, "books", 1),
    "revoke": Event(Action.REVOKE, "books", 1),
    "upgrade": Event(Action.UPGRADE, "books", 1),
}
GRANTED = License(TEMPORARY, Status.UNCLAIMED, THEN, first_on=THEN)
GRANTED_AGAIN = GRANTED._replace(first_on=FIRST)
BECOMES = {
    ("none", "grant"): GRANTED,
    ("revoked", "grant"): GRANTED_AGAIN,
    ("opted out", "grant"): GRANTED_AGAIN,
    ("offered", "claim"): HELD["claimed"],
    ("offered for good", "claim"): HELD["claimed for good"],
    ("offered", "opt-out"): HELD["opted out"],
    ("offered for good", "opt-out"): HELD["opted out"],
    ("offered", "resend"): HELD["offered"],
    ("offered for good", "resend"): HELD["offered for good"],
    ("offered", "revoke"): HELD["revoked"],
    ("claimed", "revoke"): HELD["revoked"],
    ("offered", "upgrade"): HELD["offered for good"],
    ("claimed", "upgrade"): HELD["claimed for good"],
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("held", HELD)
def test_a_license_changes_as_the_table_of_the_contract_says_and_in_no_other_way(held: str, event: str) -> None:
    old = HELD[held]
    licenses = {"books": {1: old, 2: GRANTED}, "loans": {1: GRANTED}}
    if becomes := BECOMES.get((held, event)):
        assert posted(EVENTS[event], licenses=licenses).licenses == {
            "books": {1: becomes, 2: GRANTED},
            "loans": {1: GRANTED},
        }
    else:
        expected = f"a license with kind {old.kind} and status {old.status} does not allow {event}"
        assert fault(EVENTS[event], licenses=licenses) == expected


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", Status)
def test_what_is_granted_is_a_seat_of_a_kind_that_is_unclaimed(kind: Kind, status: Status) -> None:
    event = Event(Action.GRANT, "books", 1, {"kind": kind, "status": status, "on": THEN})
    if kind in BOTH and status is Status.UNCLAIMED:
        assert posted(event).licenses == {"books": {1: License(kind, status, THEN, first_on=THEN)}}
    else:
        assert fault(event) == {
            (Kind.NONE, True): "books has no none licenses",
            (Kind.NONE, False): "books has no none licenses",
            (TEMPORARY, True): "a seat delivered to a member who has not claimed it",
            (PERMANENT, True): "a seat delivered to a member who has not claimed it",
        }.get((kind, status is Status.DELIVERED), "a license with kind none and status none does not allow grant")


@pytest.mark.parametrize(
    ("library", "account", "legal"),
    [("loans", "ann@home.example", True), ("loans", "", False), ("books", "ann@home.example", False)],
)
def test_a_seat_is_delivered_at_once_only_to_an_account_and_only_where_the_library_does_so(
    library: str, account: str, legal: bool
) -> None:
    event = Event(Action.GRANT, library, 1, {"kind": "temporary", "status": "delivered", "on": THEN})
    members = {1: ANN._replace(account=account)}
    if legal:
        granted = posted(event, members=members).licenses
        assert granted == {"loans": {1: License(TEMPORARY, Status.DELIVERED, THEN, first_on=THEN)}}
    else:
        assert fault(event, members=members) == "a seat delivered to a member who has not claimed it"


def test_nobody_is_granted_a_seat_who_is_on_no_roster_or_unknown() -> None:
    away = {1: ANN._replace(on_roster=False)}
    assert fault(EVENTS["grant"], members=away) == "grant to a member who is not on the roster"
    assert fault(EVENTS["grant"]._replace(member=2)) == "grant does not fit the ledger: KeyError(2)"


def test_a_kind_that_the_library_has_not_is_neither_granted_nor_upgraded_to_nor_imported() -> None:
    granted = {"kind": "permanent", "status": "unclaimed", "on": THEN}
    for event in (Event(Action.GRANT, "loans", 1, granted), Event(Unplanned.IMPORT, "loans", 1, granted)):
        assert fault(event) == "loans has no permanent licenses"
    held = {"loans": {1: HELD["claimed"]}}
    assert fault(Event(Action.UPGRADE, "loans", 1), licenses=held) == "loans has no permanent licenses"


def test_the_values_of_resend_at_a_grant_count_as_obeyed_and_later_ones_are_added() -> None:
    detail = {"kind": "temporary", "status": "unclaimed", "on": THEN, "resend": ["one", "two"]}
    books = posted(Event(Action.GRANT, "books", 1, detail))
    assert books.licenses["books"][1].resent == "one\ntwo"
    post(books, Event(Action.RESEND, "books", 1, {"resend": ["three"]}))
    post(books, Event(Action.RESEND, "books", 1, {"reminders": 2}))
    post(books, Event(Action.RESEND, "books", 1, {}))
    assert books.licenses["books"][1] == GRANTED._replace(reminders=2, resent="one\ntwo\nthree")


def test_a_claim_says_by_which_account_and_one_without_an_account_leaves_the_old_one() -> None:
    offered = {"books": {1: HELD["offered"]}}
    books = posted(Event(Unplanned.CLAIM, "books", 1, person={"account": "ann@home.example"}), licenses=offered)
    assert books.members == {1: ANN._replace(account="ann@home.example")}
    for person in ({"account": ""}, {}, None):
        books.licenses = {"books": {1: HELD["offered"]}}
        post(books, Event(Unplanned.CLAIM, "books", 1, person=person))
        assert books.members == {1: ANN._replace(account="ann@home.example")}


@pytest.mark.parametrize(
    ("email", "before", "on_roster", "legal"),
    [
        ("Ann@grace.example", "", True, True),
        ("ben@grace.example", "", True, False),
        ("ann@grace.example", "ann@home.example", True, False),
        ("ann@grace.example", "", False, False),
    ],
    ids=["their own e-mail", "somebody else's", "who signs in otherwise", "who has left"],
)
def test_an_account_is_that_of_the_e_mail_on_the_roster_and_overwrites_none(
    email: str, before: str, on_roster: bool, legal: bool
) -> None:
    event = Event(Unplanned.ACCOUNT, "", 1, {}, {"account": email})
    ann = ANN._replace(email="ann@grace.example", key="ann@grace.example", account=before, on_roster=on_roster)
    if legal:
        assert posted(event, members={1: ann}).members == {1: ann._replace(account=email)}
    else:
        assert fault(event, members={1: ann}) == "an account of somebody else, or a second one"


def test_nobody_opts_out_where_the_institution_does_not_allow_it_or_is_unknown() -> None:
    offered = {"books": {1: HELD["offered"]}}
    for institution in (Institution("grace", "Grace", (), False), None):
        found = fault(EVENTS["opt-out"], licenses=offered, institution=institution)
        assert found == "opt-out, which the institution does not allow"


# ── Imports from a portal ──────────────────────────────────────────────────────────────────────────────────────────────

REPORTED = {
    "revoked": (Kind.NONE, Status.REVOKED),
    "opted out": (Kind.NONE, Status.OPTED_OUT),
    "none": (Kind.NONE, Status.NONE),
    "offered": (TEMPORARY, Status.UNCLAIMED),
    "claimed": (TEMPORARY, Status.DELIVERED),
    "offered for good": (PERMANENT, Status.UNCLAIMED),
    "claimed for good": (PERMANENT, Status.DELIVERED),
}


@pytest.mark.parametrize("said", REPORTED)
@pytest.mark.parametrize("held", HELD)
def test_a_portal_is_right_about_everything_but_taking_a_permanent_license_away(held: str, said: str) -> None:
    old, (kind, status) = HELD[held], REPORTED[said]
    event = Event(
        Unplanned.IMPORT, "books", 1, {"kind": kind, "status": status, "on": THEN}, {"account": "ann@home.example"}
    )
    licenses = {"books": {1: old}}
    declines = (held, said) == ("offered for good", "opted out")  # who has not claimed may decline
    if old.kind is PERMANENT and kind is not PERMANENT and not declines:
        assert fault(event, licenses=licenses, members={1: ANN._replace(account="ann@home.example")}) == (
            f"a license with kind permanent and status {old.status} does not allow import"
        )
    else:
        books = posted(event, licenses=licenses)
        since = THEN if held == "none" else FIRST
        first_on = since if held != "none" or kind is not Kind.NONE else ""
        assert books.licenses["books"][1] == License(kind, status, since, old.reminders, old.resent, first_on=first_on)
        assert books.members[1].account == "ann@home.example"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", Status)
def test_a_portal_that_contradicts_itself_is_not_believed(kind: Kind, status: Status) -> None:
    event = Event(Unplanned.IMPORT, "books", 1, {"kind": kind, "status": status, "on": THEN})
    if (kind, status) not in REPORTED.values():
        assert fault(event) == f"a license with kind none and status none does not allow import of {kind} {status}"


def test_who_is_on_no_roster_may_own_a_license_that_a_portal_reports_but_not_borrow_one() -> None:
    away = {1: ANN._replace(on_roster=False)}
    borrowed = Event(Unplanned.IMPORT, "books", 1, {"kind": "temporary", "status": "delivered", "on": THEN})
    owned = Event(Unplanned.IMPORT, "books", 1, {"kind": "permanent", "status": "delivered", "on": THEN})
    nothing = Event(Unplanned.IMPORT, "books", 1, {"kind": "none", "status": "revoked", "on": THEN})
    assert fault(borrowed, members=away) == "a temporary license of a member who is not on the roster"
    assert posted(owned, members=away).licenses == {
        "books": {1: License(PERMANENT, Status.DELIVERED, THEN, first_on=THEN)}
    }
    assert posted(nothing, members=away).licenses == {"books": {1: License(Kind.NONE, Status.REVOKED, THEN)}}


# ── How the other events change the state ─────────────────────────────────────────────────────────────────────────


def test_the_first_apply_brings_the_institution_though_its_contacts_may_have_been_erased_since() -> None:
    event = Event(
        Unplanned.INSTITUTION_ADD, detail={"id": "grace", "name": "Grace", "opt_out": True}, person={"contacts": [DANA]}
    )
    assert posted(event, institution=None) == books_of()
    erased = Institution("grace", "Grace", (), True)
    assert posted(event._replace(person=None), institution=None) == books_of(institution=erased)


@pytest.mark.parametrize(
    ("detail", "person", "institution"),
    [
        ({"name": "Grace Hall"}, None, Institution("grace", "Grace Hall", (Contact(**DANA),), True)),
        ({"opt_out": False}, None, Institution("grace", "Grace", (Contact(**DANA),), False)),
        ({}, {"contacts": []}, Institution("grace", "Grace", (), True)),
        ({}, {"contacts": [DANA, DANA]}, Institution("grace", "Grace", (Contact(**DANA), Contact(**DANA)), True)),
    ],
)
def test_an_update_of_the_institution_changes_what_it_names_and_nothing_else(
    detail: dict[str, Any], person: dict[str, Any] | None, institution: Institution
) -> None:
    event = Event(Action.INSTITUTION_UPDATE, detail=detail, person=person)
    assert posted(event) == books_of(institution=institution)


NO_SLOTS = "library-update: slots is unknown, or not a valid value"
FIELDS = {"title": "Maps", "system": "", "kinds": ["permanent"], "delivery": "account", "slots": 0}


def test_a_library_is_added_changed_in_what_is_named_and_removed() -> None:
    maps = Library("maps", "Maps", "", (Kind.PERMANENT,), Delivery.ACCOUNT, 0)
    books = posted(Event(Action.LIBRARY_ADD, "maps", detail=FIELDS))
    assert books == books_of(libraries={"books": BOOKS, "loans": LOANS, "maps": maps})
    post(books, Event(Action.LIBRARY_UPDATE, "maps", detail={"title": "Atlas"}))
    post(books, Event(Action.LIBRARY_UPDATE, "maps", detail={"slots": 1, "kinds": ["temporary", "permanent"]}))
    post(books, Event(Action.LIBRARY_UPDATE, "maps", detail={"delivery": "claim"}))
    atlas = Library("maps", "Atlas", "", BOTH, Delivery.CLAIM, 1)
    assert books == books_of(libraries={"books": BOOKS, "loans": LOANS, "maps": atlas})
    post(books, Event(Action.LIBRARY_REMOVE, "maps"))
    assert books == books_of()


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Event(Action.LIBRARY_ADD, "books", detail=FIELDS), "library-add of books"),
        (Event(Action.LIBRARY_UPDATE, "maps", detail=FIELDS), "library-update of maps"),
        (Event(Action.LIBRARY_UPDATE, "books", detail={"slots": -1}), NO_SLOTS),
        (Event(Action.LIBRARY_UPDATE, "books", detail={"slots": "9"}), NO_SLOTS),
        (Event(Action.LIBRARY_REMOVE, "maps"), "library-remove does not fit the ledger: KeyError('maps')"),
        (Event(cast(Action, "library-burn"), "maps"), "library-burn does not fit the ledger: KeyError('library-burn')"),
    ],
)
def test_an_event_that_does_not_fit_the_libraries_is_illegal(event: Event, why: str) -> None:
    assert fault(event) == why


@pytest.mark.parametrize("held", HELD)
def test_a_library_is_not_removed_while_anybody_has_a_seat_in_it(held: str) -> None:
    event = Event(Action.LIBRARY_REMOVE, "books")
    licenses = {"books": {1: HELD["revoked"], 2: HELD[held]}, "loans": {1: HELD["claimed"]}}
    if HELD[held].kind is Kind.NONE:
        assert posted(event, licenses=licenses).libraries == {"loans": LOANS}
    else:
        assert fault(event, licenses=licenses) == "books is still in use"


def test_administrators_are_added_renamed_and_removed_by_their_email_in_any_case() -> None:
    zoe = {"email": "Zoe@grace.example", "given_name": "Zoe", "family_name": "Cole"}
    books = posted(Event(Action.ADMIN_ADD, person=zoe))
    assert books.admins == {"ruth@grace.example": RUTH, "zoe@grace.example": Admin("Zoe@grace.example", "Zoe", "Cole")}
    married = {"email": "ruth@grace.example", "given_name": "Rut", "family_name": "Cole"}
    post(books, Event(Action.ADMIN_UPDATE, person=married))
    assert books.admins == {
        "ruth@grace.example": Admin("ruth@grace.example", "Rut", "Cole"),
        "zoe@grace.example": Admin("Zoe@grace.example", "Zoe", "Cole"),
    }
    post(books, Event(Action.ADMIN_UPDATE, person={**married, "briefed": False}))
    assert books.admins["ruth@grace.example"] == Admin("ruth@grace.example", "Rut", "Cole", False)
    post(books, Event(Action.ADMIN_REMOVE, person={"email": "RUTH@grace.example"}))
    assert books.admins == {"zoe@grace.example": Admin("Zoe@grace.example", "Zoe", "Cole")}


def test_only_administrators_are_briefed_and_nothing_changes() -> None:
    before = posted(
        Event(Action.ADMIN_UPDATE, person={"email": "ruth@grace.example", "given_name": "R", "family_name": "C"})
    )
    after = before.copy()
    post(after, Event(Unplanned.BRIEFING, person={"email": "Ruth@grace.example"}))
    assert after == before
    assert "no administrator" in fault(Event(Unplanned.BRIEFING, person={"email": "zoe@grace.example"}))


@pytest.mark.parametrize(
    ("action", "email", "why"),
    [
        (Action.ADMIN_ADD, "RUTH@grace.example", "admin-add of an administrator"),
        (Action.ADMIN_UPDATE, "zoe@grace.example", "admin-update of an administrator"),
        (
            Action.ADMIN_REMOVE,
            "zoe@grace.example",
            "admin-remove does not fit the ledger: KeyError('zoe@grace.example')",
        ),
    ],
)
def test_an_event_that_does_not_fit_the_administrators_is_illegal(action: Action, email: str, why: str) -> None:
    assert fault(Event(action, person={"email": email, "given_name": "Z", "family_name": "C"})) == why


NEW = {
    "email": "Ben@grace.example",
    "given_name": "Ben",
    "family_name": "Ode",
    "student_id": "",
    "role": "",
    "tags": "",
}


def test_who_is_new_is_recorded_with_the_day_and_who_comes_back_keeps_it_and_the_account() -> None:
    ben = Member(*Person("Ben@grace.example", "Ben", "Ode"), "ben@grace.example", THEN)
    event = Event(Action.MEMBER_ADD, "", 2, {"on": THEN}, NEW)
    assert posted(event) == books_of(members={1: ANN, 2: ben})
    left = ben._replace(
        email="old@grace.example",
        key="old@grace.example",
        family_name="Old",
        imported_on=FIRST,
        on_roster=False,
        account="ben@home.example",
    )
    back = ben._replace(imported_on=FIRST, account="ben@home.example")
    assert posted(event, members={1: ANN, 2: left}) == books_of(members={1: ANN, 2: back})


def test_nobody_arrives_who_is_there_nor_leaves_or_changes_who_is_not() -> None:
    assert fault(Event(Action.MEMBER_ADD, "", 1, {"on": THEN}, NEW)) == "member-add of a member who is on the roster"
    for action in (Action.MEMBER_UPDATE, Action.MEMBER_REMOVE):
        assert fault(Event(action, "", 2)) == f"{action} does not fit the ledger: KeyError(2)"


@pytest.mark.parametrize("action", [Action.ADMIN_ADD, Action.ADMIN_UPDATE, Action.ADMIN_REMOVE, Action.MEMBER_ADD])
def test_an_event_whose_person_was_erased_can_not_be_replayed(action: Action) -> None:
    assert fault(Event(action, "", 2, {"on": THEN})) == f"{action} does not fit the ledger: KeyError('email')"


def test_an_update_of_a_member_changes_what_it_names_and_compares_by_the_new_email() -> None:
    event = Event(Action.MEMBER_UPDATE, "", 1, {}, {"role": "Tutor", "tags": "faculty"})
    assert posted(event).members == {1: ANN._replace(role="Tutor", tags="faculty")}
    event = Event(Action.MEMBER_UPDATE, "", 1, {}, {"email": "A.Lee@grace.example"})
    assert posted(event).members == {1: ANN._replace(email="A.Lee@grace.example", key="a.lee@grace.example")}
    assert posted(event._replace(person=None)) == books_of()


@pytest.mark.parametrize("held", HELD)
def test_who_leaves_has_given_back_what_was_temporary_and_keeps_what_is_owned(held: str) -> None:
    event = Event(Action.MEMBER_REMOVE, "", 1)
    licenses = {"loans": {}, "books": {1: HELD[held], 2: HELD["claimed"]}}
    if HELD[held].kind is TEMPORARY:
        found = fault(event, licenses=licenses)
        assert found == "member-remove of a member who still holds a temporary license"
    else:
        assert posted(event, licenses=licenses) == books_of(
            members={1: ANN._replace(on_roster=False)}, licenses=licenses
        )


def members_of(*members: Member) -> Snapshot:
    return books_of(members=dict(enumerate(members, 1)))


def test_no_two_members_on_the_roster_have_one_email_and_no_two_anywhere_one_student_id() -> None:
    away = ANN._replace(on_roster=False)
    twin, nameless = ANN._replace(student_id="02"), ANN._replace(student_id="", on_roster=False)
    other = ANN._replace(email="x@grace.example", key="x@grace.example")
    assert duplicate_name(members_of(ANN, other._replace(student_id="02"))) is None
    assert duplicate_name(members_of(ANN, twin)) == "ann@grace.example"
    assert duplicate_name(members_of(away, twin)) is None
    assert duplicate_name(members_of(ANN, other)) == duplicate_name(members_of(away, other)) == "id 01"
    assert duplicate_name(members_of(nameless, nameless, ANN, other._replace(student_id="02"))) is None


def test_the_first_library_is_named_in_which_more_seats_are_used_than_there_are() -> None:
    full = {1: GRANTED, 2: HELD["claimed for good"], 3: HELD["revoked"]}

    def libraries(slots: int) -> Iterator[tuple[str, Library]]:
        return ((library.id, replace(library, slots=slots)) for library in (BOOKS, LOANS))

    licenses = {"books": full, "loans": full}
    assert overfull(books_of(libraries=dict(libraries(2)), licenses=licenses), ["books", "loans"]) is None
    assert overfull(books_of(libraries=dict(libraries(1)), licenses=licenses), ["loans", "books"]) == "loans"
    assert overfull(books_of(libraries=dict(libraries(1)), licenses=licenses), []) is None


# ── A plan has the whole of every change, and its place in the files ────────────────────────────────────────────────

TODAY = date(2026, 10, 1)
SAID = [
    "institution",
    "admins",
    "admins.ruth@grace.example",
    "libraries",
    "libraries.books",
    "libraries.books.slots",
    "libraries.loans",
    "libraries.loans.slots",
    "rosters",
    "grants",
    "invites",
    "limits",
]
PLACES = {name: Origin("seatsync.yaml", line) for line, name in enumerate(SAID, start=2)}
EVERYONE = Selector(everyone=True)
DAY = date(2026, 12, 31)


def test_who_was_added_before_a_field_was_known_has_nothing_in_it() -> None:
    person = {"email": "ben@grace.example", "given_name": "Ben", "family_name": "Ode"}
    books = posted(Event(Action.MEMBER_ADD, "", 2, {"on": THEN}, person))
    assert books.members[2] == Member("ben@grace.example", "Ben", "Ode", "", "", "", "ben@grace.example", THEN)


def on_roster(email: str = "ann@grace.example", **others: Any) -> RosterMember:
    """A roster row: Ann as in the ledger."""
    ann = RosterMember(*Person(*person_of(ANN)), email_key(email), "rosters/members.csv", 2)
    return ann._replace(email=email, **others)


def rule(to: Selector = EVERYONE, line: int = 20, **others: Any) -> Grant:
    given: dict[str, Any] = {"library": "books", "kind": TEMPORARY, "origin": Origin("seatsync.yaml", line)}
    return Grant(to=to, **given | others)


def files_of(**others: Any) -> Desired:
    """Files that ask for exactly what ``books_of`` has; ``others`` replace its fields."""
    given: dict[str, Any] = {
        "institution": books_of().institution,
        "admins": [RUTH],
        "libraries": {"books": BOOKS, "loans": LOANS},
        "members": [on_roster()],
        "grants": [],
        "rosters": [Roster("rosters/members.csv", 1, PLACES["rosters"])],
        "places": PLACES,
    }
    return Desired(**given | others)


def changes(files: Desired, **ledger: Any) -> list[Change]:
    books = books_of(**ledger)
    return diff(files, books, TODAY, invited_at_once(books)).changes


def invited_at_once(books: Snapshot) -> dict[tuple[str, int], date]:
    """When members were invited to their seats, if each invitation was sent on the day of the grant."""
    held = ((library, *one) for library, licenses in books.licenses.items() for one in licenses.items())
    return {(library, number): date.fromisoformat(one.invited_on) for library, number, one in held if one.invited_on}


def planned(files: Desired, **ledger: Any) -> Plan:
    return judge(diff(files, books_of(**ledger), TODAY), datetime(2026, 10, 1, 12, tzinfo=UTC), [])


def test_files_that_ask_for_what_is_there_change_nothing() -> None:
    assert changes(files_of()) == []


def told_of(admin: Admin) -> dict[str, object]:
    """An administrator who gets briefings, as plans tell of them."""
    return {name: value for name, value in asdict(admin).items() if name != "briefed"}


def test_the_first_plan_tells_all_that_is_new_whole() -> None:
    ben = RosterMember(*Person("Ben@grace.example", "Ben", "Ode"), "ben@grace.example", "rosters/members.csv", 3)
    files = files_of(
        libraries={"books": BOOKS}, members=[on_roster(tags="mdiv;student"), ben], grants=[rule(until=DAY, resend="a")]
    )
    fields = {
        "title": "Books",
        "system": "logos-library",
        "kinds": ["temporary", "permanent"],
        "delivery": "claim",
        "slots": 10,
    }
    person = {"given_name": "Ann", "family_name": "Lee", "student_id": "01", "role": "Student"}
    after = {"until": "2026-12-31", "resend": ["a"]}
    line, row = PLACES, Origin("rosters/members.csv", 2)
    granted = ("Granted: everyone", Origin("seatsync.yaml", 20), "books")
    assert diff(files, Snapshot(), TODAY).changes == [
        Change(Action.LIBRARY_ADD, "New in seatsync.yaml", line["libraries.books"], "books", after=fields),
        Change(Action.ADMIN_ADD, "New administrator", line["admins.ruth@grace.example"], after=told_of(RUTH)),
        Change(
            Action.MEMBER_ADD,
            "New on a roster",
            row,
            member="ann@grace.example",
            after=person | {"tags": ["mdiv", "student"]},
        ),
        Change(
            Action.MEMBER_ADD,
            "New on a roster",
            Origin("rosters/members.csv", 3),
            member="Ben@grace.example",
            after={"given_name": "Ben", "family_name": "Ode"},
        ),
        Change(Action.GRANT, *granted, "ann@grace.example", "temporary", "unclaimed", None, after),
        Change(Action.GRANT, *granted, "Ben@grace.example", "temporary", "unclaimed", None, after),
    ]


def test_what_differs_in_seatsync_yaml_is_told_with_what_was_and_what_will_be() -> None:
    files = files_of(
        institution=Institution("grace", "Grace Hall", (), False),
        libraries={"books": replace(BOOKS, slots=12, kinds=(TEMPORARY,))},
        admins=[Admin("ruth@grace.example", "Ruth", "Cole")],
    )
    ruth = Admin("ruth@grace.example", "Ruth", "Abel")
    hal = Admin("hal@grace.example", "Hal", "Byrd")
    reason = "Changed in seatsync.yaml"
    contact = {"name": "Dana Fox", "email": "dana@vendor.example", "role": "Customer Success"}
    loans = {"title": "Loans", "system": "", "kinds": ["temporary"], "delivery": "account", "slots": 10}
    assert changes(files, admins={"ruth@grace.example": ruth, "hal@grace.example": hal}) == [
        Change(
            Action.INSTITUTION_UPDATE,
            reason,
            PLACES["institution"],
            before={"name": "Grace", "contacts": [contact], "opt_out": True},
            after={"name": "Grace Hall", "contacts": [], "opt_out": False},
        ),
        Change(
            Action.LIBRARY_UPDATE,
            reason,
            PLACES["libraries.books"],
            "books",
            before={"kinds": ["temporary", "permanent"], "slots": 10},
            after={"kinds": ["temporary"], "slots": 12},
        ),
        Change(Action.ADMIN_REMOVE, "No longer an administrator", PLACES["admins"], before=told_of(hal)),
        Change(
            Action.ADMIN_UPDATE,
            "Name changed in seatsync.yaml",
            PLACES["admins.ruth@grace.example"],
            before=told_of(ruth),
            after=told_of(replace(ruth, family_name="Cole")),
        ),
        Change(Action.LIBRARY_REMOVE, "No longer in seatsync.yaml", PLACES["libraries"], "loans", before=loans),
    ]


def test_a_member_who_differs_leaves_or_comes_back_is_told_with_what_was_and_what_will_be() -> None:
    gone = Member("gone@grace.example", "Gail", "", "07", "Tutor", "staff", "gone@grace.example", FIRST)
    back = ANN._replace(email="back@grace.example", key="back@grace.example", student_id="02", on_roster=False)
    files = files_of(
        members=[
            on_roster("a.lee@grace.example", role="", tags="mdiv;phd"),
            on_roster("back@grace.example", student_id="02", line=3),
            on_roster("Ben@grace.example", student_id="03", given_name="Benedict", line=4),
        ]
    )
    row = Origin("rosters/members.csv", 2)
    ben = ANN._replace(email="ben@grace.example", key="ben@grace.example", student_id="03", given_name="Ben", tags="")
    assert changes(files, members={1: ANN, 3: ben, 5: gone, 7: back}) == [
        Change(
            Action.MEMBER_ADD,
            "Back on a roster; the earlier record is used again",
            Origin("rosters/members.csv", 3),
            member="back@grace.example",
            after={"given_name": "Ann", "family_name": "Lee", "student_id": "02", "role": "Student", "tags": ["mdiv"]},
            record=7,
        ),
        Change(
            Action.MEMBER_UPDATE,
            "Changed in the roster",
            row,
            member="a.lee@grace.example",
            before={"email": "ann@grace.example", "role": "Student", "tags": ["mdiv"]},
            after={"email": "a.lee@grace.example", "role": "", "tags": ["mdiv", "phd"]},
            record=1,
        ),
        Change(
            Action.MEMBER_UPDATE,
            "Changed in the roster",
            Origin("rosters/members.csv", 4),
            member="Ben@grace.example",
            before={"given_name": "Ben", "tags": []},
            after={"given_name": "Benedict", "tags": ["mdiv"]},
            record=3,
        ),
        Change(
            Action.MEMBER_REMOVE,
            "No longer on any roster",
            PLACES["rosters"],
            member="gone@grace.example",
            before={"given_name": "Gail", "student_id": "07"},
            record=5,
        ),
    ]


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        (EVERYONE, "Granted: everyone"),
        (Selector(tags=("mdiv", "phd")), "Granted: tag mdiv and tag phd"),
        (Selector(any_tags=("mdiv", "phd")), "Granted: one of the tags mdiv, phd"),
        (Selector(not_tags=("staff", "guest")), "Granted: none of the tags staff, guest"),
        (Selector(emails=("ann@grace.example",)), "Granted: named by e-mail"),
        (Selector(selection=Selection("lists/a.csv", [("01", "", 2)])), "Granted: listed in lists/a.csv"),
        (
            Selector(
                True, ("mdiv",), ("phd",), ("staff",), ("ann@grace.example",), Selection("a.csv", [("01", "", 2)])
            ),
            "Granted: tag mdiv and tag phd and not tag staff and listed in a.csv and named by e-mail",
        ),
    ],
)
def test_a_grant_says_by_which_of_its_conditions_it_reaches_the_member(to: Selector, reason: str) -> None:
    (change,) = changes(
        files_of(members=[on_roster(tags="mdiv;phd")], grants=[rule(to)]), members={1: ANN._replace(tags="mdiv;phd")}
    )
    assert change.reason == reason


def test_the_day_of_the_first_apply_is_a_tag_and_for_who_is_new_it_is_today() -> None:
    ben = on_roster("ben@grace.example", student_id="02", line=3)
    grants = [
        rule(Selector(tags=("imported:2026-09-01",))),
        rule(Selector(tags=("imported:2026-10-01",)), library="loans"),
    ]
    found = changes(files_of(members=[on_roster(), ben], grants=grants))
    granted = [(change.library, change.member) for change in found if change.action is Action.GRANT]
    assert granted == [("books", "ann@grace.example"), ("loans", "ben@grace.example")]


@pytest.mark.parametrize("held", HELD)
def test_what_a_grant_changes_depends_on_what_is_held(held: str) -> None:
    old = HELD[held]
    for kind in BOTH:
        found = changes(files_of(grants=[rule(kind=kind)]), licenses={"books": {1: old}})
        where = ("Granted: everyone", Origin("seatsync.yaml", 20), "books", "ann@grace.example", kind)
        before = None if held == "none" else {"kind": "none", "status": old.status}
        if held == "opted out" or old.kind in (kind, PERMANENT):
            assert found == []
        elif old.kind is Kind.NONE:
            assert found == [Change(Action.GRANT, *where, "unclaimed", before, None, 1)]
        else:
            assert found == [Change(Action.UPGRADE, *where, old.status, {"kind": "temporary"}, None, 1)]


@pytest.mark.parametrize("held", HELD)
def test_what_is_asked_for_no_more_is_revoked_and_the_change_says_why(held: str) -> None:
    old, ended = HELD[held], rule(until=date(2026, 9, 30))
    no_more = "The library is no longer in seatsync.yaml"
    for files, reason, where in (
        (files_of(), "No longer granted", PLACES["grants"]),
        (files_of(grants=[ended]), "The end date of the grant, 2026-09-30, has passed (was: no end)", ended.origin),
        (files_of(libraries={"loans": LOANS}), no_more, PLACES["libraries"]),
        (files_of(members=[]), "No longer on any roster", PLACES["rosters"]),
    ):
        found = [c for c in changes(files, licenses={"books": {1: old}}) if c.action is Action.REVOKE]
        before = {"status": old.status}
        revoke = Change(
            Action.REVOKE, reason, where, "books", "ann@grace.example", old.kind, "revoked", before, None, 1
        )
        kept = old.kind is PERMANENT and (reason == no_more or not files.members)
        assert found == ([] if old.kind is Kind.NONE or kept else [revoke])


@pytest.mark.parametrize(
    ("until", "excused"), [("2026-09-30", True), ("", False), ("2026-10-31", False)], ids=["past", "no end", "later"]
)
def test_only_an_end_date_of_the_ledger_excuses_revokes(until: str, excused: bool) -> None:
    licenses = {"books": {1: HELD["claimed"]._replace(until=until)}}
    for grants in ([rule(until=date(2026, 9, 30))], []):
        refusals = planned(files_of(grants=grants, limits=Limits(0, False)), licenses=licenses).refusals
        assert [refusal.code for refusal in refusals] == ([] if excused else ["too-many-revokes"])


@pytest.mark.parametrize(
    ("was", "until", "counts"),
    [
        ("", "2026-10-31", True),
        ("2026-11-30", "2026-10-31", True),
        ("", "2026-11-01", False),  # 31 days away
        ("2026-10-30", "2026-10-31", False),
        ("2026-10-31", "", False),
    ],
)
def test_only_an_end_date_that_moves_to_an_earlier_day_soon_counts_to_the_limit(
    was: str, until: str, counts: bool
) -> None:
    files = files_of(
        grants=[rule(until=date.fromisoformat(until) if until else None)], limits=Limits(0, False, soon=30)
    )
    plan = planned(files, licenses={"books": {1: HELD["claimed"]._replace(until=was)}})
    assert [change.action for change in plan.changes] == [Action.LICENSE_UPDATE]
    assert [refusal.code for refusal in plan.refusals] == (["too-many-revokes"] if counts else [])


@pytest.mark.parametrize(
    ("values", "reminded", "reason", "after"),
    [
        (["once"], 2, None, None),
        (["two", "once"], 2, "Resend: two", {"resend": ["two"]}),
        (["two", "three"], 2, "Resend: three, two", {"resend": ["three", "two"]}),
        ([], 1, "Reminder 2: unclaimed since 2026-09-01", {"reminders": 2}),
        ([], 0, "Reminder 2: unclaimed since 2026-09-01", {"reminders": 2}),
        (["two"], 1, "Resend: two", {"resend": ["two"], "reminders": 2}),
    ],
)
def test_a_resend_says_whether_it_was_asked_for_or_is_a_reminder(
    values: list[str], reminded: int, reason: str | None, after: dict[str, Any] | None
) -> None:
    grants = [rule(line=line, resend=value) for line, value in enumerate(["", *values], start=20)]
    licenses = {"books": {1: HELD["offered"]._replace(reminders=reminded)}}
    found = changes(files_of(grants=grants, remind_after=(3, 7, 60)), licenses=licenses)
    if reason is None:
        assert found == []
    else:
        where = PLACES["invites"] if reason.startswith("Reminder") else Origin("seatsync.yaml", 20)
        person = ("books", "ann@grace.example", "temporary", "unclaimed")
        assert found == [Change(Action.RESEND, reason, where, *person, None, after, 1)]


# ── Refusals, warnings and notices point at the place to fix ─────────────────────────────────────────────────

RULE = Origin("seatsync.yaml", 20)
ROSTER = Origin("seatsync.yaml", 12)
OFFERED, OWNED = {"books": {1: HELD["offered"]}}, {"books": {1: HELD["claimed for good"]}}
ENDED = rule(until=date(2026, 9, 30))
BEN = on_roster("ben@grace.example", student_id="02", line=3)
NARROW = {"books": replace(BOOKS, slots=0), "loans": LOANS}
NONE_MAY_GO = Limits(0, False)


@pytest.mark.parametrize(
    ("code", "where", "files", "ledger"),
    [
        ("institution-mismatch", PLACES["institution"], {"institution": Institution("hall", "Hall")}, {}),
        ("empty-roster", ROSTER, {"rosters": [Roster("a.csv", 0, ROSTER)]}, {"rosters": {"a.csv": 1}}),
        ("empty-roster", PLACES["rosters"], {"members": [], "rosters": []}, {}),
        ("permanent-downgrade", RULE, {"grants": [rule()]}, {"licenses": OWNED}),
        ("permanent-revoke", PLACES["grants"], {}, {"licenses": OWNED}),
        ("kind-not-allowed", RULE, {"grants": [rule(library="loans", kind=PERMANENT)]}, {"licenses": {"loans": {}}}),
        (
            "kind-not-allowed",
            PLACES["libraries.books"],
            {
                "libraries": {"books": replace(BOOKS, kinds=(TEMPORARY,)), "loans": LOANS},
                "grants": [rule(kind=PERMANENT)],
            },
            {"licenses": OWNED},
        ),
        ("library-in-use", PLACES["libraries"], {"libraries": {"loans": LOANS}}, {"licenses": OWNED}),
        (
            "library-in-use",
            PLACES["libraries"],
            {"libraries": {"books": BOOKS}},
            {"licenses": {"loans": {1: HELD["claimed for good"]}}},
        ),
        (
            "slots-below-used",
            PLACES["libraries.books.slots"],
            {"libraries": NARROW, "grants": [rule()]},
            {"licenses": OFFERED},
        ),
        (
            "slots-exceeded",
            PLACES["libraries.books.slots"],
            {"libraries": NARROW, "grants": [rule()]},
            {"libraries": NARROW},
        ),
        ("too-many-revokes", PLACES["limits"], {"limits": NONE_MAY_GO}, {"licenses": OFFERED}),
        (
            "too-many-revokes",
            PLACES["grants"],
            {"limits": NONE_MAY_GO, "places": {"grants": PLACES["grants"]}},
            {"licenses": OFFERED},
        ),
    ],
)
def test_a_refusal_points_at_the_line_to_be_mended(
    code: str, where: Origin, files: dict[str, Any], ledger: dict[str, Any]
) -> None:
    found = planned(files_of(**files), **ledger).refusals[-1]
    assert (found.code, found.origin, found.severity) == (code, where, Severity.REFUSAL)
    nowhere = code in ("institution-mismatch", "empty-roster")
    assert found.library == (None if nowhere else "loans" if "loans" in ledger.get("licenses", ()) else "books")


@pytest.mark.parametrize(
    ("code", "severity", "where", "files", "ledger"),
    [
        ("grant-reaches-nobody", Severity.WARNING, RULE, {"grants": [rule(Selector(tags=("x",)))]}, {}),
        ("unknown-member", Severity.WARNING, RULE, {"grants": [rule(Selector(emails=("x@grace.example",)))]}, {}),
        (
            "unknown-member",
            Severity.WARNING,
            Origin("lists/a.csv", 3),
            {"grants": [rule(Selector(selection=Selection("lists/a.csv", [("01", "", 2), ("99", "", 3)])))]},
            {},
        ),
        (
            "unknown-member",
            Severity.WARNING,
            RULE,
            {
                "grants": [
                    rule(Selector(emails=("x@grace.example",), selection=Selection("lists/a.csv", [("99", "", 3)])))
                ]
            },
            {},
        ),
        (
            "tag-lookalike",
            Severity.WARNING,
            Origin("rosters/members.csv", 2),
            {"members": [on_roster(tags="mdi"), BEN, BEN._replace(email="c@grace.example", key="c@grace.example")]},
            {"members": {1: ANN._replace(tags="mdi"), 2: ANN._replace(student_id="02")}},
        ),
        (
            "student-id-zeros",
            Severity.WARNING,
            Origin("rosters/members.csv", 2),
            {"members": [on_roster(student_id="1")]},
            {},
        ),
        (
            "same-name",
            Severity.WARNING,
            Origin("rosters/members.csv", 2),
            {"members": [on_roster("lee@grace.example", student_id="10")]},
            {},
        ),
        (
            "approval-expired",
            Severity.WARNING,
            ROSTER,
            {"approvals": [Approval("empty-roster", date(2026, 9, 30), ROSTER)]},
            {},
        ),
        (
            "approval-unknown",
            Severity.WARNING,
            ROSTER,
            {"approvals": [Approval("too-many-revokes", DAY, ROSTER, "x", 1)]},
            {},
        ),
        ("opted-out", Severity.NOTICE, RULE, {"grants": [rule()]}, {"licenses": {"books": {1: HELD["opted out"]}}}),
        ("permanent-kept", Severity.NOTICE, PLACES["rosters"], {"members": []}, {"licenses": OWNED}),
        (
            "permanent-retained",
            Severity.NOTICE,
            PLACES["grants"],
            {"limits": Limits(retain_permanent=True)},
            {"licenses": OWNED},
        ),
        (
            "permanent-retained",
            Severity.NOTICE,
            RULE,
            {"limits": Limits(retain_permanent=True), "grants": [ENDED]},
            {"licenses": OWNED},
        ),
    ],
)
def test_a_warning_and_a_notice_point_at_the_line_they_are_about(
    code: str, severity: Severity, where: Origin, files: dict[str, Any], ledger: dict[str, Any]
) -> None:
    found = planned(files_of(**files), **ledger).warnings[-1]
    assert (found.code, found.severity, found.origin) == (code, severity, where)


def test_the_institution_of_a_ledger_is_not_renamed_by_the_files_of_another() -> None:
    assert changes(files_of(institution=Institution("hall", "Hall"))) == []


def guessed(**files: Any) -> list[bool]:
    """For each grant that names an unknown e-mail, whether Ann's is suggested."""
    found = [warning.message for warning in planned(files_of(**files)).warnings if warning.code == "unknown-member"]
    return [message.endswith('Did you mean "ann@grace.example"?') for message in found]


TYPO = rule(Selector(emails=("ann@grace.exampel",)))


def test_a_similar_email_is_suggested_for_the_first_twenty_grants() -> None:
    assert guessed(grants=[replace(TYPO) for _ in range(21)]) == [True] * 20 + [False]


@pytest.mark.parametrize(("members", "suggested"), [(5_000, True), (5_001, False)])
def test_a_similar_email_is_suggested_among_up_to_five_thousand_members(members: int, suggested: bool) -> None:
    crowd = [on_roster(f"{number}@x.example", student_id="") for number in range(members - 1)]
    assert guessed(members=[on_roster(), *crowd], grants=[TYPO]) == [suggested]
    assert guessed(counted={Alike(""): members - 1}, grants=[TYPO]) == [suggested]


@pytest.mark.parametrize(("letters", "warned"), [(100, True), (101, False)])
def test_tags_of_up_to_a_hundred_letters_are_checked_for_typing_errors(letters: int, warned: bool) -> None:
    tag = "a" * letters
    members = [on_roster(tags=tag), on_roster("b@x.example", tags=tag), on_roster("c@x.example", tags=tag[1:] + "b")]
    codes = [warning.code for warning in planned(files_of(members=members)).warnings]
    assert ("tag-lookalike" in codes) == warned


def test_too_many_revokes_of_several_libraries_are_refused_in_the_order_of_their_ids() -> None:
    seats = {1: HELD["offered"]}
    files = files_of(libraries={"loans": LOANS, "books": BOOKS}, limits=NONE_MAY_GO)
    refused = planned(files, libraries={"loans": LOANS, "books": BOOKS}, licenses={"loans": seats, "books": seats})
    assert [refusal.library for refusal in refused.refusals] == ["books", "loans"]
    assert refused.refusals[0].message == (
        '1 of 1 people with a seat of "Books" (books) would lose it (100%; limit 0): ann@grace.example.'
    )


# ── A partial plan: some members are loaded, the others are only counted ─────────────────────────────────────────


def partly_planned(tags: str, *members: RosterMember, grants: Sequence[Grant] = ()) -> Plan:
    """The plan of these members, and of one with ``tags`` who is only counted."""
    draft = diff(files_of(members=[*members], counted={Alike(tags): 1}, grants=[*grants]), books_of(), TODAY)
    return judge(draft, datetime(2026, 10, 1, 12, tzinfo=UTC), [], is_part=True)


def test_the_tags_of_members_who_are_only_counted_are_known() -> None:
    grant = rule(Selector(any_tags=("mdiv", "mdvi"), not_tags=("phd",)))
    assert [
        warning.message for warning in partly_planned("mdiv;dean", on_roster(tags=""), grants=[grant]).warnings
    ] == [
        'No member has the tag "mdvi", so it adds nobody. Did you mean "mdiv"?',
        'No member has the tag "phd", so it excludes nobody.',
    ]


def test_a_tag_that_a_loaded_member_has_is_compared_with_the_tags_of_all() -> None:
    plan = partly_planned("mdiv;dean", on_roster(tags="mdiv"), BEN._replace(tags="mdi"))
    assert [warning.message for warning in plan.warnings] == [
        'The tag "mdi" is used once, by ben@grace.example, and differs by one letter from "mdiv", which 2 members have.'
    ]


@pytest.mark.parametrize("tags", ["dean;mdi", "one,two"])
def test_all_members_are_read_where_the_first_one_with_a_tag_may_be_only_counted(tags: str) -> None:
    with pytest.raises(NotWhole):
        partly_planned(tags, on_roster(tags="mdiv"), BEN._replace(tags="mdiv"))


def test_all_members_are_read_where_an_email_may_be_like_that_of_one_who_is_only_counted() -> None:
    with pytest.raises(NotWhole):
        partly_planned("mdiv", on_roster(), grants=[TYPO])


@pytest.mark.parametrize(
    "access",
    [len, iter, bool, lambda c: "x" in c, lambda c: c[0], lambda c: c == [], lambda c: c.items()],
    ids=["len", "iter", "bool", "in", "item", "equals", "attribute"],
)
@pytest.mark.parametrize(
    "collection",
    [
        "desired.members",
        "snapshot.members",
        "snapshot.licenses",
        "matching.records",
        "entitlements.wanted",
        "entitlements.ended",
        "entitlements.resends",
        "entitlements.regrants",
        "entitlements.not_due",
    ],
)
def test_a_rule_cannot_take_the_loaded_members_for_all(collection: str, access: Callable[[Any], object]) -> None:
    draft = without_members(diff(files_of(), books_of(), TODAY))
    assert draft.desired.libraries == files_of().libraries
    with pytest.raises(NotWhole):
        access(attrgetter(collection)(draft))


# ── A plan names its institution, its day and its ledger ─────────────────────────────────────────────────


def test_a_plan_is_bound_to_its_institution_day_files_and_ledger() -> None:
    told = Diagnostic(
        "title-row", "There is a title row.", "Delete it.", Origin("rosters/members.csv"), Severity.WARNING
    )
    files = files_of(digest="d" * 64, grants=[rule(Selector(tags=("phd",)))])
    books = books_of(serial=7, head="h" * 64)
    plan = judge(diff(files, books, TODAY), datetime(2026, 10, 1, 12, 30, 59, 999, tzinfo=UTC), [told])
    assert (plan.institution, plan.name) == ("grace", "Grace")
    assert (plan.now, plan.created_at) == ("2026-10-01", "2026-10-01T12:30:59Z")
    assert (plan.desired_digest, plan.serial, plan.head) == ("d" * 64, 7, "h" * 64)
    assert plan.rosters == {"rosters/members.csv": 1}
    assert plan.settings == {"name": "Grace", "contacts": (DANA,), "opt_out": True}
    assert plan.changes == []
    assert {library: change.after.total for library, change in plan.slots.items()} == {"books": 10, "loans": 10}
    assert plan.refusals == []
    assert [warning.code for warning in plan.warnings] == ["title-row", "grant-reaches-nobody"]
    assert plan.fingerprint == printed([])


def test_the_settings_of_the_institution_count_in_the_fingerprint_of_a_first_plan_alone() -> None:
    hall = Institution("grace", "Grace Hall", (), False)

    def of(institution: Institution, serial: int) -> str:
        files = files_of(institution=institution)
        return planned(files, serial=serial, institution=institution).fingerprint

    assert of(hall, 1) == of(Institution("grace", "Grace", (), True), 1)
    assert of(hall, 0) != of(Institution("grace", "Grace", (), True), 0)


SORTS = [
    Change(Action.ADMIN_ADD, "", PLACES["admins"], after={"email": "a@grace.example"}),
    Change(Action.ADMIN_ADD, "", PLACES["admins"], after={"email": "b@grace.example"}),
    Change(Action.ADMIN_REMOVE, "", PLACES["admins"], before={"email": "c@grace.example"}),
    Change(Action.ADMIN_REMOVE, "", PLACES["admins"], before={"email": "d@grace.example"}),
]
GRANT = Change(
    Action.GRANT, "", PLACES["grants"], "books", "ann@grace.example", TEMPORARY, "unclaimed", {"kind": "none"}, {"a": 1}
)
OTHERWISE: list[dict[str, Any]] = [
    {"action": Action.RESEND},
    {"library": "loans"},
    {"member": "ben@grace.example"},
    {"kind": PERMANENT},
    {"status": "delivered"},
]
MORE: list[dict[str, Any]] = [{"before": None}, {"before": {"kind": "x"}}, {"after": None}, {"after": {"a": 2}}]
SAME: list[dict[str, Any]] = [{"reason": "because"}, {"origin": PLACES["limits"]}, {"record": 9}]


def printed(changes: Iterable[Change], settings: Mapping[str, object] | None = None) -> str:
    return fingerprint(grouped(changes), settings)


def test_a_long_plan_is_told_in_pieces_and_has_the_fingerprint_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [*SORTS, *(GRANT._replace(**other) for other in [{}, *OTHERWISE, *MORE])]
    whole = printed(changes)
    monkeypatch.setattr(planning, "_AT_ONCE", 2)
    assert printed(changes) == whole


def test_a_fingerprint_is_that_of_what_changes_in_whatever_order_whoever_asks_for_it() -> None:
    several = [GRANT, *(GRANT._replace(**other) for other in OTHERWISE)]
    for some in (SORTS, several[:4], [several[0], *several[4:]]):
        assert len({printed(order) for order in permutations(some)}) == 1
    assert {printed([GRANT._replace(**same)]) for same in SAME} == {printed([GRANT])}
    others = [printed([GRANT._replace(**other)]) for other in [{}, *OTHERWISE, *MORE]]
    assert len(set(others)) == len(others)
    assert printed([GRANT._replace(after={"a": 1, "b": 2})]) == printed([GRANT._replace(after={"b": 2, "a": 1})])
    assert printed([GRANT], {"name": "a"}) != printed([GRANT], {"name": "b"})
    assert printed([GRANT], {"name": "a"}) != printed(SORTS, {"name": "a"})
    assert printed([GRANT], {"a": 1, "b": 2}) == printed([GRANT], {"b": 2, "a": 1})


def test_a_fingerprint_that_was_reviewed_is_good_after_an_upgrade_of_seatsync() -> None:
    assert printed([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert printed([GRANT]) == "108d3c3646dd8e3f0faa9820afeb450bb7d8ee8dcc6a2ba3683b16f23fd28d5a"
    assert printed([GRANT], {"name": "Grace"}) == "aa3865984247fe52b3771f615731697c345600706ef3b2096116444eebcf43fb"
