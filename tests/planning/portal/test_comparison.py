"""A whole export and a whole ledger: every case of ``comparison.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from seatsync.domain.library import DeliveredBy, Delivery, Library
from seatsync.domain.license import Kind, License, Status
from seatsync.domain.person import Member, RosterMember
from seatsync.domain.portal.at_vendor import There, with_users_there
from seatsync.domain.portal.export import NOTHING, Export, Holding
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.planning.portal.comparison import compare
from seatsync.planning.portal.found import Changed, Difference, Move

CASES = yaml.safe_load((Path(__file__).parent / "comparison.yaml").read_text())
_SYSTEMS = {"books": "logos-library", "sub": "logos-subscription", "jam": "jamworks"}
_LATER = "2027-03-10T00:00:00Z"


@pytest.mark.parametrize("name", CASES)
def test_a_comparison(name: str) -> None:
    case = CASES[name]
    books = _books(case)
    before = {library: dict(held) for library, held in books.licenses.items()}, dict(books.members)

    changed = Changed(
        {_changed(words) for words in case.get("changed", ())}, dict.fromkeys(case.get("read", ()), _LATER)
    )

    found = compare(_export(case["export"]), books, changed)

    assert sorted(map(_move, found.moves)) == sorted(case.get("moves", ()))
    assert sorted(map(_difference, found.differences)) == sorted(case.get("drift", ()))
    assert [f"{d.library or 'people'} {d.lacking} of {d.expected}" for d in found.unbelieved] == case.get(
        "unbelieved", []
    )
    assert found.later == (_LATER if {*case.get("read", ())} & {*found.export.holdings} else "")
    assert before == (books.licenses, books.members), "a comparison changes nothing"
    lines = {number: row.line for number, row in zip(found.numbers, found.export.members, strict=True) if number}
    assert all(move.line == lines.get(move.member, 0) for move in found.moves)


def _books(case: dict[str, Any]) -> Snapshot:
    by = DeliveredBy.SEATSYNC if case.get("elsewhere") else DeliveredBy.VENDOR
    libraries = {
        id: Library(id, id, system, (Kind.TEMPORARY, Kind.PERMANENT), Delivery.CLAIM, 100, delivered_by=by)
        for id, system in _SYSTEMS.items()
    }
    members = {number: _member(fields) for number, fields in case["members"].items()}
    licenses = {
        library: {number: _license(words) for number, words in held.items()} for library, held in case["here"].items()
    }
    return Snapshot(serial=1, libraries=libraries, members=members, licenses=licenses)


def _member(fields: dict[str, Any]) -> Member:
    person = _person(fields)
    member = Member(*person, email_key(person[0]), on_roster=not fields.get("left"), account=fields.get("account", ""))
    return with_users_there(member, fields.get("there", {}))


def _person(fields: dict[str, Any]) -> tuple[str, str, str, str, str, str]:
    given, family = fields["name"].split()
    email = fields.get("email", f"{given.lower()}@grace.example")
    return email, given, family, fields.get("id", ""), "", ""


def _license(words: str) -> License:
    kind, status, *there = words.split()
    return License(Kind(kind), Status(status), there=There(*there) if there else "")


def _export(case: dict[str, Any]) -> Export:
    of, rows = case["of"], case["rows"]
    people = [
        RosterMember(*_person(row), email_key(_person(row)[0]), "export.csv", line) for line, row in enumerate(rows, 2)
    ]
    if of == "jamworks":
        holdings = {"jam": {person.key: (Kind.TEMPORARY, Status.DELIVERED) for person in people}}
        fields = ["email", "given_name", "family_name"]
    else:
        libraries = case.get("libraries", [id for id in _SYSTEMS if any(id in row for row in rows)])
        holdings = {
            id: {person.key: _holding(row.get(id, "-")) for person, row in zip(people, rows, strict=True)}
            for id in libraries
        }
        fields = ["email", "given_name", "family_name", "student_id", "role"]
    known, ours = frozenset(case.get("fields", fields)), case.get("ours", False)
    return Export("export.csv", people, holdings, known, of == "jamworks", of, ours)


def _holding(words: str) -> Holding:
    if words == "-":
        return NOTHING
    kind, status = words.split()
    return Kind(kind), Status(status)


def _changed(words: str) -> tuple[str, int]:
    *library, number = words.split()
    return (library[0] if library else "", int(number))


def _move(move: Move) -> str:
    seen = " ".join(move.seen)
    if move.library:
        return f"{move.library} {move.member}: {seen} = {move.kind} {move.status} {move.there}".strip()
    users = yaml.safe_dump(dict(move.users), default_flow_style=True).strip()
    return f"{move.member}: {seen} = {users}"


def _difference(difference: Difference) -> str:
    who = f"{difference.library} {difference.member or difference.email}".strip()
    return " ".join((f"{who}: {difference.what}", *difference.fields))
