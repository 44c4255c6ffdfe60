"""An export of what the ledger believes of a portal shows no difference, and what is changed by hand there is told, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from random import Random

import pytest

from seatsync.domain.action import Action, Event
from seatsync.domain.library import DeliveredBy, Delivery, Library
from seatsync.domain.license import ABSENT, Kind, License, Status
from seatsync.domain.person import Member, RosterMember
from seatsync.domain.portal.at_vendor import There, text_of, users_there, with_users_there
from seatsync.domain.portal.export import NOTHING, Export, Holding
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.planning.portal.comparison import compare
from seatsync.planning.portal.found import Comparison, Differs, Seen
from tests.support.long_form import times

LOGOS = {"books": (Kind.TEMPORARY, Kind.PERMANENT), "sub": (Kind.TEMPORARY,)}
HELD = (Status.UNCLAIMED, Status.DELIVERED)
FIELDS = ("email", "given_name", "family_name", "student_id")


def _library(id: str, system: str, kinds: tuple[Kind, ...]) -> Library:
    return Library(id, id, system, kinds, Delivery.CLAIM, 500, delivered_by=DeliveredBy.VENDOR)


LIBRARIES = {
    "books": _library("books", "logos-library", LOGOS["books"]),
    "sub": _library("sub", "logos-subscription", LOGOS["sub"]),
    "jam": _library("jam", "jamworks", (Kind.TEMPORARY,)),
}


def _licenses(kinds: tuple[Kind, ...], portal: str) -> list[License]:
    """Every license that a ledger can have of a library with these kinds."""
    found = [License(Kind.NONE, Status.OPTED_OUT)]
    found += [License(Kind.NONE, Status.REVOKED, there=there) for there in (There.SAME, There.TEMPORARY)]
    for kind, status, there in product(kinds, HELD, There):
        fits = {
            There.SAME: portal == "logos" or status is Status.DELIVERED,
            There.NONE: status is Status.UNCLAIMED,
            There.TEMPORARY: kind is Kind.PERMANENT,
            There.RESEND: status is Status.UNCLAIMED and portal == "logos",
            There.BY_HAND: kind is Kind.PERMANENT,
        }
        found += [License(kind, status, there=there)] if fits[there] else []
    return found


def _ledger(random: Random, members: int) -> Snapshot:
    """A ledger in any state in which a plan, and a person who did a part of the work, can leave it."""
    books = Snapshot(serial=1, libraries=LIBRARIES, licenses={id: {} for id in LIBRARIES})
    for number in range(1, members + 1):
        is_left = random.random() < 0.2
        id = f"{number:04}" if random.random() < 0.6 else ""
        person = (f"m{number}@grace.example", f"Given{number}", f"Family{number}", id, "", "")
        member = Member(*person, email_key(person[0]), on_roster=not is_left)
        for library, entry in LIBRARIES.items():
            possible = _licenses(entry.kinds, "jamworks" if library == "jam" else "logos")
            if is_left:
                possible = [license for license in possible if license.kind is not Kind.TEMPORARY]
            if random.random() < 0.6:
                books.licenses[library][number] = random.choice(possible)
        books.members[number] = _with_users(member, books, random)
    return books


def _with_users(member: Member, books: Snapshot, random: Random) -> Member:
    """The member, who may be in a portal's list without a license, and of whom something may be to be edited there."""
    users: dict[str, dict[str, str]] = {}
    number = int(member.given_name.removeprefix("Given"))
    for portal, libraries in (("logos", LOGOS), ("jamworks", ("jam",))):
        is_there = any(_there(books.licenses[id].get(number, ABSENT)) != _NO_LICENSE for id in libraries)
        edits = {
            name: f"old-{getattr(member, name) or number}"
            for name in (FIELDS if portal == "logos" else FIELDS[:3])
            if member.on_roster and random.random() < 0.1
        }
        if (is_there and edits) or (portal == "logos" and not is_there and random.random() < 0.3):
            users[portal] = edits if is_there or random.random() < 0.5 else {}
    return with_users_there(member, users)


_NO_LICENSE = (Kind.NONE, Status.NONE)


def _there(license: License) -> Holding:
    """What the portal has, by what the ledger knows of it."""
    if license.there == There.NONE or (not license.active and license.there == There.SAME):
        return (Kind.NONE, license.status) if license.there == There.SAME else _NO_LICENSE
    if license.there == There.TEMPORARY:
        return Kind.TEMPORARY, license.status if license.active else Status.DELIVERED
    return license.kind, license.status


@dataclass
class Portal:
    """What a portal has: by member number its record, and its licenses by library. ``added`` are people without a number."""

    name: str
    records: dict[int, RosterMember]
    held: dict[str, dict[int, Holding]]

    def export(self) -> Export:
        people = [record._replace(line=line) for line, record in enumerate(self.records.values(), 2)]
        keys = dict(zip(self.records, (person.key for person in people), strict=True))
        holdings = {
            library: {key: held.get(number, NOTHING) for number, key in keys.items()}
            for library, held in self.held.items()
        }
        fields = frozenset(FIELDS if self.name == "logos" else FIELDS[:3])
        return Export("export.csv", people, holdings, fields, self.name == "jamworks", self.name)


def _portal(name: str, books: Snapshot) -> Portal:
    libraries = [*LOGOS] if name == "logos" else ["jam"]
    held = {
        library: {
            number: _there(license)
            for number, license in books.licenses[library].items()
            if name == "logos" or _there(license)[0] is not Kind.NONE
        }
        for library in libraries
    }
    records = {
        number: _record(member, users_there(member).get(name, {}), name)
        for number, member in books.members.items()
        if any(held[library].get(number, NOTHING)[0] is not Kind.NONE for library in libraries)
        or (name == "logos" and name in users_there(member))
    }
    return Portal(name, records, held)


def _record(member: Member, before: dict[str, str], portal: str) -> RosterMember:
    person = {**member._asdict(), **before}
    email = person["email"]
    id = person["student_id"] if portal == "logos" else ""
    return RosterMember(
        email, person["given_name"], person["family_name"], id, "", "", email_key(email), "export.csv", 0
    )


@pytest.mark.parametrize("seed", range(times(short=20, long=2_000)))
@pytest.mark.parametrize("portal", ["logos", "jamworks"])
def test_an_export_of_what_the_ledger_believes_shows_no_difference(portal: str, seed: int) -> None:
    books = _ledger(Random(seed), 30)

    found = compare(_portal(portal, books).export(), books)

    assert not found.unbelieved
    assert not found.differences
    assert not found.moves


Change = Callable[[Portal, int, Random], str]


def _claims(portal: Portal, number: int, random: Random) -> str:
    return _becomes(portal, number, Status.UNCLAIMED, Status.DELIVERED, Seen.CLAIMED)


def _declines(portal: Portal, number: int, random: Random) -> str:
    return _becomes(portal, number, Status.UNCLAIMED, Status.OPTED_OUT, Seen.DECLINED)


def _becomes(portal: Portal, number: int, before: Status, after: Status, seen: Seen) -> str:
    for held in portal.held.values():
        kind, status = held.get(number, NOTHING)
        if status is before:
            held[number] = (kind if after in HELD else Kind.NONE, after)
            return seen
    return ""


def _is_revoked(portal: Portal, number: int, random: Random) -> str:
    for held in portal.held.values():
        if held.get(number, NOTHING)[0] is Kind.TEMPORARY:
            held[number] = (Kind.NONE, Status.REVOKED)
            return Seen.REVOKED
    return ""


def _is_made_permanent(portal: Portal, number: int, random: Random) -> str:
    if number not in portal.records or portal.held["books"].get(number, NOTHING)[0] is Kind.PERMANENT:
        return ""
    if portal.held["books"].get(number, NOTHING)[1] is Status.OPTED_OUT:
        return ""
    status = portal.held["books"].get(number, NOTHING)[1]
    portal.held["books"][number] = (Kind.PERMANENT, status if status in HELD else Status.UNCLAIMED)
    return Seen.PERMANENT


def _is_given(portal: Portal, number: int, random: Random) -> str:
    if number not in portal.records or number in portal.held["sub"]:
        return ""
    portal.held["sub"][number] = (Kind.TEMPORARY, random.choice(HELD))
    return Seen.GRANTED


def _is_renamed(portal: Portal, number: int, random: Random) -> str:
    if number not in portal.records:
        return ""
    portal.records[number] = portal.records[number]._replace(family_name="By Hand")
    return Differs.RECORD


def _is_removed(portal: Portal, number: int, random: Random) -> str:
    held = [library for library, held in portal.held.items() if held.get(number, NOTHING)[1] is Status.DELIVERED]
    others = [library for library, held in portal.held.items() if held.get(number, NOTHING)[1] is Status.UNCLAIMED]
    if len(held) != 1 or others or number not in portal.records:
        return ""
    del portal.records[number]
    return Differs.MISSING


def _is_added(portal: Portal, number: int, random: Random) -> str:
    email = f"by-hand-{number}@elsewhere.example"
    stranger = RosterMember(email, f"Stranger{number}", "By Hand", "", "", "", email_key(email), "export.csv", 0)
    portal.records[-number] = stranger
    if portal.name == "jamworks":
        portal.held["jam"][-number] = (Kind.TEMPORARY, Status.DELIVERED)
    return Differs.UNKNOWN


BY_HAND: dict[str, tuple[Change, ...]] = {
    "logos": (*(_claims, _declines, _is_revoked, _is_made_permanent, _is_given, _is_renamed, _is_removed, _is_added),),
    "jamworks": (_is_renamed, _is_removed, _is_added),
}


@pytest.mark.parametrize("seed", range(times(short=20, long=3_000)))
@pytest.mark.parametrize("portal", ["logos", "jamworks"])
def test_three_changes_by_hand_are_told_as_exactly_these_three(portal: str, seed: int) -> None:
    random = Random(seed)
    books = _ledger(random, 80)
    changed = _portal(portal, books)
    untouched = [number for number in books.members if _has_nothing_to_do(number, books)]
    random.shuffle(untouched)
    expected: Counter[tuple[str, str]] = Counter()
    while expected.total() < 3 and untouched:
        number = untouched.pop()
        changes = random.sample(BY_HAND[portal], len(BY_HAND[portal]))
        what = next(filter(None, (change(changed, number, random) for change in changes)), "")
        if what:
            email = changed.records[-number].email if what == Differs.UNKNOWN else books.members[number].email
            expected[email, what] += 1

    found = compare(changed.export(), books)

    assert expected.total() == 3
    assert not found.unbelieved
    assert _told(found, books) == expected


def _has_nothing_to_do(number: int, books: Snapshot) -> bool:
    member = books.members[number]
    licenses = [held[number] for held in books.licenses.values() if number in held]
    return member.on_roster and not member.there and all(license.there == There.SAME for license in licenses)


def _told(found: Comparison, books: Snapshot) -> Counter[tuple[str, str]]:
    moves = [(books.members[move.member].email, move.seen[0].value) for move in found.moves if move.is_difference]
    return Counter([*moves, *((difference.email, difference.what.value) for difference in found.differences)])


@pytest.mark.parametrize("seed", range(times(short=20, long=2_000)))
def test_once_everything_is_taken_only_the_contradictions_are_left(seed: int) -> None:
    random = Random(seed)
    books = _ledger(random, 40)
    portal = _portal("logos", books)
    done = [number for number in portal.records if random.random() < 0.5]
    for number, library in product(done, LOGOS):
        license = books.licenses[library].get(number, ABSENT)
        portal.held[library][number] = _there(license._replace(there=There.SAME))
    for number in random.sample([*portal.records], 3):
        random.choice(BY_HAND["logos"])(portal, number, random)

    first = compare(portal.export(), books)
    again = compare(portal.export(), _after(books, first))

    assert not first.unbelieved
    assert not [move for move in again.moves if move.is_difference]
    assert again.differences == first.differences


def _after(books: Snapshot, found: Comparison) -> Snapshot:
    """The ledger after an import."""
    licenses = {library: dict(held) for library, held in books.licenses.items()}
    after = replace(books, members=dict(books.members), licenses=licenses)
    for move in found.moves:
        if move.library:
            detail = {
                "kind": move.kind.value,
                "status": move.status.value,
                "there": str(move.there),
                "on": "2027-03-01",
            }
            post(after, Event(Action.OBSERVE, move.library, move.member, detail))
        else:
            post(after, Event(Action.OBSERVE, "", move.member, {}, {"there": text_of(move.users)}))
    return after
