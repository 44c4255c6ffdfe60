"""``verify`` finds any manual change in a ledger.

Each try damages one thing in a ledger that has something of every kind, in a transaction that is rolled back. Damage that the
database itself prevents is counted separately. ``verify`` can't know whether a letter was sent. Without a head that was recorded
elsewhere, it can't know whether the whole journal was forged, or cut off.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, StaticPool

from seatsync.apply.claims import claim, opt_out
from seatsync.domain.failure import ExitCode
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.journal import link
from seatsync.ledger.queries import links
from seatsync.ledger.queries.accounts.holdings import AccountHolder
from seatsync.ledger.verification.verify import STATES, rebuild, verify
from tests.faults.history_checks import must_be_sound
from tests.faults.history_databases import databases_of
from tests.faults.history_tampering import (
    DAMAGES,
    FORGERIES,
    Edit,
    another_type,
    carry_out,
    changes_something,
    journal,
    stored,
)
from tests.faults.history_torture import figures, replayable, seeds
from tests.support.command_line import seatsync
from tests.support.letters import posted

DAMAGED, FORGED = (150, 10_000), (6, 500)
"""Numbers of tries in the short and the long form."""

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  contacts: [{name: Dana Fox, email: dana@vendor.example, role: Sales}]
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
    - {given_name: Omar, family_name: Bell, email: omar@grace.example}
    - {given_name: Noa, family_name: Levi, email: noa@grace.example}
  opt_out: true
libraries:
  books: {title: Books, system: logos-library, slots: 9}
  sub: {title: Subscription, system: logos-subscription, slots: 9}
  jam: {title: Jamworks, system: jamworks, slots: 9}
  maps: {title: Maps, system: logos-library, slots: 2}
rosters: [{path: members.csv}]
limits: {max_revokes: 100}
grants:
  - {library: books, kind: temporary, to: {tags: [temporary]}}
  - {library: books, kind: permanent, to: {tags: [permanent]}}
  - {library: sub, to: {any_tags: [temporary, sub]}, resend: once}
  - {library: jam, to: {tags: [jam]}}
"""
MEMBERS = """\
email,given_name,family_name,student_id,role,tags
ann@grace.example,Ann,Lee,S1,Student,temporary
ben@grace.example,Ben,Ode,S2,Student,temporary
cy@grace.example,Cy,Roe,S3,Professor,permanent;jam
dee@grace.example,Dee,Fox,S4,Student,sub
eli@grace.example,Eli,Ray,S5,Student,temporary;jam
"""
PORTAL = """\
Given Name,Family Name,Institution Email Address,Institution Student ID,License Kind,License Status
Cy,Roe,cy@grace.example,S3,Permanent,Delivered
Hal,Kim,hal@grace.example,S8,Temporary,Delivered
"""
LIFE: tuple[tuple[str, ...], ...] = (
    ("2026-09-01", "apply", "--yes"),
    ("2026-09-01", "letters are sent"),
    ("2026-09-01", "by link", "opt-out", "eli@grace.example"),
    ("2026-09-02", "by link", "claim", "ben@grace.example"),
    ("2026-09-02", "ledger", "claim", "books", "ann@grace.example"),
    ("2026-09-02", "ledger", "claim", "jam", "cy@grace.example", "--account", "cy@home.example"),
    ("2026-09-03", "ledger", "opt-out", "sub", "dee@grace.example"),
    ("2026-09-03", "resend", "--library", "sub", "--yes"),
    ("2026-09-04", "members.csv", "Ann,Lee,S1,Student,temporary", "Anna,Lee,S1,Student,permanent"),
    ("2026-09-04", "members.csv", "ben@grace.example,Ben", "benny@grace.example,Benjamin"),
    ("2026-09-04", "members.csv", "eli@grace.example,Eli,Ray,S5,Student,temporary;jam\n", ""),
    ("2026-09-04", "seatsync.yaml", "given_name: Omar", "given_name: Omer"),
    ("2026-09-04", "seatsync.yaml", "given_name: Noa", "given_name: Noah"),
    ("2026-09-04", "seatsync.yaml", "title: Books", "title: Bookshelf"),
    ("2026-09-04", "apply", "--yes"),
    ("2026-09-05", "members.csv", "benny@grace.example,Benjamin", "ben@grace.example,Benno"),
    ("2026-09-05", "seatsync.yaml", "  maps: {title: Maps, system: logos-library, slots: 2}\n", ""),
    ("2026-09-05", "seatsync.yaml", "    - {given_name: Omer, family_name: Bell, email: omar@grace.example}\n", ""),
    ("2026-09-05", "seatsync.yaml", "    - {given_name: Noah, family_name: Levi, email: noa@grace.example}\n", ""),
    ("2026-09-05", "seatsync.yaml", "Grace Seminary", "Grace College"),
    ("2026-09-05", "apply", "--yes", "--actor", "Ruth Abel", "--commit", "c0ffee"),
    ("2026-09-05", "letters are sent"),
    ("2026-09-06", "ledger", "erase", "eli@grace.example", "--yes"),
    ("2026-09-06", "ledger", "erase", "omar@grace.example", "--yes"),
    ("2026-09-06", "ledger", "prune", "--letters-before", "2026-09-04", "--yes"),
    ("2026-09-07", "import", "portal.csv", "--library", "books", "--yes"),
    ("2026-09-08", "seatsync.yaml", "resend: once", "resend: twice, regrant: true"),
    ("2026-09-08", "members.csv", "dee@", "fay@grace.example,Fay,Orr,S6,Student,temporary;jam\ndee@"),
    ("2026-09-08", "apply", "--yes"),
    ("2026-09-08", "letters are sent"),
    ("2026-09-09", "by link", "claim", "fay@grace.example"),
    ("2026-09-09", "members.csv", "dee@grace.example,Dee,Fox,S4,Student,sub\n", ""),
    ("2026-09-09", "apply", "--yes"),
    ("2026-09-09", "resend", "--library", "jam", "--yes"),
    ("2026-09-10", "letters are sent"),
)  # fmt: skip
"""Commands, edits of files and what members do, with their days: something of every kind, all valid."""


@pytest.fixture(scope="module")
def full_ledger(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The ledger after these events, for damage that is rolled back. For SQLite it is a copy in memory."""
    at = tmp_path_factory.mktemp("tampering")
    databases = databases_of(database, at)
    ledger = databases.fresh()
    (at / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (at / "members.csv").write_text(MEMBERS, encoding="utf-8")
    (at / "portal.csv").write_text(PORTAL, encoding="utf-8")
    tokens: dict[str, str] = {}
    for day, command, *rest in LIFE:
        if command == "letters are sent":
            tokens |= posted(at, "--ledger", ledger, "--now", day)
        elif command == "by link":
            _by_link(ledger, f"{day}T09:00:00Z", tokens[rest[1]], *rest)
        elif command.endswith((".csv", ".yaml")):
            old, new = rest
            said = (at / command).read_text(encoding="utf-8")
            assert said.count(old) == 1, old
            (at / command).write_text(said.replace(old, new), encoding="utf-8")
        else:
            outcome = seatsync(command, *rest, "--ledger", ledger, "--now", day, folder=at)
            assert outcome.code == ExitCode.DONE, (command, rest, outcome)
    must_be_sound(ledger)
    with _opened(ledger) as connection:
        yield connection
    databases.drop(ledger)


def _by_link(ledger: str, at: str, token: str, what: str, email: str) -> None:
    """Open the link in a member's last letter, and claim or decline."""
    with Ledger(ledger).reading() as connection:
        assert connection is not None
        found = links.resolve(connection, "grace", token)
    assert found is not None
    if what == "claim":
        claim(Ledger(ledger), "grace", found.library, found.member, AccountHolder(email), at, "pages", token)
    else:
        opt_out(Ledger(ledger), "grace", found.library, found.member, at, "pages", token)


@contextmanager
def _opened(ledger: str) -> Iterator[Connection]:
    options = {"isolation_level": "AUTOCOMMIT", "execution_options": {"by_hand": True}}
    if "://" in ledger:
        engine = create_engine(ledger, poolclass=NullPool, **options)
    else:
        memory = sqlite3.connect(":memory:", isolation_level=None)
        with sqlite3.connect(ledger) as file:
            file.backup(memory)
        engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool, **options)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


# ── Damage ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_damage_is_found(full_ledger: Connection, database: str) -> None:
    before = stored(full_ledger)
    missed = []
    with figures("tampering", database) as count:
        for seed in seeds(*DAMAGED):
            with replayable(seed) as chance:
                outcome = "impossible"
                while outcome == "impossible":
                    damage = chance.choice(POSSIBLE[database])
                    edits = damage(chance, before)
                    if changes_something(edits):
                        outcome = _outcome(full_ledger, edits)
                        count["impossible"] += outcome == "impossible"
            count["tries"] += 1
            count["found"] += outcome == "found"
            if outcome != "found":
                missed.append(f"SEATSYNC_TORTURE_SEED={seed}: {damage.__name__} {outcome}: {_difference(edits)}")
    assert not missed, "\n".join([f"{len(missed)} of {count['tries']} were not found:", *missed[:20]])


POSSIBLE = {"sqlite": DAMAGES, "postgres": [damage for damage in DAMAGES if damage is not another_type]}


def _outcome(full_ledger: Connection, edits: list[Edit]) -> str:
    """Return ``found``, ``impossible`` if the database prevents the damage, or what went wrong."""
    with _undone(full_ledger):
        try:
            carry_out(full_ledger, edits)
        except DBAPIError:
            return "impossible"
        try:
            return "found" if verify(full_ledger, "grace").faults else "was not found"
        except LedgerError:
            return "found"
        except Exception as error:
            return f"made verify stumble: {error!r}"


def test_whether_a_letter_was_sent_is_not_the_journals(full_ledger: Connection) -> None:
    for state in STATES:
        with _undone(full_ledger):
            full_ledger.execute(text("UPDATE outbox SET state = :state"), {"state": state})
            assert verify(full_ledger, "grace").faults == []


@contextmanager
def _undone(full_ledger: Connection) -> Iterator[None]:
    full_ledger.exec_driver_sql("BEGIN")
    try:
        yield
    finally:
        full_ledger.exec_driver_sql("ROLLBACK")


def _difference(edits: list[Edit]) -> str:
    """Return the difference in short."""
    differences = []
    for table, before, after in edits[:3]:
        if before is None or after is None:
            differences.append(f"{table}: {'gone' if after is None else 'new'} {before or after}")
        else:
            differing = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
            differences.append(f"{table} {before.get('serial', '')}: {differing}")
    return "; ".join(differences)[:500]


def test_no_text_moves_unseen_from_one_field_to_the_next(full_ledger: Connection) -> None:
    """The separator of hashed fields can't be part of a field; otherwise text could move from one field to the next."""
    with pytest.raises(ValueError, match="control character"):
        link(bytes(32), ["ruth\x1fabc", "def"])
    entry = stored(full_ledger)["entry"][-1]
    with _undone(full_ledger):
        carry_out(full_ledger, [Edit("entry", entry, entry | {"actor": f"{entry['actor']}\x1f"})])
        assert verify(full_ledger, "grace").faults


# ── Forgery as a whole ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_a_forgery_that_is_sound_in_itself_is_found_by_a_head_noted_elsewhere(
    forgery: object, full_ledger: Connection, database: str
) -> None:
    before = stored(full_ledger)
    heads = [row["hash"].hex() for _, row in journal(before)]
    with figures(f"forgery, {forgery.__name__}", database) as count:  # type: ignore[attr-defined]
        for seed in seeds(*FORGED):
            with replayable(seed) as chance, _undone(full_ledger):
                edits, start = forgery(chance, before)  # type: ignore[operator]
                carry_out(full_ledger, edits)
                full_ledger.execute(
                    text("UPDATE institution SET serial = 0")
                )  # an attacker who cuts the journal cuts the tables too
                assert rebuild(full_ledger, "grace").faults == []
                assert verify(full_ledger, "grace").faults == [], "the forgery is not consistent in itself"
                assert verify(full_ledger, "grace", heads[: start - 1]).faults == [], "an earlier head must not show it"
                noted = chance.choice(heads[start - 1 :])
                assert verify(full_ledger, "grace", [noted]).faults
            count["tries"] += 1
            count["found"] += 1
