"""Sixteen callers at once, as through the pages and a pipeline: claims by several accounts, opt-outs, and applies that take
the last seats away and give them to others. There is never a seat too many, and each caller gets the true result."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

from sqlalchemy import Connection

from seatsync.apply.apply import carry_out
from seatsync.apply.claims import Unavailable, UnavailableReason, claim, opt_out
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries import links
from seatsync.ledger.queries.accounts.emails import email_hash
from seatsync.ledger.queries.accounts.holdings import AccountHolder
from seatsync.ledger.queries.outgoing import outgoing_letters
from seatsync.ledger.record import Stale
from seatsync.ledger.tables import metadata
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
SEATS, WAITING = 4, 3
"""Members who are offered all existing seats, and others who should get one."""
DAY, AT = "2026-09-01", "2026-09-01T12:00:00Z"
PEOPLE = [f"m{number}@grace.example" for number in range(1, SEATS + WAITING + 1)]
ACCOUNTS = [AccountHolder(f"a{number}@home.example", f"a{number}") for number in range(3)]
CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace
  opt_out: true
  admins: [{{given_name: Ruth, family_name: Abel, email: ruth@grace.example}}]
libraries:
  seats: {{title: Seats, system: {system}, slots: {slots}}}
rosters: [{{path: members.csv}}]
limits: {{max_revokes: 100}}
grants:
  - {{library: seats, to: {{emails: [{emails}]}}{more}}}
"""

APPLIED, STALE, REFUSED = "applied", "stale", "refused"
TAKEN, THEIRS, DECLINED = "taken", "theirs already", "declined"


@dataclass
class Caller:
    """One of the concurrent callers, ``delay`` seconds after the start. ``result`` is what they get."""

    name: str
    what: str
    delay: float = 0
    member: int = 0
    account: AccountHolder = ACCOUNTS[0]
    token: str = ""
    folder: Path = field(default_factory=Path)
    result: str = ""


def test_each_is_told_what_came_of_it_and_never_one_seat_too_many(database: str, tmp_path: Path) -> None:
    databases = databases_of(database, tmp_path)
    with figures("claims, opt-outs and applies at once", database) as count, ThreadPoolExecutor(SIZE) as threads:
        for seed in seeds(*ROUNDS):
            with replayable(seed) as chance:
                count.update(_round(databases, threads, tmp_path / str(seed), chance))
            count["rounds"] += 1


def _round(databases: Databases, threads: ThreadPoolExecutor, at: Path, chance: random.Random) -> list[str]:
    location, system = databases.fresh(), chance.choice(["logos-subscription", "jamworks"])
    first = _folder(at / "first", system, PEOPLE[:SEATS])
    assert seatsync("ledger", "migrate", "--ledger", location, folder=first).code == 0
    _sign_up(location, [*ACCOUNTS, AccountHolder(PEOPLE[-1], "last")])
    done = seatsync("apply", "--yes", "--now", DAY, "--ledger", location, folder=first)
    assert done.code == 0, done
    tokens = Ledger(location).write("grace", "sender", "", _tokens)
    callers = [_caller(number, at, system, tokens, chance) for number in range(SIZE)]
    start = Barrier(SIZE)
    for caller, result in zip(callers, threads.map(partial(_come, Ledger(location), start), callers), strict=True):
        caller.result = result

    must_be_sound(location)
    with looking_into(location) as connection:
        must_be_so(
            callers, {table: rows(connection, table) for table in ("entry", "event", "license", "link", "holding")}
        )
    databases.drop(location)
    return [caller.result for caller in callers]


def _caller(number: int, at: Path, system: str, tokens: Mapping[int, str], chance: random.Random) -> Caller:
    what = chance.choice([*["claim"] * 4, "opt out", "apply"])
    member, account = chance.randint(1, SEATS), chance.choice(ACCOUNTS)
    delay = 0.0 if what == "apply" else chance.uniform(0, 0.3)
    token = tokens[member] if chance.random() < 0.5 else ""
    wanted = chance.sample(PEOPLE, SEATS)
    regrant = ", regrant: true" if chance.random() < 0.5 else ""
    folder = _folder(at / str(number), system, wanted, regrant) if what == "apply" else at
    return Caller(str(number), what, delay, member, account, token, folder)


def _come(ledger: Ledger, start: Barrier, caller: Caller) -> str:
    """Return the result that the caller gets."""
    start.wait(60)
    time.sleep(caller.delay)
    try:
        return _doing(ledger, caller)
    except Unavailable as missed:
        return missed.reason


def _doing(ledger: Ledger, caller: Caller) -> str:
    who, account, name, token = caller.member, caller.account, caller.name, caller.token
    match caller.what:
        case "claim":
            return TAKEN if claim(ledger, "grace", "seats", who, account, AT, name, token) else THEIRS
        case "opt out":
            opt_out(ledger, "grace", "seats", who, AT, name, token)
            return DECLINED
    return _apply(ledger, caller)


def _apply(ledger: Ledger, caller: Caller) -> str:
    """Apply as a pipeline does: plan again, up to a number of tries, if the plan is stale."""
    result = STALE
    for _ in range(TRIES):
        if result == STALE:
            result = _applied(ledger, caller)
    return result


def _applied(ledger: Ledger, caller: Caller) -> str:
    with ledger.reading() as connection:
        plan = make_plan(
            InstitutionFolder.open(caller.folder), connection, datetime(2026, 9, 1, tzinfo=UTC), "grace"
        ).plan
    assert plan is not None
    accepted = accept(plan)
    if accepted is None:
        return REFUSED
    try:
        carry_out(ledger, accepted, date(2026, 9, 1), AT, caller.name, "")
    except Stale:
        return STALE
    return APPLIED


# ── Checks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


WROTE = {TAKEN: {"claim"}, DECLINED: {"opt-out"}, APPLIED: {"apply", "files"}}
"""The entries that the journal may have for each of these results: ``files`` where the same seats come from other files."""
AFTER: Mapping[str, set[str]] = {
    UnavailableReason.CLAIMED: {"claim", "grant"},
    UnavailableReason.OPTED_OUT: {"opt-out"},
    UnavailableReason.REVOKED: {"revoke"},
    UnavailableReason.LINK_ENDED: {"revoke", "opt-out"},
    UnavailableReason.NOTHING: {"revoke", "opt-out"},
}
"""The events that must have happened to a member for each of these results."""


def must_be_so(callers: Sequence[Caller], found: Mapping[str, list[dict[str, Any]]]) -> None:
    """Check that journal and tables agree with each caller's result, and that each license has one valid history."""
    events = sorted(found["event"], key=lambda row: row["serial"])
    wrote = {row["actor"]: row for row in found["entry"] if row["actor"].isdecimal()}
    assert len(wrote) == sum(row["actor"].isdecimal() for row in found["entry"]), "an action is recorded twice"
    lives = {number: [row for row in events if row["member"] == number] for number in range(1, len(PEOPLE) + 1)}
    for caller in callers:
        entry = wrote.get(caller.name)
        if caller.result == APPLIED and entry is None:
            continue  # there was nothing to apply
        assert (entry["kind"] if entry else "") in WROTE.get(caller.result, {""}), caller
        life = lives.get(caller.member, [])
        if caller.result in AFTER:
            assert AFTER[caller.result] & {row["action"] for row in life}, caller
        by = {_account(row) for row in life if row["action"] == "claim"}
        if caller.result == THEIRS:
            assert caller.account.id in by, caller
        if caller.result == UnavailableReason.CLAIMED and caller.what != "opt out":
            assert by - {caller.account.id}, caller
    for number, life in lives.items():
        _must_be_one_life([row["action"] for row in life])
        claims = [_account(row) for row in life if row["action"] == "claim"]
        assert [row["account"] for row in found["holding"] if row["member"] == number] == claims[-1:]
    by_link = {caller.member for caller in callers if caller.token and caller.result in (TAKEN, DECLINED)}
    assert {row["member"] for row in found["link"] if row["used_at"]} == by_link


def _account(row: Mapping[str, Any]) -> str:
    """Return the id of the account that did this."""
    return next((account.id for account in ACCOUNTS if row["person"] and f'"{account.email}"' in row["person"]), "")


def _must_be_one_life(actions: Sequence[str]) -> None:
    """Check that between two grants a license ends or is claimed only once."""
    open = False
    for action in actions:
        if action in ("claim", "opt-out"):
            assert open, actions
        open = action == "grant" or (open and action not in ("claim", "opt-out", "revoke"))


# ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _folder(at: Path, system: str, wanted: Sequence[str], more: str = "") -> Path:
    at.mkdir(parents=True)
    config = CONFIG.format(system=system, slots=SEATS, emails=", ".join(wanted), more=more)
    (at / "seatsync.yaml").write_text(config, encoding="utf-8")
    members = "".join(f"{person},Ann,Lee\n" for person in PEOPLE)
    (at / "members.csv").write_text(f"email,given_name,family_name\n{members}", encoding="utf-8")
    return at


def _sign_up(location: str, accounts: Sequence[AccountHolder]) -> None:
    made = {"password": "", "language": "", "made_at": AT}
    with looking_into(location) as connection:
        connection.execute(
            metadata.tables["account"].insert(),
            [{"id": a.id, "email": a.email, "email_hash": email_hash(a.email), **made} for a in accounts],
        )


def _tokens(connection: Connection) -> dict[int, str]:
    """Create the personal links of the invitations as a sender does; return the tokens by member."""
    letters = [letter for letter in outgoing_letters(connection, "grace", None) if letter.member]
    made = links.make(connection, "grace", letters, AT).tokens
    return {letter.member: made[letter.serial] for letter in letters}
