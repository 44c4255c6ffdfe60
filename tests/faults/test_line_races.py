"""A seat that comes free, fought for by sixteen callers at once: claims at the last minute, opt-outs by holders and by people in line, and
applies that let late seats lapse. Each seat is somebody's or nobody's, and the line goes on in its order."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

from sqlalchemy import Connection

from seatsync.apply.apply import carry_out
from seatsync.apply.claims import Unavailable, UnavailableReason, claim, opt_out
from seatsync.domain.letters import LetterState
from seatsync.domain.license import Status
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries import links
from seatsync.ledger.queries.accounts.holdings import AccountHolder
from seatsync.ledger.queries.outbox import Mark, mark
from seatsync.ledger.queries.outgoing import outgoing_letters
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Stale
from seatsync.planning.plan import accept
from seatsync.plans.make import make_plan
from seatsync.sources.institution_folder import InstitutionFolder
from tests.faults.history_checks import must_be_sound, rows
from tests.faults.history_databases import Databases, databases_of
from tests.faults.history_torture import figures, replayable, seeds
from tests.support.command_line import seatsync
from tests.support.databases import looking_into

SIZE = 16
ROUNDS = (2, 200)
"""Numbers of rounds in the short and the long form."""
TRIES = 8
SEATS, IN_LINE = 3, 5
DAY, LATE, AT = "2026-09-01", date(2026, 9, 6), "2026-09-06T12:00:00Z"
"""The day of the invitations, and the first one on which they are too late."""
PEOPLE = [f"m{number}@grace.example" for number in range(1, SEATS + IN_LINE + 1)]
CONFIG = f"""\
version: 1
institution: {{id: grace, name: Grace, opt_out: true, admins: [{{given_name: R, family_name: A, email: r@grace.example}}]}}
libraries:
  seats: {{title: Seats, system: logos-subscription, slots: {SEATS}, when_full: wait}}
rosters: [{{path: members.csv}}]
invites: {{reclaim_after: 5d}}
limits: {{max_revokes: 0}}
grants:
  - {{library: seats, to: {{everyone: true}}}}
"""
TAKEN, THEIRS, DECLINED, APPLIED, STALE, IDLE = "taken", "theirs already", "declined", "applied", "stale", "idle"


@dataclass
class Caller:
    """One of the concurrent callers, ``delay`` seconds after the start. ``result`` is what they get."""

    name: str
    what: str
    delay: float
    member: int
    result: str = ""


def test_a_seat_that_comes_free_is_won_or_lost_as_a_whole(database: str, tmp_path: Path) -> None:
    databases = databases_of(database, tmp_path)
    with figures("claims, lapses and a line at once", database) as count, ThreadPoolExecutor(SIZE) as threads:
        for seed in seeds(*ROUNDS):
            with replayable(seed) as chance:
                count.update(_round(databases, threads, tmp_path / str(seed), chance))
            count["rounds"] += 1


def _round(databases: Databases, threads: ThreadPoolExecutor, folder: Path, chance: random.Random) -> list[str]:
    location = databases.fresh()
    folder.mkdir(parents=True)
    (folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    members = "".join(f"{person},Ann,Lee\n" for person in PEOPLE)
    (folder / "members.csv").write_text(f"email,given_name,family_name\n{members}", encoding="utf-8")
    done = seatsync("apply", "--yes", "--now", DAY, "--ledger", location, folder=folder)
    assert done.code == 0, done
    ledger = Ledger(location)
    ledger.write("grace", "sender", "", _send)
    callers = [_caller(str(number), chance) for number in range(SIZE)]
    start = Barrier(SIZE)
    for caller, result in zip(callers, threads.map(partial(_come, ledger, folder, start), callers), strict=True):
        caller.result = result
    assert _apply(ledger, folder, "last") in (APPLIED, IDLE)

    must_be_sound(location)
    with looking_into(location) as connection:
        events = sorted(rows(connection, "event"), key=lambda row: row["serial"])
        _must_be_so(connection, callers, events)
    databases.drop(location)
    return [caller.result for caller in callers]


def _caller(name: str, chance: random.Random) -> Caller:
    what = chance.choice([*["claim"] * 3, "opt out", *["apply"] * 2])
    return Caller(name, what, chance.uniform(0, 0.3), chance.randint(1, len(PEOPLE)))


def _send(connection: Connection) -> None:
    """Send the letters of the first day."""
    letters = outgoing_letters(connection, "grace", None)
    links.make(connection, "grace", [one for one in letters if one.needs_link], f"{DAY}T12:00:00Z")
    sent = [Mark(one.serial, LetterState.SENT, f"{DAY}T12:00:00Z", "", "", one.address) for one in letters]
    mark(connection, "grace", sent, "")


def _come(ledger: Ledger, folder: Path, start: Barrier, caller: Caller) -> str:
    """Return the result that the caller gets."""
    start.wait(60)
    time.sleep(caller.delay)
    try:
        match caller.what:
            case "claim":
                account = AccountHolder(PEOPLE[caller.member - 1])
                return TAKEN if claim(ledger, "grace", "seats", caller.member, account, AT, caller.name) else THEIRS
            case "opt out":
                opt_out(ledger, "grace", "seats", caller.member, AT, caller.name)
                return DECLINED
    except Unavailable as missed:
        return missed.reason
    return _apply(ledger, folder, caller.name)


def _apply(ledger: Ledger, folder: Path, name: str) -> str:
    """Apply as the nightly run does, again if the plan is stale."""
    for _ in range(TRIES):
        with ledger.reading() as connection:
            now = datetime(LATE.year, LATE.month, LATE.day, tzinfo=UTC)
            plan = make_plan(InstitutionFolder.open(folder), connection, now, "grace").plan
        accepted = accept(plan) if plan is not None else None
        assert accepted is not None, plan
        if not accepted.changes:
            return IDLE
        try:
            carry_out(ledger, accepted, LATE, AT, name, "")
        except Stale:
            continue
        return APPLIED
    return STALE


# ── Checks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _must_be_so(connection: Connection, callers: Sequence[Caller], events: Sequence[Mapping[str, Any]]) -> None:
    books = read_snapshot(connection, "grace")
    held = books.licenses["seats"]
    assert books.slots("seats").used <= SEATS
    waiting = [number for number, license in held.items() if license.status is Status.WAITING]
    assert not waiting or books.slots("seats").available == 0, "somebody waits beside a free seat"
    lives = {number: [_told(row) for row in events if row["member"] == number] for number in held}
    for number, life in lives.items():
        assert sum(one == "claim" for one in life) <= 1, life
        assert not ({"lapsed"} & {*life} and "claim" in life), (number, life)
        if "claim" in life or "lapsed" in life or "opt-out" in life:
            assert life[-1] in ("claim", "lapsed", "opt-out"), life
    for caller in callers:
        status = held[caller.member].status
        match caller.result:
            case "taken" | "theirs already":
                assert status is Status.DELIVERED, caller
            case "declined" | UnavailableReason.OPTED_OUT:
                assert status is Status.OPTED_OUT, caller
            case UnavailableReason.LAPSED:
                assert status is Status.LAPSED, caller
            case UnavailableReason.CLAIMED:
                assert status is Status.DELIVERED, caller
            case UnavailableReason.WAITING:
                assert "wait" in lives[caller.member], caller
    seated = [row["member"] for row in events if row["action"] == "grant"]
    declined = {number for number, life in lives.items() if "opt-out" in life}
    line = [number for number in sorted(held) if number not in declined or number in seated]
    assert sorted(seated) == seated == line[: len(seated)], "somebody was overtaken"


def _told(row: Mapping[str, Any]) -> str:
    return str(json.loads(row["detail"]).get("status", "")) if row["action"] == "revoke" else str(row["action"])
