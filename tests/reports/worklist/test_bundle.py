"""Bundles of the work list: every file is one that the portals of the help pages take, and the check list says what they will show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from seatsync.domain.institution import Institution
from seatsync.domain.library import DeliveredBy, Library
from seatsync.domain.license import Kind, License, Status
from seatsync.domain.person import Member, Person
from seatsync.domain.portal.at_vendor import with_users_there
from seatsync.domain.portal.steps import Step, StepName
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.reports.worklist.bundle import bundle
from seatsync.reports.worklist.counts import counts_after, counts_now
from seatsync.reports.worklist.sheets import sheets
from seatsync.systems.registry import SYSTEMS

GOLDEN = Path(__file__).parent / "bundles"


def library(id: str, title: str, system: str, slots: int) -> Library:
    facts = SYSTEMS[system]
    return Library(id, title, system, facts.kinds, facts.delivery, slots, False, DeliveredBy.VENDOR)


def read(case: dict[str, Any]) -> tuple[Snapshot, list[Step]]:
    """The ledger and the steps of a case: people by name, their licenses and what the portal has otherwise."""
    books = Snapshot(institution=Institution("grace", "Grace Seminary"))
    for id, fields in case["libraries"].items():
        books.libraries[id] = library(id, fields["title"], fields["system"], fields["slots"])
    numbers: dict[str, int] = {}
    for number, (name, fields) in enumerate(case["people"].items(), 1):
        numbers[name] = number
        person = Person(
            **{"email": f"{name}@grace.example", "given_name": name.title(), "family_name": "Lee"} | fields["is"]
        )
        key = "" if fields.get("replaced") else email_key(person.email)
        member = Member(*person, key, "2026-09-01", not fields.get("left"))
        books.members[number] = with_users_there(member, fields.get("there", {}))
        for library_id, (kind, status, there) in fields.get("holds", {}).items():
            license = License(Kind(kind), Status(status))._replace(there=there)
            books.put(library_id, number, license)
    return books, [
        Step(portal, StepName(step), library, numbers[name]) for portal, step, library, name in case["steps"]
    ]


CASES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(GOLDEN.glob("*.yaml"))}


@pytest.mark.parametrize("name", CASES)
def test_a_bundle_has_these_files(name: str) -> None:
    books, steps = read(CASES[name])
    files = bundle(sheets(steps, books), books, "grace", "2027-03-01")
    shown = {path: text.splitlines() for path, text in files.items() if path.endswith(".csv")}
    assert shown == {path: text.splitlines() for path, text in CASES[name]["files"].items()}
    of_portals = [path for path in shown if ".by-hand" not in path]
    assert of_portals == [path for path in CASES[name]["files"] if ".by-hand" not in path]


@pytest.mark.parametrize("name", CASES)
def test_the_portal_shows_these_counts(name: str) -> None:
    books, steps = read(CASES[name])
    counts = CASES[name]["counts"]
    assert {id: count.used for id, count in counts_now(books).items()} == counts["now"]
    after = counts_after(sheets(steps, books), books, counts_now(books))
    assert [{id: count.used for id, count in one.items()} for one in after] == counts["after"]
