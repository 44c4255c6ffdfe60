"""The end of a life: the registrar brings portals and files together, and nothing may be left open."""

from __future__ import annotations

import json
from typing import Any

from seatsync.domain.failure import ExitCode
from tests.portal_bridge.corrections import correct_in_jamworks, correct_in_logos
from tests.portal_bridge.files import SYSTEMS, TITLES
from tests.portal_bridge.hands import owned
from tests.portal_bridge.life import Export, Life
from tests.support.vendors.logos import NONE, PERMANENT, Slots

ROUNDS = 6
"""After so many rounds of import, apply, bundle and carrying out, everything must be settled."""


def settle(life: Life, *, claims: bool = True) -> None:
    """Import, apply and carry out until nothing is left to do, then check that everything is as the files ask."""
    for _ in range(ROUNDS):
        life.tick()
        while claims and life.hands.claim():
            pass
        for export in exports(life):
            life.take(export, may_be_refused=False)
        if any([correct(life, export) for export in exports(life)]):  # noqa: C419 (both)
            for export in exports(life):
                life.take(export, may_be_refused=False)
        assert life.apply(), life.log[-5:]
        is_known = not any(life.drift(export)["differences"] for export in exports(life))
        carry_out(life, is_known)
        life.tick()
        if not left_open(life):
            break
    else:
        raise AssertionError(f"Not settled after {ROUNDS} rounds: {left_open(life)}")
    must_be_as_the_files_ask(life)
    must_have_the_same_counts(life)
    life.must_be_sound()


def exports(life: Life) -> list[Export]:
    return [
        Export(life.logos.export_user_data(), life.at_present, ""),
        Export(life.jam.member_list(), life.at_present, "jam"),
    ]


def carry_out(life: Life, is_known: bool) -> None:
    """Carry out the whole bundle in its order. No portal may complain, if the ledger knows what they have."""
    if folder := life.bundle():
        _, complaints = life.registrar.carry_out(folder, "whole")
        if any(unlisted(life, id) for id in ("books", "sub")):  # the ledger may not know what they own
            complaints = [one for one in complaints if " Slots" not in one.reason]
        assert not (is_known and complaints), complaints
        life.run("worklist", "done", "--yes")


def unlisted(life: Life, library: str) -> int:
    """How many people who are not in the portal's list of users own a license."""
    owners = owned(life.logos)
    return sum(title == TITLES[library] and number not in life.logos.users for title, number in owners)


def left_open(life: Life) -> list[Any]:
    """Return what is still to be done, would be changed, or differs."""
    differences = [one for export in exports(life) for one in life.drift(export)["differences"]]
    return [*life.work_list(), *plan(life)["changes"], *differences]


def plan(life: Life) -> dict[str, Any]:
    outcome = life.run("plan", "--format", "json", allowed=(ExitCode.DONE, ExitCode.CHANGES))
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def correct(life: Life, export: Export) -> int:
    """Correct in the portal by hand what ``drift`` names and no import takes. Return how much."""
    differences = life.drift(export)["differences"]
    people = {row["email"].lower(): row for row in life.licenses()}
    people |= {place.row["email"].lower(): place.row for place in life.files.people()}
    if export.library == "jam":
        done = correct_in_jamworks(life.jam, differences, people, export.content)
    else:
        edits = any(row["step"].endswith("2-edit") for row in life.work_list())
        done = correct_in_logos(life.logos, differences, people, export.content, edits=edits)
    life.count["corrections"] += done
    return done


# ── What must hold then ─────────────────────────────────────────────────────────────────────────────────────────────


def must_be_as_the_files_ask(life: Life) -> None:
    """Who the files grant a license has it, unless declined. Others have none, except permanent ones that somebody gave."""
    wanted = life.files.wanted(life.now.date())
    declined = {(row["library"], row["email"].lower()) for row in life.licenses() if row["status"] == "opted_out"}
    assert {id for id, _ in declined} <= {id for id, title in TITLES.items() if title in life.hands.declined}
    rows = {place.row["email"].lower(): place.row for place in life.files.people()}
    numbers = {user.key: number for number, user in life.logos.users.items()}
    held = {
        (id, user.key): life.logos.library(TITLES[id]).of(number)
        for id in ("books", "sub")
        for number, user in life.logos.users.items()
    }
    for (id, email), license in held.items():
        asked = wanted.get((id, email), NONE)
        if license.kind == PERMANENT:
            number, known_as = numbers[email], life.known_as(email)
            is_asked = (id, known_as) in life.asked or (id, life.logos.users[number].user_id) in life.asked_ids
            assert is_asked or (TITLES[id], number) in life.hands.given, (id, email)
        elif (id, email) in declined:
            assert license.kind == NONE, (id, email, license)
        else:
            assert license.kind == asked, (id, email, license, asked)
    for id, email in wanted:
        assert (email in life.jam.members) if id == "jam" else ((id, email) in held), (id, email)
    assert {email for id, email in wanted if id == "jam"} == set(life.jam.members)
    for user in life.logos.users.values():
        if (row := rows.get(user.key)) and life.known_as(user.key) == user.key:
            names = (row["given_name"], row["family_name"], row.get("student_id", ""))
            assert (user.given_name, user.family_name, user.user_id) == names, (user, row)
    for person in life.jam.members.values():
        row = rows[person.key]
        assert (person.first_name, person.last_name) == (row["given_name"], row["family_name"]), (person, row)


def must_have_the_same_counts(life: Life) -> None:
    """``status`` says the same numbers as the portals, but for owners who were removed from the list there before any export showed
    that they own it: nothing shows them any more."""
    told = json.loads(life.run("status", "--format", "json").out)["libraries"]
    assert told.keys() == SYSTEMS.keys()
    for id in ("books", "sub"):
        here, there = Slots(**{name: told[id][name] for name in Slots._fields}), life.logos.slots(TITLES[id])
        hidden = there.used - here.used
        assert 0 <= hidden <= unlisted(life, id), id
        assert here.temporary_reserved == there.temporary_reserved, id
        assert here.temporary == there.temporary, id
        assert here.total == there.total, id
    assert (told["jam"]["total"], told["jam"]["used"]) == (life.jam.seats, len(life.jam.members))
