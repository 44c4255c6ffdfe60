"""Sixteen writers at once: never a seat too many, one result for each license, and each loser gets the reason."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Connection

from seatsync.domain.failure import ExitCode
from seatsync.ledger.database import Ledger
from tests.faults.history_checks import must_be_sound, rows
from tests.faults.history_crowd import FINGERPRINT, PLAN, SIZE, Crowd, Task
from tests.faults.history_databases import Databases, databases_of
from tests.faults.history_torture import figures, replayable, seeds
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import looking_into

OWNERS = 2
LAST_SEATS, MIXED = (3, 200), (2, 100)
"""Numbers of rounds in the short and the long form."""

CONFIG = """\
version: 1
institution:
  id: {id}
  name: Grace
  opt_out: true
  admins: [{{given_name: Ruth, family_name: Abel, email: ruth@grace.example}}]
libraries:
  books: {{title: Books, system: logos-library, slots: {slots}}}
rosters: [{{path: members.csv}}]
limits: {{permanent: retain, max_revokes: 100}}
grants:
  - {{library: books, kind: permanent, to: {{tags: [owner]}}}}
"""
WANTED = "  - {{library: books, kind: {kind}, to: {{emails: [{emails}]}}}}\n"
APPLY = ("apply", "--yes", "--commit", "c0ffee")
WAYS = {
    "fresh": APPLY,
    "expect": (*APPLY, "--expect", FINGERPRINT),
    "saved": ("apply", PLAN, "--commit", "c0ffee"),
}
"""The forms of an apply. All but the saved plan can be tried again."""


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    with Crowd() as crowd:
        yield crowd


# ── The last seats ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_seats_go_to_as_many_as_there_are_seats(database: str, crowd: Crowd, tmp_path: Path) -> None:
    databases = databases_of(database, tmp_path)
    with figures("race for the last seats", database) as count:
        for seed in seeds(*LAST_SEATS):
            with replayable(seed) as chance:
                _race_for_the_last_seats(databases, crowd, tmp_path / str(seed), chance)
            count["rounds"] += 1


def _race_for_the_last_seats(databases: Databases, crowd: Crowd, at: Path, chance: random.Random) -> None:
    """Each writer takes ``each`` of ``free`` seats for its own members, permanently, so that no seat is freed again."""
    free = chance.randint(1, 5)
    each = chance.randint(1, free)
    patient = chance.random() < 0.75
    ways = [chance.choice(chance.choice([["saved"], [*WAYS]])) for _ in range(SIZE)]
    ledger = databases.fresh()
    people = [f"m{number}@grace.example" for number in range(SIZE * each)]
    base = _folder(at / "base", people, slots=OWNERS + free)
    _ran(*APPLY, "--ledger", ledger, folder=base)
    theirs = [people[number * each : (number + 1) * each] for number in range(SIZE)]
    outcomes = crowd.run(
        [
            Task(
                _folder(at / str(number), people, OWNERS + free, wanted),
                (*WAYS[way], "--ledger", ledger, "--lock-timeout", "60" if patient else "0"),
                first=("plan", "--quiet", "--out", PLAN, "--ledger", ledger),
                again_on=(ExitCode.STALE,) if patient and way != "saved" else (),
            )
            for number, (wanted, way) in enumerate(zip(theirs, ways, strict=True))
        ]
    )

    last = [tries[-1] for tries in outcomes]
    winners = [number for number, outcome in enumerate(last) if outcome.code == ExitCode.DONE]
    early = sum(ways[number] == "saved" for number in winners)
    assert early <= 1, "two plans for the same state were applied"
    if patient:
        lasting = SIZE - ways.count("saved")
        assert len(winners) == min(free // each, lasting + early) or (not lasting and len(winners) == 1)
    else:
        assert 1 <= len(winners) <= free // each
    assert _holders(ledger) == {person for number in winners for person in theirs[number]}
    for outcome, way, wanted in zip(last, ways, theirs, strict=True):
        _must_be_told_why(outcome, way, wanted, patient)
    must_be_sound(ledger)
    databases.drop(ledger)


def _must_be_told_why(outcome: Outcome, way: str, wanted: Sequence[str], patient: bool) -> None:
    match outcome.code:
        case 0:
            return
        case 4 if way != "saved":
            assert "slots-exceeded" in outcome.out
            assert any(person in outcome.out for person in wanted)
        case 5 if way == "saved" or not patient:
            assert _reason(outcome).startswith("Nothing was done. The plan is out of date: ")
        case 6 if not patient:
            assert " is locked by " in _reason(outcome)
        case _:
            pytest.fail(f"{way}: {outcome}")
    assert "Traceback" not in outcome.err
    assert "To fix: " in outcome.err + outcome.out


# ── Everybody changes the same members ──────────────────────────────────────────────────────────────────────────────


def test_each_license_has_one_outcome_whoever_else_is_at_it(database: str, crowd: Crowd, tmp_path: Path) -> None:
    databases = databases_of(database, tmp_path)
    with figures("race at the same members", database) as count:
        for seed in seeds(*MIXED):
            with replayable(seed) as chance:
                _race_at_the_same_members(databases, crowd, tmp_path / str(seed), chance)
            count["rounds"] += 1


def _race_at_the_same_members(databases: Databases, crowd: Crowd, at: Path, chance: random.Random) -> None:
    people = [f"m{number}@grace.example" for number in range(4)]
    ledger = databases.fresh()
    base = _folder(at / "base", people, OWNERS + len(people), people, kind="temporary")
    _ran(*APPLY, "--ledger", ledger, folder=base)
    whats = [chance.choice(["claim", "claim", "opt-out", "opt-out", "apply", "resend", "import"]) for _ in range(SIZE)]
    whom = [chance.choice(people) for _ in range(SIZE)]
    tasks = []
    for number, (what, person) in enumerate(zip(whats, whom, strict=True)):
        wanted = [other for other in people if other != person] if what == "apply" else people
        folder = _folder(at / str(number), people, OWNERS + len(people), wanted, kind="temporary")
        (folder / "portal.csv").write_text(
            "Given Name,Family Name,Institution Email Address,License Kind,License Status\n"
            f"Ann,Lee,{person},Temporary,Delivered\n",
            encoding="utf-8",
        )
        command = {
            "claim": ("ledger", "claim", "books", person),
            "opt-out": ("ledger", "opt-out", "books", person),
            "apply": (*APPLY, "--actor", str(number)),
            "resend": ("resend", person, "--library", "books", "--yes"),
            "import": ("import", "portal.csv", "--library", "books", "--yes"),
        }[what]
        tasks.append(Task(folder, (*command, "--ledger", ledger), actor=str(number)))
    last = [tries[-1] for tries in crowd.run(tasks)]

    for outcome in last:
        assert outcome.code in (ExitCode.DONE, ExitCode.REFUSED, ExitCode.STALE), outcome
        assert outcome.code == ExitCode.DONE or _reason(outcome), outcome
        assert "Traceback" not in outcome.err
    with looking_into(ledger) as connection:
        entries = {row["serial"]: row for row in rows(connection, "entry")}
        events = sorted(rows(connection, "event"), key=lambda row: row["serial"])
    done = [str(number) for number, outcome in enumerate(last) if outcome.code == ExitCode.DONE]
    wrote = [row["actor"] for row in entries.values() if row["actor"].isdecimal()]
    assert len(wrote) == len(set(wrote)), "an action was recorded twice"
    assert set(wrote) <= set(done), "a failed action was recorded"
    for actor in set(done) - set(wrote):
        assert whats[int(actor)] in ("apply", "import", "resend"), "an acknowledged action was not recorded"
    for number in range(1, len(people) + OWNERS + 1):
        _must_be_one_life([row["action"] for row in events if row["member"] == number and row["library"]])
    must_be_sound(ledger)
    databases.drop(ledger)


def _must_be_one_life(actions: Sequence[str]) -> None:
    """Check that between two grants a license ends or is claimed only once, and that no invitation follows."""
    waiting = False
    for action in actions:
        match action:
            case "grant":
                waiting = True
            case "claim" | "opt-out" | "resend":
                assert waiting, actions
                waiting = action == "resend"
            case "revoke" | "import":
                waiting = False


# ── Institutions next to each other ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres_only("a file holds one institution")
def test_institutions_in_one_database_do_not_wait_for_each_other(database: str, crowd: Crowd, tmp_path: Path) -> None:
    ledger = databases_of(database, tmp_path).fresh()
    ids = [f"school-{number}" for number in range(SIZE)]
    with _held(ledger, ids[0]):
        first, *others = crowd.run([_first_apply(tmp_path / id, ledger, id, "--lock-timeout", "0") for id in ids])
    assert [tries[-1].code for tries in others] == [ExitCode.DONE] * (SIZE - 1)
    assert first[-1].code == ExitCode.LEDGER
    assert "is locked by who-holds-it on " in first[-1].err
    for id in ids[1:]:
        must_be_sound(ledger, id)


@contextmanager
def _held(ledger: str, institution: str) -> Iterator[None]:
    """Hold the institution's lock, as a writer that has not finished."""
    holds, over = Event(), Event()

    def step(connection: Connection) -> None:
        holds.set()
        over.wait()

    writing = Thread(target=Ledger(ledger).write, args=(institution, "who-holds-it", "", step))
    writing.start()
    assert holds.wait(30)
    try:
        yield
    finally:
        over.set()
        writing.join()


@pytest.mark.parametrize("again", [(), (ExitCode.STALE,)], ids=["once", "until it is done"])
def test_of_first_applies_at_once_one_makes_the_ledger(
    again: tuple[int, ...], database: str, crowd: Crowd, tmp_path: Path
) -> None:
    ledger = databases_of(database, tmp_path).bare()
    tasks = [_first_apply(tmp_path / str(number), ledger, "grace", again_on=again) for number in range(SIZE)]
    codes = [tries[-1].code for tries in crowd.run(tasks)]
    assert ExitCode.DONE in codes
    assert set(codes) <= ({ExitCode.DONE} if again else {ExitCode.DONE, ExitCode.STALE})
    with looking_into(ledger) as connection:
        assert [row["kind"] for row in rows(connection, "entry")] == ["apply"]
    must_be_sound(ledger)


@pytest.mark.postgres_only("a file holds one institution")
def test_first_applies_of_many_institutions_at_once_all_come_into_an_empty_database(
    database: str, crowd: Crowd, tmp_path: Path
) -> None:
    ledger = databases_of(database, tmp_path).bare()
    ids = [f"school-{number}" for number in range(SIZE)]
    outcomes = crowd.run([_first_apply(tmp_path / id, ledger, id) for id in ids])
    assert [tries[-1].code for tries in outcomes] == [ExitCode.DONE] * SIZE, outcomes
    for id in ids:
        must_be_sound(ledger, id)


@pytest.mark.sqlite_only("a database holds many institutions")
def test_of_many_institutions_that_make_one_file_at_once_one_has_it(
    database: str, crowd: Crowd, tmp_path: Path
) -> None:
    ledger = databases_of(database, tmp_path).bare()
    ids = [f"school-{number}" for number in range(SIZE)]
    last = [tries[-1] for tries in crowd.run([_first_apply(tmp_path / id, ledger, id) for id in ids])]
    assert sorted(outcome.code for outcome in last) == [ExitCode.DONE] + [ExitCode.REFUSED] * (SIZE - 1), last
    assert all(
        "institution-mismatch" in outcome.out + outcome.err for outcome in last if outcome.code == ExitCode.REFUSED
    )
    must_be_sound(ledger, next(id for id, outcome in zip(ids, last, strict=True) if outcome.code == ExitCode.DONE))


# ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _folder(
    at: Path, people: Sequence[str], slots: int, wanted: Sequence[str] = (), kind: str = "permanent", id: str = "grace"
) -> Path:
    """Files with owners who hold seats, and with ``people``, of whom ``wanted`` should get one."""
    at.mkdir(parents=True)
    config = CONFIG.format(id=id, slots=slots)
    if wanted:
        config += WANTED.format(kind=kind, emails=", ".join(wanted))
    (at / "seatsync.yaml").write_text(config, encoding="utf-8")
    owners = [f"owner{number}@grace.example,Owen,Ray,owner\n" for number in range(OWNERS)]
    members = [f"{person},Ann,Lee,\n" for person in people]
    header = "email,given_name,family_name,tags\n"
    (at / "members.csv").write_text("".join([header, *owners, *members]), encoding="utf-8")
    return at


def _first_apply(at: Path, ledger: str, id: str, *options: str, again_on: tuple[int, ...] = ()) -> Task:
    people = [f"m{number}@grace.example" for number in range(3)]
    folder = _folder(at, people, OWNERS + len(people), people, id=id)
    return Task(folder, (*APPLY, "--ledger", ledger, *options), again_on=again_on)


def _holders(ledger: str) -> set[str]:
    """Return who holds a seat, except the owners."""
    with looking_into(ledger) as connection:
        emails = {row["number"]: row["email"] for row in rows(connection, "member")}
        held = {emails[row["member"]] for row in rows(connection, "license") if row["kind"] != "none"}
    return {email for email in held if not email.startswith("owner")}


def _reason(outcome: Outcome) -> str:
    """Return the line that says why nothing was done."""
    return next((line[10:] for line in outcome.err.splitlines() if line.startswith("seatsync: ")), "")


def _ran(*args: str, folder: Path) -> None:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == ExitCode.DONE, outcome
