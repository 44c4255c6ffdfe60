"""The table of actions: what follows from an entry, and that mypy names every place that a new entry needs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from subprocess import run

import pytest

from seatsync.domain.action import EVENTS, Action, Event, Subject
from seatsync.domain.library import Delivery, Library
from seatsync.domain.license import IllegalTransition, Kind, License, Status
from seatsync.domain.line import place
from seatsync.domain.origin import Origin
from seatsync.domain.person import Member, Person
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change, grouped
from seatsync.planning.seats import slot_changes
from tests.support.paths import ROOT
from tests.support.program_copy import ProgramCopy, changed_program

BOOKS = Library("books", "Books", "", (Kind.TEMPORARY, Kind.PERMANENT), Delivery.CLAIM, 10)
ANN = Member(*Person("ann@grace.example", "Ann", "Lee"), "ann@grace.example")
HELD = [
    License(Kind.NONE, Status.OPTED_OUT),
    *(License(kind, status) for kind in BOOKS.kinds for status in (Status.UNCLAIMED, Status.DELIVERED)),
    License(Kind.NONE, Status.WAITING, place=place(0, 1, 1)),
]

# ── What follows from an entry ──────────────────────────────────────────────────────────────────────────────────────


def books_with(license: License) -> Snapshot:
    books = Snapshot(libraries={"books": BOOKS}, members={1: ANN})
    books.put("books", 1, license)
    return books


def planned(action: Action, license: License) -> Change:
    """The change as in a plan: the kind afterwards (for a revoke, the kind taken back), and before only what differs."""
    here = Origin("seatsync.yaml", 1)
    match action:
        case Action.GRANT | Action.OBSERVE if not license.active or action is Action.GRANT:
            before = {"kind": license.kind, "status": license.status}
            return Change(action, "", here, "books", ANN.email, Kind.TEMPORARY, Status.UNCLAIMED, before, None, 1)
        case Action.WAIT:
            before = {"kind": license.kind, "status": license.status}
            return Change(action, "", here, "books", ANN.email, Kind.TEMPORARY, Status.WAITING, before, None, 1)
        case Action.REVOKE:
            before = {"status": license.status}
            return Change(action, "", here, "books", ANN.email, license.kind, Status.REVOKED, before, None, 1)
        case Action.UPGRADE:
            before = {"kind": license.kind}
            return Change(action, "", here, "books", ANN.email, Kind.PERMANENT, license.status, before, None, 1)
        case _:
            return Change(action, "", here, "books", ANN.email, license.kind, license.status, None, {}, 1)


def carried_out(action: Action, license: License) -> Snapshot | None:
    """The snapshot after the event; None if the event is illegal."""
    books = books_with(license)
    try:
        detail = {"kind": "temporary", "status": "unclaimed", "on": "2026-09-01", "until": "2026-12-31"}
        detail |= {"place": place(0, 1, 1)} if action is Action.WAIT else {}
        post(books, Event(action, "books", 1, detail))
    except IllegalTransition:
        return None
    return books


OF_LICENSES = [action for action in Action if action.facts.subject is Subject.LICENSE]
LEGAL = [(action, held) for action in OF_LICENSES for held in HELD if carried_out(action, held)]


@pytest.mark.parametrize(("action", "held"), LEGAL, ids=lambda value: "-".join(value[:2]) if value in HELD else value)
def test_a_plan_counts_the_seats_that_posting_its_change_comes_to(action: Action, held: License) -> None:
    books = carried_out(action, held)
    assert books is not None
    foreseen = slot_changes(books_with(held), grouped([planned(action, held)]))
    assert foreseen["books"].after == books.slots("books")


def test_each_action_on_licenses_is_legal_for_some() -> None:
    assert [*dict.fromkeys(action for action, _ in LEGAL)] == OF_LICENSES


@pytest.mark.parametrize("word", EVENTS)
def test_what_an_event_does_to_a_license_is_said_of_licenses_alone(word: str) -> None:
    facts = EVENTS[word].facts
    assert (facts.license is not None) == (facts.subject is Subject.LICENSE)
    assert not facts.irreversible or facts.subject is Subject.LICENSE


# ── One more action ─────────────────────────────────────────────────────────────────────────────────────────────────

ENTRY = """\
    SUSPEND = (
        "suspend",
        Facts(
            "suspended",
            Subject.LICENSE,
            Sign.REMOVE,
            license=Effect(From.TEMPORARY, Kind.NONE, Status.REVOKED),
            letter=Letter.REMOVED,
        ),
    )
    LIBRARY_REMOVE ="""
NAMED = re.compile(r'^(\S+?):\d+: error: .*"assert_never".*Action\.SUSPEND')
POSTED = (
    "        case Action.REVOKE:\n            return licenses.t",
    "        case Action.REVOKE | Action.SUSPEND:\n            return licenses.t",
)
TOLD = (
    "        case Action.REVOKE:\n            return f",
    "        case Action.REVOKE | Action.SUSPEND:\n            return f",
)
IMPORTED = ("            | Action.REVOKE\n", "            | Action.REVOKE\n            | Action.SUSPEND\n")
PLACES = {"domain/posting/post.py": (POSTED,), "apply/importing.py": (IMPORTED,), "reports/view/changes.py": (TOLD,)}
CARRIED_OUT = """
from seatsync.planning.events import events_of
from seatsync.domain.action import Action
from seatsync.domain.letters import letter_for
from seatsync.domain.license import Kind, Status
from seatsync.domain.posting import post
from seatsync.planning.change import grouped
from seatsync.planning.seats import slot_changes
from seatsync.reports.view.changes import line
from tests.domain.test_actions import ANN, books_with, HELD, planned

held = HELD[2]  # claimed, temporary
change = planned(Action.REVOKE, held)._replace(action=Action.SUSPEND)
books = books_with(held)
(event,) = events_of([change], books, "2026-09-01")
print(change.action.facts.sign, *line(change, change.member)[:2], sep=" | ")
print(slot_changes(books, grouped([change]))["books"].after.temporary, letter_for(books, event))
post(books, event)
print(*books.licenses["books"][1][:2], books.slots("books").used)
"""


def errors_of(program: ProgramCopy, cache: Path) -> list[str]:
    """What mypy reports for the modules in which actions differ, in order. Errors in other modules are ignored."""
    rooms = [program.top / "seatsync" / room for room in ("domain", "planning", "refusals", "apply", "reports")]
    flags = ["--config-file=", "--follow-imports=skip", "--ignore-missing-imports", "--no-error-summary"]
    command = [sys.executable, "-m", "mypy", *flags, f"--cache-dir={cache}", *map(str, rooms)]
    done = run(command, capture_output=True, text=True, check=False, cwd=program.top)
    assert not done.stderr
    return done.stdout.splitlines()


def test_mypy_names_the_places_that_a_new_action_needs_and_no_other_is_needed(tmp_path: Path) -> None:
    table = {"domain/action.py": (("    LIBRARY_REMOVE =", ENTRY),)}
    cache = tmp_path / "cache"
    errors = errors_of(changed_program(tmp_path / "entered", {}, table), cache)
    named = [found[1] for error in errors if (found := NAMED.match(error))]
    assert sorted(map(Path, named)) == sorted(Path("seatsync") / place for place in PLACES)
    assert len(errors) == len(named), errors

    program = changed_program(tmp_path / "whole", {}, {**table, **PLACES})
    assert errors_of(program, cache) == []
    root = str(ROOT)
    done = run(
        [sys.executable, "-c", CARRIED_OUT],
        env={"PYTHONPATH": f"{program.top}:{root}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    assert done.stdout.splitlines() == ["- | ann@grace.example | temporary, claimed", "0 removed", "none revoked 0"]
