"""The rules on plain values, without files and without a ledger: what may become of a license, what each event makes of
the books, and what a plan makes of a difference where no case of ``tests/cases`` can say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from seatsync.domain.action import CLAIM, IMPORT, INSTITUTION_ADD, OPT_OUT, Action, Event
from seatsync.domain.library import Delivery, Library
from seatsync.domain.license import ABSENT, IllegalTransition, Kind, License, Status
from seatsync.domain.people import Admin, Contact, Institution, Member
from seatsync.domain.posting import doubled, overfull, post
from seatsync.domain.snapshot import Snapshot

BOTH = (Kind.TEMPORARY, Kind.PERMANENT)
BOOKS = Library("books", "Books", "logos-library", BOTH, Delivery.CLAIM, 10)
LOANS = Library("loans", "Loans", "", (Kind.TEMPORARY,), Delivery.ACCOUNT, 10)
ANN = Member("ann@grace.example", "ann@grace.example", "Ann", "Lee", "01", "Student", "mdiv", "2026-09-01")
RUTH = Admin("Ruth@grace.example", "Ruth", "Abel")
DANA = {"name": "Dana Fox", "email": "dana@vendor.example", "role": "Customer Success"}


def books_of(**others: Any) -> Snapshot:
    """Books in which Ann, number 1, is on a roster; ``others`` stand in place of what is there."""
    given: dict[str, Any] = {
        "institution": Institution("grace", "Grace", (Contact(**DANA),), True),
        "libraries": {"books": BOOKS, "loans": LOANS},
        "admins": {"ruth@grace.example": RUTH},
        "members": {1: ANN},
        "licenses": {},
    }
    return Snapshot(**given | others)


def posted(event: Event, **others: Any) -> Snapshot:
    books = books_of(**others)
    post(books, event)
    return books


def fault(event: Event, **others: Any) -> str:
    """Why the event is illegal; the books stay as they were."""
    books = books_of(**others)
    with pytest.raises(IllegalTransition) as illegal:
        post(books, event)
    assert replace(books, licenses={}) == replace(books_of(**others), licenses={})
    return str(illegal.value)


# ── section 4: the life of a license ────────────────────────────────────────────────────────────────────────────────

FIRST, THEN = "2026-09-01", "2026-10-01"
SEEN = "once"  # the value of `resend:` that was obeyed
TEMPORARY, PERMANENT = Kind.TEMPORARY, Kind.PERMANENT
HELD = {
    "none": ABSENT,
    "revoked": License(Kind.NONE, Status.REVOKED, FIRST, 1, SEEN),
    "opted out": License(Kind.NONE, Status.OPTED_OUT, FIRST, 1, SEEN),
    "offered": License(TEMPORARY, Status.UNCLAIMED, FIRST, 1, SEEN),
    "claimed": License(TEMPORARY, Status.DELIVERED, FIRST, 1, SEEN),
    "offered for good": License(PERMANENT, Status.UNCLAIMED, FIRST, 1, SEEN),
    "claimed for good": License(PERMANENT, Status.DELIVERED, FIRST, 1, SEEN),
}
EVENTS = {
    "grant": Event(Action.GRANT, "books", 1, {"kind": "temporary", "status": "unclaimed", "on": THEN}),
    "claim": Event(CLAIM, "books", 1),
    "opt-out": Event(OPT_OUT, "books", 1),
    "resend": Event(Action.RESEND, "books", 1),
    "revoke": Event(Action.REVOKE, "books", 1),
    "upgrade": Event(Action.UPGRADE, "books", 1),
}
GRANTED = License(TEMPORARY, Status.UNCLAIMED, THEN, 0, "")
BECOMES = {
    ("none", "grant"): GRANTED,
    ("revoked", "grant"): GRANTED,
    ("opted out", "grant"): GRANTED,
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
        assert fault(EVENTS[event], licenses=licenses) == f"no {event} from {old.kind} {old.status}"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", Status)
def test_what_is_granted_is_a_seat_of_a_kind_that_is_unclaimed(kind: Kind, status: Status) -> None:
    event = Event(Action.GRANT, "books", 1, {"kind": kind, "status": status, "on": THEN})
    if kind in BOTH and status is Status.UNCLAIMED:
        assert posted(event).licenses == {"books": {1: License(kind, status, THEN)}}
    else:
        assert fault(event) == {
            (Kind.NONE, True): "books has no none licenses",
            (Kind.NONE, False): "books has no none licenses",
            (TEMPORARY, True): "a seat that is delivered to who has not claimed it",
            (PERMANENT, True): "a seat that is delivered to who has not claimed it",
        }.get((kind, status is Status.DELIVERED), "no grant from none none")


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
        assert granted == {"loans": {1: License(TEMPORARY, Status.DELIVERED, THEN)}}
    else:
        assert fault(event, members=members) == "a seat that is delivered to who has not claimed it"


def test_nobody_is_granted_a_seat_who_is_on_no_roster_or_unknown() -> None:
    away = {1: ANN._replace(on_roster=False)}
    assert fault(EVENTS["grant"], members=away) == "grant to who is not on the roster"
    assert fault(EVENTS["grant"]._replace(member=2)) == "grant does not fit the ledger: KeyError(2)"


def test_a_kind_that_the_library_has_not_is_neither_granted_nor_upgraded_to_nor_imported() -> None:
    granted = {"kind": "permanent", "status": "unclaimed", "on": THEN}
    for event in (Event(Action.GRANT, "loans", 1, granted), Event(IMPORT, "loans", 1, granted)):
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
    assert books.licenses["books"][1] == License(TEMPORARY, Status.UNCLAIMED, THEN, 2, "one\ntwo\nthree")


def test_a_claim_says_by_which_account_and_one_without_an_account_leaves_the_old_one() -> None:
    offered = {"books": {1: HELD["offered"]}}
    books = posted(Event(CLAIM, "books", 1, person={"account": "ann@home.example"}), licenses=offered)
    assert books.members == {1: ANN._replace(account="ann@home.example")}
    for person in ({"account": ""}, {}, None):
        books.licenses = {"books": {1: HELD["offered"]}}
        post(books, Event(CLAIM, "books", 1, person=person))
        assert books.members == {1: ANN._replace(account="ann@home.example")}


def test_nobody_opts_out_where_the_institution_does_not_allow_it_or_is_unknown() -> None:
    offered = {"books": {1: HELD["offered"]}}
    for institution in (Institution("grace", "Grace", (), False), None):
        found = fault(EVENTS["opt-out"], licenses=offered, institution=institution)
        assert found == "opt-out where the institution allows none"


# ── what a portal says ──────────────────────────────────────────────────────────────────────────────────────────────

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
    event = Event(IMPORT, "books", 1, {"kind": kind, "status": status, "on": THEN}, {"account": "ann@home.example"})
    licenses = {"books": {1: old}}
    if old.kind is PERMANENT and kind is not PERMANENT:
        assert fault(event, licenses=licenses, members={1: ANN._replace(account="ann@home.example")}) == (
            f"no import from permanent {old.status}"
        )
    else:
        books = posted(event, licenses=licenses)
        since = THEN if held == "none" else FIRST
        assert books.licenses["books"][1] == License(kind, status, since, old.reminders, old.resent)
        assert books.members[1].account == "ann@home.example"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", Status)
def test_a_portal_that_contradicts_itself_is_not_believed(kind: Kind, status: Status) -> None:
    event = Event(IMPORT, "books", 1, {"kind": kind, "status": status, "on": THEN})
    if (kind, status) not in REPORTED.values():
        assert fault(event) == f"no import of {kind} {status} from none none"


def test_who_is_on_no_roster_may_own_a_license_that_a_portal_reports_but_not_borrow_one() -> None:
    away = {1: ANN._replace(on_roster=False)}
    borrowed = Event(IMPORT, "books", 1, {"kind": "temporary", "status": "delivered", "on": THEN})
    owned = Event(IMPORT, "books", 1, {"kind": "permanent", "status": "delivered", "on": THEN})
    nothing = Event(IMPORT, "books", 1, {"kind": "none", "status": "revoked", "on": THEN})
    assert fault(borrowed, members=away) == "a temporary license of who is not on the roster"
    assert posted(owned, members=away).licenses == {"books": {1: License(PERMANENT, Status.DELIVERED, THEN)}}
    assert posted(nothing, members=away).licenses == {"books": {1: License(Kind.NONE, Status.REVOKED, THEN)}}


# ── what the other events make of the books ─────────────────────────────────────────────────────────────────────────


def test_the_first_apply_brings_the_institution_though_its_contacts_may_have_been_erased_since() -> None:
    event = Event(
        INSTITUTION_ADD, detail={"id": "grace", "name": "Grace", "opt_out": True}, person={"contacts": [DANA]}
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
        (Event(Action.LIBRARY_UPDATE, "books", detail={"slots": -1}), "-1 slots"),
        (Event(Action.LIBRARY_UPDATE, "books", detail={"slots": "9"}), "'9' slots"),
        (Event(Action.LIBRARY_REMOVE, "maps"), "library-remove does not fit the ledger: KeyError('maps')"),
        (Event("library-burn", "maps"), "library-burn does not fit the ledger: KeyError('library-burn')"),
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
    assert books.admins == {"ruth@grace.example": RUTH, "zoe@grace.example": Admin(**zoe)}
    married = {"email": "ruth@grace.example", "given_name": "Rut", "family_name": "Cole"}
    post(books, Event(Action.ADMIN_UPDATE, person=married))
    assert books.admins == {"ruth@grace.example": Admin(**married), "zoe@grace.example": Admin(**zoe)}
    post(books, Event(Action.ADMIN_REMOVE, person={"email": "RUTH@grace.example"}))
    assert books.admins == {"zoe@grace.example": Admin(**zoe)}


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
    ben = Member("Ben@grace.example", "ben@grace.example", "Ben", "Ode", imported_on=THEN)
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
    assert fault(Event(Action.MEMBER_ADD, "", 1, {"on": THEN}, NEW)) == "member-add of who is there"
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
        assert found == "member-remove of who still holds a temporary license"
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
    assert doubled(members_of(ANN, other._replace(student_id="02"))) is None
    assert doubled(members_of(ANN, twin)) == "ann@grace.example"
    assert doubled(members_of(away, twin)) is None
    assert doubled(members_of(ANN, other)) == doubled(members_of(away, other)) == "id 01"
    assert doubled(members_of(nameless, nameless, ANN, other._replace(student_id="02"))) is None


def test_the_first_library_is_named_in_which_more_seats_are_used_than_there_are() -> None:
    full = {1: GRANTED, 2: HELD["claimed for good"], 3: HELD["revoked"]}

    def libraries(slots: int) -> Iterator[tuple[str, Library]]:
        return ((library.id, replace(library, slots=slots)) for library in (BOOKS, LOANS))

    licenses = {"books": full, "loans": full}
    assert overfull(books_of(libraries=dict(libraries(2)), licenses=licenses), ["books", "loans"]) is None
    assert overfull(books_of(libraries=dict(libraries(1)), licenses=licenses), ["loans", "books"]) == "loans"
    assert overfull(books_of(libraries=dict(libraries(1)), licenses=licenses), []) is None
