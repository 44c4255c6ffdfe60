"""The golden bundles, carried out in the simulated portals by their check lists: nothing is refused, and the ledger's state comes out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seatsync.domain.license import License
from seatsync.domain.person import Member
from seatsync.domain.portal.at_vendor import kind_there, users_there
from seatsync.domain.snapshot import Snapshot
from seatsync.reports.worklist.bundle import bundle
from seatsync.reports.worklist.sheets import sheets
from tests.reports.worklist.test_bundle import CASES, read
from tests.support.vendors import jamworks, logos
from tests.support.vendors.registrar import Portals, Registrar

SUBSCRIPTION = "logos-subscription"
Record = Mapping[str, tuple[str, ...]]


def portals_before(books: Snapshot) -> Portals:
    """The portals as the ledger says that they are, before anything on the work list is done."""
    there = Portals(logos.LogosPortal(lambda: datetime(2027, 3, 1, tzinfo=UTC)), jamworks.JamworksPortal(1000))
    for library in books.libraries.values():
        if library.system == "jamworks":
            there.jam.seats = library.slots
        else:
            there.logos.add_library(library.title, library.slots, is_subscription=library.system == SUBSCRIPTION)
    for number, member in books.members.items():
        held = {library: licenses[number] for library, licenses in books.licenses.items() if number in licenses}
        add(
            there,
            member,
            {library: license for library, license in held.items() if kind_there(license) != "none"},
            books,
        )
    return there


def add(there: Portals, member: Member, held: Mapping[str, License], books: Snapshot) -> None:
    in_jamworks = [id for id in held if books.libraries[id].system == "jamworks"]
    if in_jamworks:
        old = as_before(member, "jamworks")
        there.jam.add_members(jamworks.Person(old.email, old.given_name, old.family_name))
    if "logos" not in users_there(member) and len(held) == len(in_jamworks):
        return
    old = as_before(member, "logos")
    user = there.logos.create_user(old.given_name, old.family_name, old.email, old.student_id)
    for id, license in held.items():
        if books.libraries[id].system != "jamworks":
            grant = there.logos.grant_permanent if kind_there(license) == "permanent" else there.logos.grant_temporary
            grant(books.libraries[id].title, [user])


def as_before(member: Member, portal: str) -> Member:
    """The member as the portal still has them."""
    still: dict[str, Any] = {**users_there(member).get(portal, {})}
    return member._replace(**still)


def shown(there: Portals) -> Record:
    """Everybody in the portals, with their kind of license of each library."""
    users = {
        f"logos {user.key}": (
            *(user.given_name, user.family_name, user.user_id),
            *(f"{title}: {library.of(number).kind}" for title, library in there.logos.libraries.items()),
        )
        for number, user in there.logos.users.items()
    }
    return users | {f"jam {key}": (one.first_name, one.last_name) for key, one in there.jam.members.items()}


def wanted(books: Snapshot, stand_ins: Mapping[str, str]) -> Record:
    """What the portals must show when all is done: what the ledger says of everybody who is listed or holds something.

    ``stand_ins`` are the e-mails of people who have left while somebody else has theirs, by given name.
    """
    found: dict[str, tuple[str, ...]] = {}
    in_logos = [library for library in books.libraries.values() if library.system != "jamworks"]
    in_jam = [library.id for library in books.libraries.values() if library.system == "jamworks"]
    for number, member in books.members.items():
        kinds = {id: str(held[number].kind) for id, held in books.licenses.items() if number in held}
        names = (member.given_name, member.family_name)
        if any(kinds.get(id, "none") != "none" for id in in_jam):
            found[f"jam {member.key}"] = names
        is_listed = "logos" in users_there(member) and member.on_roster
        if is_listed or any(kinds.get(library.id, "none") != "none" for library in in_logos):
            titles = tuple(f"{library.title}: {kinds.get(library.id, 'none').title()}" for library in in_logos)
            found[f"logos {stand_ins.get(member.given_name.lower(), member.key)}"] = (
                *names,
                member.student_id,
                *titles,
            )
    return found


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("tags", "formulas")])
def test_the_portals_take_every_file_and_come_to_what_the_ledger_says(name: str, tmp_path: Path) -> None:
    books, steps = read(CASES[name])
    for path, text in bundle(sheets(steps, books), books, "grace", "2027-03-01").items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
    there = portals_before(books)
    _, complaints = Registrar(there, random.Random(1)).carry_out(tmp_path)
    assert complaints == []
    assert shown(there) == wanted(books, CASES[name].get("stand_ins", {}))


@pytest.mark.parametrize("name", ["tags", "formulas"])
def test_everybody_who_is_to_be_imported_is_a_user_afterwards_with_their_tags(name: str, tmp_path: Path) -> None:
    books, steps = read(CASES[name])
    for path, text in bundle(sheets(steps, books), books, "grace", "2027-03-01").items():
        (tmp_path / path).write_bytes(text.encode())
    there = portals_before(books)
    _, complaints = Registrar(there, random.Random(1)).carry_out(tmp_path)
    assert complaints == []
    added = {user.email: (user.given_name, user.family_name, user.user_id) for user in there.logos.users.values()}
    assert added == {one.email: (one.given_name, one.family_name, one.student_id) for one in books.members.values()}
    if name == "tags":
        tags = {user.email: {*user.tags} for user in there.logos.users.values()}
        assert all({*filter(None, one.tags.split(";"))} < tags[one.email] for one in books.members.values())
