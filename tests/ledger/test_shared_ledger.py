"""Operating a shared ledger: several institutions in one database, roles, the lock, migrations, dumps,
erasing, pruning, the past, and reasons.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from seatsync.domain.letters import LINKED
from seatsync.ledger import tables
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.journal import canonical
from seatsync.ledger.queries import links
from seatsync.ledger.queries.accounts.emails import email_hash, with_account
from seatsync.ledger.queries.accounts.holdings import licenses_of, offered_to_account
from seatsync.ledger.queries.outgoing import outgoing_letters
from seatsync.ledger.stores.migrate import migrate
from tests.faults.history_tampering import JOURNAL, hash_of
from tests.ledger.test_ledger import OF_INSTITUTIONS
from tests.support.accounts import signed_up
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import (
    KINDS,
    add,
    contents,
    copied,
    ledgers,
    location,
    looking_into,
    opened,
    psql,
    rows,
    stored,
    stored_at,
)
from tests.support.paths import ROOT

DONE, BROKEN, INVALID, REFUSED, LEDGER, USAGE = 0, 1, 3, 4, 6, 64
ROLES = ROOT / "docs" / "roles.sql"
FIRST, CLAIMED, SECOND = "2026-09-01", "2026-09-02", "2026-09-03"
SHA = {FIRST: "a1" * 20, SECOND: "b2" * 20}
CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
    - {given_name: Omar, family_name: Quillon, email: omar.quillon@grace.example}
  opt_out: true
libraries:
  atlas: {title: Atlas, system: logos-library, slots: 4}
  books: {title: Books, system: logos-library, slots: 5}
  sub: {title: Subscription, system: logos-subscription, slots: 9}
rosters: [{path: members.csv}]
grants:
  - {library: atlas, kind: permanent, to: {tags: [owner]}}
  - {library: books, kind: permanent, to: {tags: [owner]}}
  - {library: sub, to: {tags: [student]}, until: 2027-06-30}
"""
OMAR = "    - {given_name: Omar, family_name: Quillon, email: omar.quillon@grace.example}\n"
HEADER = "email,given_name,family_name,student_id,tags\n"
ANN = "ann@grace.example,Ann,Lee,S1,student\n"
BEN = "ben@grace.example,Ben,Ode,S2,student;owner\n"
ZEPH = "zeph@grace.example,Zephyrine,Quillfeather,CANARY77,student;owner\n"
DEE = "dee@grace.example,Dee,Fox,S4,student\n"
LISTS = {
    "status": ("status", "--format", "json"),
    "members": ("members", "--format", "json"),
    "members of a library": ("members", "--library", "books", "--with-license", "--format", "csv"),
    "licenses": ("licenses", "--all", "--format", "csv"),
    "export": ("export",),
}


def write(folder: Path, roster: str, config: str = CONFIG) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    (folder / "members.csv").write_text(HEADER + roster, encoding="utf-8")
    return folder


def ran(*args: str, folder: Path, code: int = DONE) -> Outcome:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == code, outcome
    assert "Traceback" not in outcome.err
    assert "This is a bug" not in outcome.err
    return outcome


def json_of(*args: str, folder: Path) -> Any:
    return json.loads(ran(*args, "--format", "json", folder=folder).out)


def one_line(outcome: Outcome, *said: str) -> None:
    """Check that the output is one line with the fact, and one with what to do."""
    first, second = outcome.err.splitlines()
    assert first.startswith("seatsync: ")
    assert second.startswith("  To fix: ")
    assert [words for words in said if words not in outcome.err] == []


def head(folder: Path) -> str:
    return str(json_of("plan", folder=folder)["ledger"]["head"])


def apply(folder: Path, day: str, actor: str) -> None:
    ran("apply", "--yes", "--quiet", "--now", day, "--actor", actor, "--commit", SHA[day], folder=folder)


@pytest.fixture(scope="module")
def after_three_days(tmp_path_factory: pytest.TempPathFactory, database: str) -> Path:
    """Grace Seminary after three days, for copying, with the lists at the end of each day."""
    folder = tmp_path_factory.mktemp("after-three-days") / "grace"
    seen: dict[str, dict[str, str]] = {"2026-08-31": _lists(write(folder, ANN + BEN + ZEPH))}
    apply(folder, FIRST, "ruth")
    seen[FIRST] = _lists(folder)
    claim = ("ledger", "claim", "books", "--now", CLAIMED)
    ran(*claim, "zeph@grace.example", "--account", "q@private.example", folder=folder)
    ran(*claim, "ben@grace.example", folder=folder)
    ran("ledger", "opt-out", "sub", "ben@grace.example", "--now", CLAIMED, folder=folder)
    seen[CLAIMED] = _lists(folder)
    write(folder, ANN + BEN + DEE, CONFIG.replace(OMAR, ""))
    apply(folder, SECOND, "omar")
    seen[SECOND] = seen["2027-01-01"] = _lists(folder)
    (folder.parent / "seen.json").write_text(json.dumps(seen), encoding="utf-8")
    return folder


def _lists(folder: Path) -> dict[str, str]:
    return {name: seatsync(*command, folder=folder).out for name, command in LISTS.items()}


@pytest.fixture
def grace(after_three_days: Path, tmp_path: Path) -> Path:
    """Zephyrine has left with two permanent licenses, one of them unclaimed. Omar is no longer an administrator."""
    return copied(after_three_days, tmp_path / "grace")


@pytest.fixture
def hope(tmp_path: Path, database: str) -> Path:
    """Another institution, with the same people: on PostgreSQL in the same database."""
    folder = write(tmp_path / "hope", ANN + BEN, CONFIG.replace("id: grace", "id: hope").replace("Grace", "Hope"))
    apply(folder, FIRST, "hanna")
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A new ledger, in SQLite or PostgreSQL."""
    (tmp_path / "elsewhere").mkdir()
    leased = []

    def new(kind: str) -> str:
        if kind == "sqlite":
            return str(tmp_path / "elsewhere" / "seatsync.db")
        leased.append(ledgers.shelf.take())
        return leased[-1].url

    yield new
    for one in leased:
        ledgers.shelf.give_back(one)


# ── Several institutions in one database ────────────────────────────────────────────────────────────────────────────

shared = pytest.mark.postgres_only("a SQLite file holds one institution")


@shared
def test_institutions_share_a_database_and_nothing_else(grace: Path, hope: Path) -> None:
    for folder in (grace, hope):
        assert json_of("plan", folder=folder)["changes"] == []
        ran("verify", folder=folder)
    assert {member["email"][:3] for member in json_of("members", folder=hope)} == {"ann", "ben"}
    assert {member["email"][:3] for member in json_of("members", folder=grace)} == {"ann", "ben", "dee"}
    assert {line["actor"] for line in json_of("log", folder=hope)} == {"hanna"}
    assert [row["serial"] for row in rows(hope, "entry") if row["institution"] == "hope"] == [1]


@shared
@pytest.mark.parametrize(
    "command",
    [
        ("apply", "--yes", "--now", "2026-09-04"),
        ("ledger", "claim", "books", "ben@grace.example"),
        ("ledger", "opt-out", "sub", "ann@grace.example"),
        ("resend", "--yes"),
        ("ledger", "rebuild"),
        ("ledger", "prune", "--letters-before", "2027-01-01", "--yes"),
        ("ledger", "erase", "ann@grace.example", "--yes"),
    ],
    ids=" ".join,
)
def test_what_is_done_to_one_institution_leaves_the_other_as_it_was(
    command: tuple[str, ...], grace: Path, hope: Path
) -> None:
    write(hope, BEN + DEE, CONFIG.replace("id: grace", "id: hope"))
    if "erase" in command:
        ran("apply", "--yes", folder=hope)
    before = ran("ledger", "dump", folder=grace).out, of("grace", grace)
    ran(*command, folder=hope)
    assert (ran("ledger", "dump", folder=grace).out, of("grace", grace)) == before


def of(institution: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of one institution."""
    return {name: [row for row in found if row["institution"] == institution] for name, found in stored(folder).items()}


@shared
def test_one_command_applies_to_several_institutions_of_a_database(grace: Path, hope: Path) -> None:
    for folder in (grace, hope):
        with (folder / "members.csv").open("a", encoding="utf-8") as roster:
            roster.write("new@grace.example,New,Person,S9,student\n")
    ran("apply", "--yes", "grace", "hope", folder=grace.parent)
    assert ran("plan", "--detailed-exitcode", "grace", "hope", folder=grace.parent).code == DONE


# ── Roles ───────────────────────────────────────────────────────────────────────────────────────────────────────────

READING = [
    ("plan",),
    ("status",),
    ("members",),
    ("licenses",),
    ("export",),
    ("log",),
    ("why", "ann@grace.example"),
    ("verify",),
    ("outbox", "list"),
    ("ledger", "info"),
    ("ledger", "dump"),
]
WRITING = [
    ("apply", "--yes"),
    ("ledger", "claim", "atlas", "ben@grace.example"),
    ("ledger", "opt-out", "sub", "ann@grace.example"),
    ("resend", "--yes"),
]


class Bound:
    """A database with two institutions, and roles bound to the first: ``read``, ``write``.

    Roles belong to the server, so their names contain the process of the tests that made them.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def role(self, name: str) -> str:
        return f"{name}_{os.getpid()}"

    def url_of(self, role: str) -> str:
        return make_url(self.url).set(username=self.role(role)).render_as_string(hide_password=False)

    def by(self, role: str, *args: str, folder: Path) -> Outcome:
        return seatsync(*args, "--ledger", self.url_of(role), folder=folder)

    def execute(self, role: str, statement: str) -> Any:
        with looking_into(self.url_of(role)) as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else result.rowcount


@pytest.fixture
def bound(grace: Path, hope: Path) -> Iterator[Bound]:
    leased = ledgers.shelf.take()
    for id in ("grace", "hope"):
        with opened(grace) as connection:
            waiting = [letter for letter in outgoing_letters(connection, id, None) if letter.letter in LINKED]
            links.make(connection, id, waiting[:1], FIRST)
        add(grace, "holding", {"institution": id, "library": "books", "member": 2, "account": "ben"})
    for email in ("ben@grace.example", "dee@grace.example"):
        signed_up(grace, email)
    ledgers.of(grace).copy_to(leased)
    bound = Bound(leased.url)
    for _ in range(2):  # the second run changes nothing
        psql(bound.url, ROLES, institution="grace", role=bound.role("read"), access="read")
        psql(bound.url, ROLES, institution="grace", role=bound.role("write"), access="write")
        psql(bound.url, ROLES, institution="grace", role=bound.role("pages"), access="pages")
    psql(bound.url, ROLES, institution="nobody", role=bound.role("stranger"), access="write")
    yield bound
    ledgers.shelf.give_back(leased)
    for name in ("read", "write", "pages", "stranger"):
        ledgers.shelf.server.run(f"DROP ROLE {bound.role(name)}")


@shared
def test_to_read_a_ledger_the_right_to_read_is_enough(bound: Bound, grace: Path) -> None:
    for command in READING:
        outcome = bound.by("read", *command, folder=grace)
        assert (outcome.code, outcome.err) == (DONE, ""), command
        assert outcome.out == ran(*command, folder=grace).out or command == ("ledger", "info")


@shared
def test_who_may_only_read_writes_nothing(bound: Bound, grace: Path) -> None:
    write(grace, ANN + BEN)
    before = bound.execute("read", "SELECT * FROM event ORDER BY serial")
    for command in WRITING:
        outcome = bound.by("read", *command, "--quiet", folder=grace)
        assert outcome.code == LEDGER
        one_line(outcome, "does not allow this role to do that", "Nothing was changed")
    assert bound.execute("read", "SELECT * FROM event ORDER BY serial") == before


@shared
def test_who_may_write_does_all_that_an_institution_needs(bound: Bound, grace: Path) -> None:
    write(grace, ANN + BEN)
    for command in (*WRITING, *READING):
        assert bound.by("write", *command, "--quiet", folder=grace).code == DONE, command


@shared
@pytest.mark.parametrize(
    ("table", "role"),
    [
        (table.name, role)
        for table in OF_INSTITUTIONS
        for role in ("read", "write", "pages")
        if (table.name, role) != ("holding", "read")
    ],
)
def test_a_bound_role_sees_its_own_institution_alone(table: str, role: str, bound: Bound) -> None:
    assert bound.execute(role, f"SELECT DISTINCT institution FROM {table}") == [("grace",)]


@shared
def test_whose_license_is_in_which_account_is_for_the_pages_alone(bound: Bound, grace: Path) -> None:
    """Other roles can ask whether a known e-mail has an account, because that decides how a seat is delivered."""
    for role in ("read", "write"):
        with Ledger(bound.url_of(role)).reading() as connection:
            assert connection is not None
            assert with_account(connection, ["Dee@grace.example", "eve@grace.example"]) == {"Dee@grace.example"}
        for denied in ("SELECT email_hash FROM account", "SELECT id FROM account", "SELECT hash FROM session"):
            with pytest.raises(DBAPIError, match="permission denied"):
                bound.execute(role, denied)
    with pytest.raises(DBAPIError, match="permission denied"):
        bound.execute("write", "INSERT INTO holding SELECT * FROM holding")
    with Ledger(bound.url_of("pages")).reading() as connection:
        assert connection is not None
        assert [seat.library for seat in licenses_of(connection, "ben")] == ["books"]
        assert {seat.institution for seat in offered_to_account(connection, "ben@grace.example").here} == {"grace"}


@shared
def test_a_bound_role_delivers_to_who_has_an_account(bound: Bound, grace: Path) -> None:
    jamworks = "  jam: {title: Jamworks, system: jamworks, slots: 5}\nrosters:"
    config = CONFIG.replace("rosters:", jamworks, 1) + "  - {library: jam, to: {emails: [dee@grace.example]}}\n"
    write(grace, ANN + BEN + DEE, config.replace(OMAR, ""))
    assert "temporary, in the account at once" in bound.by("read", "plan", folder=grace).out
    assert bound.by("write", "apply", "--yes", folder=grace).code == DONE
    assert bound.by("write", "verify", folder=grace).code == DONE


@shared
def test_a_bound_role_changes_nothing_of_another_institution(bound: Bound) -> None:
    for table in ("institution", "library", "admin", "member", "license", "outbox", "link"):
        assert bound.execute("write", f"DELETE FROM {table} WHERE institution = 'hope'") == 0
        assert bound.execute("write", f"UPDATE {table} SET institution = 'hope' WHERE institution = 'hope'") == 0
        for statement in (
            f"UPDATE {table} SET institution = 'hope'",
            f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table},"
            f' (SELECT jsonb_agg(to_jsonb(t) || \'{{"institution": "third"}}\') FROM {table} t))',
        ):
            with pytest.raises(DBAPIError, match="row-level security"):
                bound.execute("write", statement)


@shared
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET serial = 0", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["entry", "event"])
def test_a_bound_role_cannot_rewrite_the_journal(table: str, statement: str, bound: Bound) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        bound.execute("write", statement.format(table))


@shared
@pytest.mark.parametrize("role", ["read", "write"])
def test_a_bound_role_binds_nobody(role: str, bound: Bound) -> None:
    for statement in (
        f'GRANT "seatsync:grace" TO {bound.role("stranger")}',
        f'GRANT "seatsync:nobody" TO {bound.role(role)}',
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            bound.execute(role, statement)


@shared
@pytest.mark.parametrize(
    "command",
    [
        ("plan",),
        ("apply", "--yes"),
        ("status",),
        ("log",),
        ("why", "ann@grace.example"),
        ("verify",),
        ("ledger", "rebuild"),
    ],
    ids=" ".join,
)
def test_a_folder_of_another_institution_than_the_role_s_is_refused(
    command: tuple[str, ...], bound: Bound, hope: Path
) -> None:
    outcome = bound.by("write", *command, folder=hope)
    assert outcome.code == REFUSED
    assert "institution-mismatch" in outcome.out + outcome.err
    assert 'the ledger belongs to "grace"' in " ".join((outcome.out + outcome.err).split())


@shared
def test_what_a_bound_role_s_first_apply_brings_is_no_update_of_the_institution(bound: Bound, grace: Path) -> None:
    write(grace, ANN, CONFIG.replace("id: grace", "id: nobody"))
    plan = json.loads(bound.by("stranger", "plan", "--format", "json", folder=grace).out)
    assert "institution-update" not in plan["summary"]


@shared
def test_a_role_that_is_bound_to_another_institution_finds_nothing_and_writes_nothing(
    bound: Bound, grace: Path
) -> None:
    assert bound.execute("stranger", "SELECT count(*) FROM member") == [(0,)]
    assert bound.by("stranger", "apply", "--yes", folder=grace).code == REFUSED


# ── The lock ────────────────────────────────────────────────────────────────────────────────────────────────────────

CLAIM = ("ledger", "claim", "atlas", "ben@grace.example", "--lock-timeout")


class Writer(threading.Thread):
    """A writer whose claim stays in an open transaction."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.ledger = Ledger(location(folder))
        self.began, self.go_on = threading.Event(), threading.Event()
        self.failed: Exception | None = None

    def run(self) -> None:
        try:
            self.ledger.write("grace", "ruth", SHA[FIRST], self.step)
        except Exception as error:
            self.failed = error

    def step(self, connection: Connection) -> None:
        mine = tables.institution.c.institution == "grace"
        connection.execute(tables.institution.update().where(mine).values(name="Changed"))
        self.began.set()
        self.go_on.wait(30)


@contextmanager
def writing(folder: Path) -> Iterator[Writer]:
    writer = Writer(folder)
    writer.start()
    try:
        assert writer.began.wait(30)
        yield writer
    finally:
        writer.go_on.set()
        writer.join(30)


def name_of(folder: Path) -> Any:
    return next(row["name"] for row in rows(folder, "institution") if row["institution"] == "grace")


def test_who_comes_second_is_told_who_writes_where_since_when_and_for_which_commit(grace: Path) -> None:
    with writing(grace):
        outcome = ran(*CLAIM, "0.2", folder=grace, code=LEDGER)
    one_line(outcome, f"locked by ruth on {socket.gethostname()}, since 20", "Z, for commit a1a1a1a", "--lock-timeout")
    ran(*CLAIM, "0", folder=grace)


def test_who_comes_second_and_waits_has_their_turn(grace: Path) -> None:
    with writing(grace) as writer:
        threading.Timer(4, writer.go_on.set).start()
        outcome = ran(*CLAIM, "30", folder=grace)
    assert outcome.err.startswith("Waiting for ruth on ")
    assert (writer.failed, name_of(grace)) == (None, "Changed")
    ran("ledger", "rebuild", folder=grace)
    ran("verify", folder=grace)


def test_readers_do_not_wait_and_see_what_was_there_before(grace: Path) -> None:
    with writing(grace):
        for command in READING:
            ran(*command, folder=grace)
        assert name_of(grace) == "Grace Seminary"


@shared
def test_another_institution_is_not_kept_waiting(grace: Path, hope: Path) -> None:
    with writing(grace):
        ran("ledger", "claim", "atlas", "ben@grace.example", "--lock-timeout", "0", folder=hope)
        assert "locked by    nobody" in ran("ledger", "info", folder=hope).out


def test_info_says_who_holds_the_lock(grace: Path) -> None:
    with writing(grace):
        info = ran("ledger", "info", folder=grace).out
    assert f"locked by    ruth on {socket.gethostname()}, since " in info
    assert "locked by    nobody" in ran("ledger", "info", folder=grace).out


def test_where_nobody_holds_the_lock_there_is_nothing_to_unlock(grace: Path) -> None:
    before = contents(grace)
    assert "The ledger is not locked" in ran("ledger", "unlock", folder=grace).err
    assert contents(grace) == before


def test_a_lock_is_not_taken_away_without_being_sure(grace: Path) -> None:
    with writing(grace) as writer:
        assert "--yes" in ran("ledger", "unlock", folder=grace, code=USAGE).err
    assert writer.failed is None


@pytest.mark.postgres_only("SQLite's lock can't be taken away")
def test_a_lock_that_is_taken_away_undoes_what_its_holder_did(grace: Path) -> None:
    with writing(grace) as writer:
        outcome = ran("ledger", "unlock", "--yes", folder=grace)
        assert "held by ruth on " in outcome.err
        assert "The lock is released." in outcome.err
        ran(*CLAIM, "0", folder=grace)
    assert isinstance(writer.failed, LedgerError)
    assert "the connection" in str(writer.failed)
    assert name_of(grace) == "Grace Seminary"
    ran("verify", folder=grace)


@pytest.mark.sqlite_only("PostgreSQL knows every session")
def test_of_a_lock_whose_holder_left_no_name_it_is_told_how_to_find_it(grace: Path) -> None:
    with opened(grace) as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        outcome = ran("ledger", "unlock", "--yes", folder=grace, code=LEDGER)
        connection.exec_driver_sql("ROLLBACK")
    assert "fuser" in outcome.err
    assert "kill 0" not in outcome.err


@pytest.mark.sqlite_only("PostgreSQL's lock can be taken away")
def test_of_a_lock_that_cannot_be_taken_away_the_process_is_told(grace: Path) -> None:
    with writing(grace) as writer:
        outcome = ran("ledger", "unlock", "--yes", folder=grace, code=LEDGER)
    assert f"locked by process {os.getpid()} on {socket.gethostname()}" in outcome.err
    assert f"kill {os.getpid()}" in outcome.err
    assert writer.failed is None


# ── Older and newer tables ──────────────────────────────────────────────────────────────────────────────────────────


def unsealed(folder: Path) -> None:
    """Rewrite the ledger as versions before 0009 did: with plans and digests of files in the chain."""
    links = sorted(
        ((name, row) for name in JOURNAL for row in stored(folder)[name]), key=lambda link: link[1]["serial"]
    )
    before = bytes(32)
    with opened(folder) as connection:
        for name, row in links:
            if name == "entry" and row["plan"]:
                detail, files = json.loads(row["detail"]), json.loads(row["files"])
                detail["desired"] = files["desired"]
                detail["settled"] |= {"files": files["files"]}
                row |= {
                    "fingerprint": row["plan"],
                    "detail": canonical({k: v for k, v in detail.items() if k != "sealed"}),
                }
                row |= dict.fromkeys(("plan", "salt", "files", "files_salt"))
            row["hash"] = before = hash_of(name, row, before)
            table = tables.metadata.tables[name]
            connection.execute(table.update().where(table.c.serial == row["serial"]).values(row))
        (institution,) = stored(folder)["institution"]
        baseline = {name: value for name, value in json.loads(institution["settled"]).items() if name != "meaning"}
        connection.execute(tables.institution.update().values(head=before, settled=canonical(baseline)))
        connection.execute(tables.outbox.update().where(tables.outbox.c.state == "cancelled").values(reply=""))


@pytest.fixture
def old(grace: Path, tmp_path: Path, database: str) -> Iterator[str]:
    """The ledger of Grace Seminary, as the first version would have written it."""
    with as_it_was("0001", grace, tmp_path, database) as place:
        yield place


@contextmanager
def as_it_was(version: str, grace: Path, tmp_path: Path, database: str) -> Iterator[str]:
    """The ledger of Grace Seminary, in the tables of an older version."""
    unsealed(grace)
    server = ledgers.shelf.server if database == "postgres" else None
    place = server.fresh(template=None) if server else str(tmp_path / "old.db")
    with looking_into(place) as connection:
        migrate(connection, "", version)
        columns = inspect(connection)
        for name, found in stored(grace).items():
            if found:
                had = {column["name"] for column in columns.get_columns(name)}
                rows_then = [{key: value for key, value in row.items() if key in had} for row in found]
                connection.execute(tables.metadata.tables[name].insert(), rows_then)
    yield place
    if server:
        server.drop(place)


EVERYTHING = [
    *READING,
    *WRITING,
    ("import", "members.csv", "--yes"),
    ("ledger", "rebuild"),
    ("ledger", "prune", "--letters-before", "2027-01-01", "--yes"),
    ("ledger", "erase", "zeph@grace.example", "--yes"),
]


def test_an_older_ledger_is_neither_read_nor_written_before_it_is_migrated(old: str, grace: Path) -> None:
    for command in EVERYTHING:
        outcome = ran(*command, "--ledger", old, "--quiet", folder=grace, code=LEDGER)
        one_line(outcome, "was written by an older seatsync (ledger 0001", "`seatsync ledger migrate`")


def test_a_migrated_ledger_is_whole(old: str, grace: Path) -> None:
    before = ran("ledger", "dump", folder=grace).out
    done = ran("ledger", "migrate", "--ledger", old, folder=grace)
    assert f"updated from 0001 to {tables.REVISIONS[-1]}" in done.err
    ran("verify", "--ledger", old, "--head", head(grace), folder=grace)
    assert json_of("plan", "--ledger", old, folder=grace)["changes"] == []
    assert ran("ledger", "dump", "--ledger", old, folder=grace).out == before
    ran(*CLAIM, "0", "--ledger", old, folder=grace)
    ran("ledger", "erase", "zeph@grace.example", "--yes", "--ledger", old, folder=grace)
    ran("verify", "--ledger", old, folder=grace)
    assert f"up to date ({tables.REVISIONS[-1]})" in ran("ledger", "migrate", "--ledger", old, folder=grace).err


def test_a_migrated_ledger_has_the_tables_of_a_new_one(old: str, grace: Path) -> None:
    ran("ledger", "migrate", "--ledger", old, folder=grace)
    assert shape(old) == shape(location(grace))


def test_a_ledger_of_before_end_dates_takes_them_from_the_journal(grace: Path, tmp_path: Path, database: str) -> None:
    kept = {(row["library"], row["member"]): row["until"] for row in rows(grace, "license")}
    assert {"", "2027-06-30"} == {*kept.values()}
    with as_it_was("0009", grace, tmp_path, database) as place:
        ran("ledger", "migrate", "--ledger", place, folder=grace)
        ran("verify", "--ledger", place, folder=grace)
        with looking_into(place) as connection:
            license = tables.license.c
            found = connection.execute(select(license.library, license.member, license.until))
            assert {(library, member): until for library, member, until in found} == kept


def test_an_end_date_changed_unseen_is_outside_the_limit_once(grace: Path, tmp_path: Path, database: str) -> None:
    config, limit = grace / "seatsync.yaml", "limits: {max_revokes: 0}\n"
    config.write_text(
        CONFIG.replace("until: 2027-06-30", "until: 2026-09-20").replace(OMAR, "") + limit, encoding="utf-8"
    )
    with as_it_was("0009", grace, tmp_path, database) as place:
        with looking_into(place) as connection:
            baseline = json.loads(connection.execute(select(tables.institution.c.settled)).scalar_one())
            assert baseline.pop("meaning", None) or baseline
            connection.execute(
                text("UPDATE institution SET settled = :it"), {"it": json.dumps({**baseline, "rules": 1})}
            )
        ran("ledger", "migrate", "--ledger", place, folder=grace)
        command = ("plan", "--format", "json", "--ledger", place, "--now", SECOND)
        plan = json.loads(ran(*command, folder=grace).out)
        assert {*plan["summary"]} == {"license-update"}
        assert plan["refusals"] == []
        ran("apply", "--yes", "--ledger", place, "--now", SECOND, folder=grace)
        config.write_text(config.read_text().replace("2026-09-20", "2026-09-19"), encoding="utf-8")
        again = json.loads(ran(*command, folder=grace, code=4).out)
        assert [refusal["code"] for refusal in again["refusals"]] == ["too-many-revokes"]


def test_personal_links_of_before_they_were_chained_are_taken_as_they_are(
    grace: Path, tmp_path: Path, database: str
) -> None:
    claimed = [row["at"] for row in rows(grace, "entry") if row["kind"] == "claim"][1]
    emails = {row["number"]: row["email"] for row in rows(grace, "member")}
    for row in rows(grace, "outbox"):
        if row["letter"] in LINKED:
            link = {name: row[name] for name in ("institution", "serial", "library", "member")}
            link |= {"hash": sha256(f"token {row['serial']}".encode()).digest(), "made_at": row["created_at"]}
            link |= {"used_at": claimed if row["member"] == 2 and row["library"] == "books" else ""}
            sent_to = email_hash(emails[row["member"]] if row["member"] else row["address"]).hex()
            add(grace, "link", link | {"sent_to": sent_to, "number": row["serial"]})
    assert {row["used_at"] for row in rows(grace, "link")} == {"", claimed}
    with as_it_was("0006", grace, tmp_path, database) as place:
        ran("ledger", "migrate", "--ledger", place, folder=grace)
        ran("verify", "--ledger", place, folder=grace)
        dumped = ran("ledger", "dump", "--ledger", place, folder=grace).out
        (tmp_path / "old.jsonl").write_text(
            re.sub(r', "number": \d+', "", dumped), encoding="utf-8"
        )  # as 0006 wrote it
        ran("ledger", "load", "old.jsonl", "--ledger", str(tmp_path / "loaded.db"), folder=tmp_path)
        ran("ledger", "claim", "sub", "ann@grace.example", "--ledger", place, folder=grace)
        ran("verify", "--ledger", place, folder=grace)
        with looking_into(place) as connection:
            connection.execute(tables.link.update().where(tables.link.c.member == 1).values(used_at=claimed))
        assert "personal link" in ran("verify", "--ledger", place, folder=grace, code=1).err


@pytest.mark.parametrize("change", ["text in place of bytes", "a column that is there already"])
def test_an_older_ledger_that_is_not_as_its_seatsync_made_it_is_not_migrated(
    change: str, grace: Path, tmp_path: Path, database: str
) -> None:
    if change.startswith("text") and database == "postgres":
        pytest.skip("PostgreSQL takes no text for bytes")
    with as_it_was("0006", grace, tmp_path, database) as place:
        with looking_into(place) as connection:
            if change.startswith("text"):
                values = "'grace', 'hash', 1, 'books', 1, 'x', '2026-09-01', ''"
                names = "institution, hash, serial, library, member, sent_to, made_at, used_at"
                connection.execute(text(f"INSERT INTO link ({names}) VALUES ({values})"))
            else:
                connection.execute(text("ALTER TABLE link ADD COLUMN number INTEGER"))
        outcome = ran("ledger", "migrate", "--ledger", place, "--quiet", folder=grace, code=LEDGER)
        one_line(outcome, "differs from what seatsync created in version 0006", "Restore it from a backup")
        with looking_into(place) as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0006"


@pytest.mark.sqlite_only("on PostgreSQL that table comes first")
def test_a_file_that_has_but_the_table_of_versions_is_no_ledger_to_migrate(tmp_path: Path) -> None:
    folder = write(tmp_path / "grace", ANN)
    with opened(folder) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    for command in (("ledger", "migrate"), ("apply", "--yes")):
        one_line(
            ran(*command, "--quiet", folder=folder, code=LEDGER), "differs from what seatsync created", "Restore it"
        )


def shape(place: str) -> object:
    """Tables, columns, indexes and policies."""
    with looking_into(place) as connection:
        found = inspect(connection)
        shapes = {
            name: [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)]
            + sorted((index["name"], index["unique"]) for index in found.get_indexes(name))
            for name in sorted(found.get_table_names())
        }
        if connection.dialect.name == "postgresql":
            policies = connection.execute(
                text("SELECT tablename, policyname, cmd, qual FROM pg_policies ORDER BY 1, 2")
            )
            shapes["policies"] = [tuple(row) for row in policies]
    return shapes


def test_a_newer_ledger_is_refused_by_every_command(grace: Path) -> None:
    with opened(grace) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = contents(grace)
    for command in (*EVERYTHING, ("ledger", "migrate")):
        outcome = ran(*command, "--quiet", folder=grace, code=LEDGER)
        one_line(outcome, "was written by a newer seatsync (ledger 9999", "Install the newer version")
    assert contents(grace) == before


@pytest.mark.parametrize("kind", KINDS)
def test_migrate_makes_the_tables_where_there_are_none(kind: str, tmp_path: Path) -> None:
    server = ledgers.shelf.server if kind == "postgres" else None
    place = server.fresh(template=None) if server else str(tmp_path / "new.db")
    folder = write(tmp_path / "grace", ANN)
    assert f"created at {tables.REVISIONS[-1]}" in ran("ledger", "migrate", "--ledger", place, folder=folder).err
    assert json_of("plan", "--ledger", place, folder=folder)["ledger"]["serial"] == 0
    if server:
        server.drop(place)


# ── dump and load ───────────────────────────────────────────────────────────────────────────────────────────────────


def dumped(folder: Path) -> list[str]:
    """The lines of the ledger's dump, which is written next to the folder."""
    file = folder.parent / f"{folder.name}.jsonl"
    ran("ledger", "dump", "--out", str(file), folder=folder)
    return file.read_text(encoding="utf-8").splitlines(keepends=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_ledger_is_the_same_after_being_dumped_and_loaded(
    kind: str, grace: Path, elsewhere: Callable[[str], str]
) -> None:
    lines, place = dumped(grace), elsewhere(kind)
    outcome = ran("ledger", "load", "../grace.jsonl", "--ledger", place, folder=grace)
    assert f":{head(grace)}" in outcome.out
    assert ran("ledger", "dump", "--ledger", place, folder=grace).out == "".join(lines)
    assert stored_at(place) == stored(grace)
    ran("verify", "--ledger", place, "--head", head(grace), folder=grace)
    ran(*CLAIM, "0", "--ledger", place, folder=grace)


@shared
def test_several_institutions_are_loaded_into_one_database(
    grace: Path, hope: Path, elsewhere: Callable[[str], str]
) -> None:
    place = elsewhere("postgres")
    for folder in (hope, grace):
        dumped(folder)
        ran("ledger", "load", f"../{folder.name}.jsonl", "--ledger", place, folder=folder)
    assert stored_at(place) == stored(grace)


@pytest.mark.sqlite_only("a database of PostgreSQL holds several institutions")
def test_the_file_of_one_institution_takes_no_dump_of_another(grace: Path, hope: Path) -> None:
    dumped(hope)
    before = stored(grace)
    assert "institution-mismatch" in ran("ledger", "load", "../hope.jsonl", folder=grace, code=REFUSED).err
    assert stored(grace) == before


def test_a_ledger_that_has_the_institution_takes_no_dump_of_it(grace: Path) -> None:
    dumped(grace)
    before = stored(grace)
    one_line(ran("ledger", "load", "../grace.jsonl", folder=grace, code=REFUSED), 'the ledger already has "grace"')
    assert stored(grace) == before


@pytest.mark.sqlite_only("a database of PostgreSQL holds several institutions")
@pytest.mark.parametrize("table", ["institution", "admin", "library", "member", "license", "entry", "event", "outbox"])
@pytest.mark.parametrize("other", ["another", "zion"])
def test_rows_of_another_institution_in_a_file_are_found(table: str, other: str, grace: Path) -> None:
    add(grace, table, rows(grace, table)[0] | {"institution": other})
    outcome = ran("verify", folder=grace, code=BROKEN)
    assert f"table {table} has rows of another institution, {other}" in outcome.err


def _changed(old: str, new: str) -> Callable[[list[str]], list[str]]:
    """Replace the old text by the new one in the first line that has it."""

    def change(lines: list[str]) -> list[str]:
        at = next(at for at, line in enumerate(lines) if old in line)
        return [*lines[:at], lines[at].replace(old, new, 1), *lines[at + 1 :]]

    return change


SPOILED: dict[str, Callable[[list[str]], list[str]]] = {
    "empty": lambda lines: [],
    "without its first line": lambda lines: lines[1:],
    "cut off after its first line": lambda lines: lines[:1],
    "cut off in the journal": lambda lines: lines[:12],
    "cut off in the outbox": lambda lines: lines[:-1],
    "cut off within a line": lambda lines: [*lines[:-1], lines[-1][:20]],
    "with a letter too many": lambda lines: [*lines, lines[-1].replace('"serial": ', '"serial": 1')],
    "without a line of the journal": lambda lines: lines[:9] + lines[10:],
    "with two lines swapped": lambda lines: [*lines[:8], lines[9], lines[8], *lines[10:]],
    "of another head": _changed('"head": "', '"head": "00'),
    "of another institution": _changed('"grace"', '"hope"'),
    "by another actor": _changed('"ruth"', '"mallory"'),
    "about another person": _changed("ann@grace", "eve@grace"),
    "with a number for a text": _changed('"actor": "ruth"', '"actor": 7'),
    "with a number that is none": _changed('"serial": 2,', '"serial": true,'),
    "with a field too many": _changed('"actor"', '"more": 1, "actor"'),
    "that is no JSON": lambda lines: ["seatsync\n", *lines],
    "of lists": lambda lines: ["[]\n", *lines],
    "of a later format": _changed("seatsync-ledger/1", "seatsync-ledger/2"),
    "of a picture": lambda lines: ["\x89PNG\r\n\x1a\n\0\0"],
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_dump_that_is_not_whole_is_refused_and_nothing_of_it_loaded(
    how: str, grace: Path, elsewhere: Callable[[str], str], database: str
) -> None:
    spoiled, place = SPOILED[how](dumped(grace)), elsewhere(database)
    (grace / "spoiled.jsonl").write_text("".join(spoiled), encoding="utf-8")
    outcome = ran("ledger", "load", "spoiled.jsonl", "--ledger", place, folder=grace, code=INVALID)
    one_line(outcome, "The dump can't be used")
    with looking_into(place) as connection:
        made = inspect(connection).has_table("institution")
    assert not made or not any(stored_at(place).values())


def test_a_dump_without_somebody_who_was_not_erased_is_refused(
    grace: Path, elsewhere: Callable[[str], str], database: str
) -> None:
    def blanked(line: str) -> str:
        line_fields = json.loads(line)
        return (
            json.dumps(line_fields | {"person": None, "salt": None}) + "\n"
            if line_fields.get("action") == "member-add"
            else line
        )

    (grace / "blank.jsonl").write_text("".join(map(blanked, dumped(grace))), encoding="utf-8")
    outcome = ran("ledger", "load", "blank.jsonl", "--ledger", elsewhere(database), folder=grace, code=INVALID)
    assert "they were not erased" in outcome.err


def test_the_folder_of_one_institution_takes_no_dump_of_another(grace: Path, tmp_path: Path) -> None:
    ran("ledger", "dump", "--out", "grace.jsonl", folder=grace)
    other = write(tmp_path / "other", ANN, CONFIG.replace("id: grace", "id: other"))
    if ledgers.kind == "sqlite":
        outcome = ran("ledger", "load", str(grace / "grace.jsonl"), folder=other, code=REFUSED)
        assert "institution-mismatch" in outcome.err
        assert not (other / "seatsync.db").exists()


def test_a_dump_is_for_its_owner_s_eyes_alone(grace: Path) -> None:
    ran("ledger", "dump", "--out", "grace.jsonl", folder=grace)
    assert (grace / "grace.jsonl").stat().st_mode & 0o777 == 0o600


def test_of_an_institution_that_the_ledger_does_not_have_nothing_is_rebuilt(tmp_path: Path) -> None:
    folder = write(tmp_path / "grace", ANN)
    assert "nothing to rebuild" in ran("ledger", "rebuild", folder=folder, code=BROKEN).err


def test_a_dump_of_an_institution_that_the_ledger_does_not_have_is_no_success(grace: Path) -> None:
    write(grace, ANN, CONFIG.replace("id: grace", "id: hope"))
    outcome = seatsync("ledger", "dump", "--out", "backup.jsonl", folder=grace)
    assert outcome.code != DONE
    assert not (grace / "backup.jsonl").exists()


# ── erase ───────────────────────────────────────────────────────────────────────────────────────────────────────────

CANARIES = ("zeph", "quillfeather", "canary77", "q@private")


def everywhere(folder: Path) -> str:
    """Everything in the database in lower case: every byte of SQLite's files, every text in PostgreSQL's tables."""
    if ledgers.kind == "sqlite":
        return "".join(path.read_bytes().decode("latin-1") for path in folder.glob("seatsync.db*")).lower()
    with opened(folder) as connection:
        texts = connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND data_type IN ('text', 'character varying', 'json', 'jsonb')"
            )
        ).all()
        cells = (connection.execute(text(f'SELECT "{column}" FROM "{table}"')).scalars() for table, column in texts)
        return "\n".join(str(cell) for column in cells for cell in column).lower()


def traces(text: str, names: Iterable[str] = CANARIES) -> list[str]:
    return [name for name in names if name in text.lower()]


@pytest.fixture
def erased(grace: Path) -> Path:
    """Grace Seminary after Zephyrine was erased."""
    assert traces(everywhere(grace)) == [*CANARIES]
    ran("ledger", "erase", "zeph@grace.example", "--yes", "--now", "2026-09-05", folder=grace)
    return grace


def test_nothing_names_who_was_erased(erased: Path) -> None:
    assert traces(everywhere(erased)) == []
    for command in (*READING, ("licenses", "--all"), ("log", "--limit", "1000"), ("licenses", "--as-of", FIRST)):
        if command[0] != "why":
            assert traces(ran(*command, folder=erased).out) == [], command
    for name in ("zeph@grace.example", "CANARY77"):
        assert seatsync("why", name, folder=erased).code == REFUSED
        assert seatsync("log", "--member", name, folder=erased).code == REFUSED


@pytest.mark.parametrize(
    ("who", "number", "actions"),
    [
        ("zeph@grace.example", 3, {"member-add", "claim"}),
        ("omar.quillon@grace.example", 0, {"admin-add", "admin-remove"}),
    ],
)
def test_of_all_others_nothing_is_erased(who: str, number: int, actions: set[str], grace: Path) -> None:
    before = stored(grace, "event", "outbox")
    theirs = [
        row["serial"] for row in before["event"] if row["member"] == number and (number or who in (row["person"] or ""))
    ]
    assert {row["action"] for row in before["event"] if row["serial"] in theirs} >= actions
    ran("ledger", "erase", who, "--yes", folder=grace)
    after = stored(grace, "event", "outbox")
    for was, now in [*zip(before["event"], after["event"]), *zip(before["outbox"], after["outbox"])]:  # noqa: B905
        assert was == now or was["serial"] in theirs
    assert {row["person"] for row in after["event"] if row["serial"] in theirs} == {None}


def test_what_could_confirm_a_guess_of_who_was_erased_is_gone_and_the_chain_holds(grace: Path) -> None:
    """This covers the plans that named them and the files that listed them, but not other plans or the current files."""
    journal = json_of("log", "--limit", "1000", folder=grace)
    theirs = {line["plan"] for line in json_of("log", "--member", "zeph@grace.example", folder=grace)} - {""}
    others = {line["plan"] for line in journal} - theirs - {""}
    before = stored(grace)["entry"]
    digests = {*theirs}
    for row in before[:-1]:
        digests |= (
            {json.loads(row["files"])["desired"], *json.loads(row["files"])["files"].values()}
            if row["files"]
            else set()
        )
    files = [row["files"] for row in before if row["files"]]
    kept = {json.loads(files[-1])["desired"], *json.loads(files[-1])["files"].values()}
    assert theirs
    ran("ledger", "erase", "zeph@grace.example", "--yes", folder=grace)
    left = str(everywhere(grace)) + ran("ledger", "dump", folder=grace).out
    assert [digest for digest in digests - kept if digest in left] == []
    assert all(plan in left for plan in others)
    assert "Journal intact" in ran("verify", folder=grace).out
    salts = {bytes(row[name]).hex() for row in before for name in ("salt", "files_salt") if row[name]}
    still = {bytes(row[name]).hex() for row in stored(grace)["entry"] for name in ("salt", "files_salt") if row[name]}
    assert len(still) < len(salts)


def test_an_entry_s_plan_or_files_that_were_changed_or_went_without_an_erasure_are_found(grace: Path) -> None:
    entry = next(row for row in stored(grace)["entry"] if row["plan"])
    for values, said in (
        ({"plan": "f" * 64}, "were changed"),
        ({"files": "{}"}, "were changed"),
        ({"salt": bytes(16)}, "were changed"),
        ({"plan": None}, "were changed"),
        ({"plan": None, "salt": None}, "are missing, but were not erased"),
        ({"files": None, "files_salt": None}, "are missing, but were not erased"),
    ):
        names = ", ".join(f"{name} = :{name}" for name in values)
        where = f"UPDATE entry SET {names} WHERE serial = :serial AND institution = :institution"
        with opened(grace) as connection:
            connection.execute(text(where), {**entry, **values})
        outcome = ran("verify", folder=grace, code=BROKEN)
        assert f"its plan or its files {said}" in outcome.err, values
        with opened(grace) as connection:
            names = ", ".join(f"{name} = :{name}" for name in ("plan", "salt", "files", "files_salt"))
            where = f"UPDATE entry SET {names} WHERE serial = :serial AND institution = :institution"
            connection.execute(text(where), entry)
    ran("verify", folder=grace)


@pytest.mark.parametrize(
    ("table", "salt", "text_"),
    [("entry", "salt", "plan"), ("entry", "files_salt", "files"), ("event", "salt", "person")],
)
def test_a_salt_that_has_taken_what_it_was_to_hide_is_found(
    table: str, salt: str, text_: str, grace: Path, elsewhere: Callable[[str], str], database: str
) -> None:
    """Moving text from the person to the salt keeps the commitment, but an erasure would leave that text in the ledger."""
    if database == "postgres":
        moved = f"{salt} = {salt} || convert_to(substr({text_}, 1, 5), 'UTF8'), {text_} = substr({text_}, 6)"
    else:
        moved = f"{salt} = CAST({salt} || substr({text_}, 1, 5) AS BLOB), {text_} = substr({text_}, 6)"
    with opened(grace) as connection:
        connection.execute(text(f"UPDATE {table} SET {moved} WHERE {text_} IS NOT NULL"))
    assert "changed" in ran("verify", folder=grace, code=BROKEN).err
    dumped(grace)
    place = elsewhere(database)
    one_line(ran("ledger", "load", "../grace.jsonl", "--ledger", place, folder=grace, code=INVALID), "changed")


def test_a_person_is_erased_by_student_id_as_well(grace: Path) -> None:
    ran("ledger", "erase", "CANARY77", "--yes", folder=grace)
    assert traces(everywhere(grace)) == []


def test_the_journal_holds_without_the_person(grace: Path) -> None:
    before = head(grace)
    ran("ledger", "erase", "zeph@grace.example", "--yes", folder=grace)
    ran("verify", "--head", before, folder=grace)
    ran("ledger", "rebuild", folder=grace)
    ran("verify", "--head", before, folder=grace)
    assert traces(everywhere(grace)) == []


def test_a_permanent_license_keeps_its_slot_without_its_holder(grace: Path) -> None:
    before = json_of("status", folder=grace)
    assert before["libraries"]["books"]["permanent"] == 2
    ran("ledger", "erase", "zeph@grace.example", "--yes", folder=grace)
    assert json_of("status", folder=grace) == before
    held = json_of("licenses", "--library", "books", folder=grace)
    assert sorted(row["email"] for row in held) == ["(erased)", "ben@grace.example"]


def test_a_letter_that_waits_for_who_was_erased_is_cancelled(grace: Path) -> None:
    def waiting() -> list[str]:
        return [
            letter["library"] for letter in json_of("outbox", "list", "--state", "pending", folder=grace) if _is(letter)
        ]

    def _is(letter: Mapping[str, str]) -> bool:
        return letter["to"] in ("zeph@grace.example", "(erased)")

    assert sorted(waiting()) == ["atlas", "books"]
    ran("ledger", "erase", "zeph@grace.example", "--yes", folder=grace)
    assert waiting() == []


def test_that_somebody_was_erased_is_in_the_journal(erased: Path) -> None:
    newest = json_of("log", folder=erased)[0]
    assert (newest["what"], newest["at"], newest["member"]) == ("erase", "2026-09-05T00:00:00Z", "(erased)")


def test_who_was_erased_and_comes_back_is_somebody_new(erased: Path) -> None:
    write(erased, ANN + BEN + DEE + ZEPH, CONFIG.replace(OMAR, ""))
    ran("apply", "--yes", folder=erased)
    assert json_of("status", folder=erased)["libraries"]["books"]["used"] == 3
    ran("verify", folder=erased)


def test_a_ledger_without_a_person_can_be_dumped_and_loaded(
    erased: Path, elsewhere: Callable[[str], str], database: str
) -> None:
    lines, place = dumped(erased), elsewhere(database)
    ran("ledger", "load", "../grace.jsonl", "--ledger", place, folder=erased)
    assert ran("ledger", "dump", "--ledger", place, folder=erased).out == "".join(lines)
    assert traces("".join(lines)) == []


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("ann@grace.example", "is still on the roster"),
        ("S1", "is still on the roster"),
        ("ruth@grace.example", "is an administrator"),
        ("nobody@grace.example", "Nobody in the ledger has"),
    ],
)
def test_who_is_there_is_not_erased(who: str, why: str, grace: Path) -> None:
    before = stored(grace)
    one_line(ran("ledger", "erase", who, "--yes", folder=grace, code=REFUSED), why)
    assert stored(grace) == before


def test_who_is_a_contact_is_not_erased(grace: Path) -> None:
    contacts = "  contacts: [{name: Ruth Abel, email: ruth@grace.example}]\n  opt_out: true\n"
    without = CONFIG.replace("    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}\n", "")
    write(grace, ANN + BEN + DEE, without.replace("  opt_out: true\n", contacts))
    ran("apply", "--yes", folder=grace)
    outcome = ran("ledger", "erase", "ruth@grace.example", "--yes", folder=grace, code=REFUSED)
    one_line(outcome, "ruth@grace.example is a contact", "Remove them from `contacts`")


@pytest.mark.sqlite_only("PostgreSQL's readers keep nothing from being erased")
def test_that_a_reader_keeps_the_erased_bytes_is_said(grace: Path) -> None:
    with opened(grace) as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM member")
        outcome = ran("ledger", "erase", "zeph@grace.example", "--yes", folder=grace)
    assert "is being read, so the erased data stays in its files for now" in outcome.err


@shared
def test_the_room_of_what_was_erased_is_freed_in_every_table_that_an_erasure_changes(grace: Path) -> None:
    vacuumed = text("SELECT relname, vacuum_count FROM pg_stat_user_tables WHERE schemaname = 'public'")

    def counts() -> dict[str, int]:
        with opened(grace) as connection:
            return {row.relname: row.vacuum_count for row in connection.execute(vacuumed)}

    before = counts()
    ran("ledger", "erase", "zeph@grace.example", "--yes", folder=grace)
    after = counts()
    assert {name for name in after if after[name] > before[name]} == {
        *("admin", "entry", "event", "holding", "institution", "license", "link", "member", "outbox")
    }


def test_nobody_is_erased_without_being_sure(grace: Path) -> None:
    assert "--yes" in ran("ledger", "erase", "zeph@grace.example", folder=grace, code=USAGE).err


def test_nobody_is_erased_twice(erased: Path) -> None:
    ran("ledger", "erase", "zeph@grace.example", "--yes", folder=erased, code=REFUSED)


def test_nobody_is_named_erased(erased: Path) -> None:
    ran("ledger", "erase", "(erased)", "--yes", folder=erased, code=REFUSED)


def test_a_former_administrator_can_be_erased(grace: Path) -> None:
    assert traces(everywhere(grace), ["quillon"]) == ["quillon"]
    before = head(grace)
    ran("ledger", "erase", "Omar.Quillon@grace.example", "--yes", folder=grace)
    assert traces(everywhere(grace), ["quillon"]) == []
    ran("verify", "--head", before, folder=grace)
    letters = [letter for letter in json_of("outbox", "list", folder=grace) if letter["letter"] == "admin-welcome"]
    assert [(letter["to"], letter["state"]) for letter in letters] == [
        ("ruth@grace.example", "pending"),
        ("", "cancelled"),
    ]
    ran("ledger", "rebuild", folder=grace)
    ran("verify", folder=grace)


ANN_LEE = ANN.replace("ann@grace", "ann.lee@grace")
CONTACT = "{name: Ann Lee, email: ann.lee@grace.example}"
OTHER_CONTACT = "{name: Vic Moe, email: vic@vendor.example}"


@pytest.fixture(params=["a contact alone", "a contact and a member", "a contact who came later"])
def former_contact(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> Path:
    """Grace Seminary; Ann Lee is no longer a contact, nor on the roster."""

    def config(*contacts: str) -> str:
        return CONFIG.replace("  opt_out: true\n", f"  contacts: [{', '.join(contacts)}]\n  opt_out: true\n")

    roster = BEN + DEE + (ANN_LEE if "member" in request.param else "")
    first = config(OTHER_CONTACT) if "later" in request.param else config(CONTACT, OTHER_CONTACT)
    folder = tmp_path / "grace"
    for given, day in ((first, "2026-09-01"), (config(CONTACT), "2026-09-02")):
        ran("apply", "--yes", "--now", day, folder=write(folder, roster, given))
    ran("apply", "--yes", "--now", "2026-09-03", folder=write(folder, BEN + DEE, config(OTHER_CONTACT)))
    return folder


def test_a_former_contact_can_be_erased(former_contact: Path, elsewhere: Callable[[str], str], database: str) -> None:
    folder, before = former_contact, head(former_contact)
    assert traces(everywhere(folder), ["ann.lee@grace"]) == ["ann.lee@grace"]
    plans = {row["serial"]: row["plan"] for row in stored(folder)["entry"]}
    others = json_of("members", folder=folder), json_of("licenses", "--as-of", "2026-09-02", folder=folder)
    ran("ledger", "erase", "Ann.Lee@grace.example", "--yes", "--now", "2026-09-05", folder=folder)

    assert traces(everywhere(folder), ["ann.lee@grace", "ann lee"]) == []
    assert all(row["plan"] is None for row in stored(folder)["entry"][1:3])  # the plan names the removed contact
    assert traces(everywhere(folder), [plans[row["serial"]] for row in stored(folder)["entry"][1:3]]) == []
    ran("verify", "--head", before, folder=folder)
    kept = json_of("licenses", "--as-of", "2026-09-02", folder=folder)
    assert len(kept) == len(others[1])
    assert json_of("members", folder=folder) == others[0]
    ran("ledger", "rebuild", folder=folder)
    ran("verify", "--head", before, folder=folder)
    assert "vic@vendor.example" in stored(folder)["institution"][0]["contacts"]
    lines, place = dumped(folder), elsewhere(database)
    ran("ledger", "load", "../grace.jsonl", "--ledger", place, folder=folder)
    assert ran("ledger", "dump", "--ledger", place, folder=folder).out == "".join(lines)
    assert traces("".join(lines), ["ann.lee@grace", "ann lee"]) == []
    ran("ledger", "erase", "ann.lee@grace.example", "--yes", folder=folder, code=REFUSED)


def test_contacts_that_are_gone_without_an_erasure_are_found(former_contact: Path) -> None:
    with opened(former_contact) as connection:
        connection.execute(text("UPDATE event SET person = NULL, salt = NULL WHERE action = 'institution-add'"))
    outcome = ran("verify", folder=former_contact, code=BROKEN)
    assert "the data of the contacts is missing, but was not erased" in outcome.err


# ── prune ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def letters(folder: Path, state: str) -> int:
    return len(json_of("outbox", "list", "--state", state, folder=folder))


def test_pruned_letters_are_gone_those_that_wait_stay_and_the_ledger_verifies(grace: Path) -> None:
    cancelled, waiting = letters(grace, "cancelled"), letters(grace, "pending")
    assert cancelled
    assert waiting
    outcome = ran("ledger", "prune", "--letters-before", SECOND, "--yes", folder=grace)
    assert f"Deleted: {cancelled} letters." in outcome.err
    assert (letters(grace, "cancelled"), letters(grace, "pending")) == (0, waiting)
    ran("verify", folder=grace)


def test_letters_of_later_days_are_not_pruned(grace: Path) -> None:
    before = stored(grace)
    assert "Deleted: 0 letters." in ran("ledger", "prune", "--letters-before", FIRST, "--yes", folder=grace).err
    assert stored(grace) == before


def prune_some(folder: Path) -> str:
    """Prune letters, two of them adjacent; returns the serials as the journal has them."""
    first, second, third, fourth = (row["serial"] for row in rows(folder, "outbox")[:4])
    with opened(folder) as connection:
        connection.execute(tables.outbox.update().values(state="pending"))
        done_with = tables.outbox.c.serial.in_([first, second, fourth])
        connection.execute(tables.outbox.update().where(done_with).values(state="sent"))
    ran("ledger", "prune", "--letters-before", "2026-10-01", "--yes", folder=folder)
    assert (second, fourth) == (first + 1, third + 1)
    return f"{first}-{second},{fourth}-{fourth}"


def test_the_journal_has_the_serials_of_the_letters_that_were_pruned(grace: Path) -> None:
    letters = prune_some(grace)
    detail = json.loads(rows(grace, "entry")[-1]["detail"])
    assert detail == {"letters_before": "2026-10-01", "letters": letters}
    ran("verify", folder=grace)


@pytest.mark.parametrize(
    "detail", ["{}", "null", "[7]", '{"letters":7}', '{"letters":"x-y"}', '{"letters":"1-2-3,,-"}']
)
def test_verify_finds_a_list_of_pruned_letters_that_makes_no_sense(detail: str, grace: Path) -> None:
    prune_some(grace)
    last = rows(grace, "entry")[-1]["serial"]
    with opened(grace) as connection:
        connection.execute(tables.entry.update().where(tables.entry.c.serial == last).values(detail=detail))
    assert f"journal entry {last}: the chain is broken" in ran("verify", folder=grace, code=BROKEN).err


@pytest.mark.parametrize("pruned", [False, True])
def test_a_letter_that_was_deleted_by_hand_is_missed(pruned: bool, grace: Path) -> None:
    if pruned:
        ran("ledger", "prune", "--letters-before", SECOND, "--yes", folder=grace)
    last = rows(grace, "outbox")[-1]["serial"]
    with opened(grace) as connection:
        connection.execute(tables.outbox.delete().where(tables.outbox.c.serial == last))
    assert f"letter {last}, invitation, is missing from the outbox" in ran("verify", folder=grace, code=BROKEN).err


# ── log, why, --as-of, verify --head ────────────────────────────────────────────────────────────────────────────────

LINES: list[tuple[list[str], Callable[[dict[str, Any]], bool]]] = [
    (["--member", "zeph@grace.example"], lambda line: line["member"] == "zeph@grace.example"),
    (["--member", "ZEPH@Grace.example"], lambda line: line["member"] == "zeph@grace.example"),
    (["--member", "CANARY77"], lambda line: line["member"] == "zeph@grace.example"),
    (["--library", "sub"], lambda line: line["library"] == "sub"),
    (["--what", "grant"], lambda line: line["what"] == "grant"),
    (["--commit", "a1a1a1"], lambda line: line["commit"] == SHA[FIRST]),
    (["--commit", SHA[SECOND]], lambda line: line["commit"] == SHA[SECOND]),
    (["--actor", "omar"], lambda line: line["actor"] == "omar"),
    (["--since", SECOND], lambda line: line["at"] >= SECOND),
    (["--until", CLAIMED], lambda line: line["at"] < SECOND),
    (["--since", CLAIMED, "--until", CLAIMED], lambda line: line["at"].startswith(CLAIMED)),
    (
        ["--library", "sub", "--member", "zeph@grace.example", "--actor", "omar"],
        lambda line: (line["library"], line["member"], line["actor"]) == ("sub", "zeph@grace.example", "omar"),
    ),
]
NOTHING = [
    ["--what", "gran"],
    ["--commit", "1a1a"],
    ["--commit", "%"],
    ["--since", "2027-01-01"],
]


@pytest.mark.parametrize(
    ("filters", "is_meant"), LINES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_the_log_is_filtered(filters: list[str], is_meant: Callable[[dict[str, Any]], bool], grace: Path) -> None:
    expected = [line for line in json_of("log", "--limit", "1000", folder=grace) if is_meant(line)]
    assert expected
    assert json_of("log", *filters, "--limit", "1000", folder=grace) == expected


@pytest.mark.parametrize("filters", NOTHING, ids=" ".join)
def test_a_log_of_nothing_says_so(filters: list[str], grace: Path) -> None:
    assert json_of("log", *filters, folder=grace) == []
    assert "No journal entries match." in ran("log", *filters, folder=grace).err


def test_the_log_of_one_plan_is_found_by_the_beginning_of_its_fingerprint(grace: Path) -> None:
    journal = json_of("log", "--limit", "1000", folder=grace)
    plan = journal[0]["plan"]
    assert json_of("log", "--plan", plan[:10], folder=grace) == [line for line in journal if line["plan"] == plan]


def test_the_log_of_somebody_unknown_is_refused(grace: Path) -> None:
    outcome = ran("log", "--member", "zefh@grace.example", folder=grace, code=REFUSED)
    one_line(outcome, "has no member zefh@grace.example", 'Did you mean "zeph@grace.example"?')


@pytest.mark.parametrize("day", ["2026-08-31", FIRST, CLAIMED, SECOND, "2027-01-01"])
@pytest.mark.parametrize("list", LISTS)
def test_the_past_is_as_it_was_seen_then(list: str, day: str, after_three_days: Path, grace: Path) -> None:
    seen = json.loads((after_three_days.parent / "seen.json").read_text(encoding="utf-8"))[day][list]
    outcome = seatsync(*LISTS[list], "--as-of", day, folder=grace)
    assert outcome.out == seen
    assert ("2027-01-01 is ahead, and the ledger knows only what has happened" in outcome.err) == (day == "2027-01-01")


def test_the_past_lists_libraries_in_the_order_of_the_present(grace: Path) -> None:
    config = (grace / "seatsync.yaml").read_text(encoding="utf-8")
    more = "libraries:\n  aardvark: {title: Aardvark, system: logos-library, slots: 1}\n"
    (grace / "seatsync.yaml").write_text(config.replace("libraries:\n", more), encoding="utf-8")
    ran("apply", "--yes", "--now", "2026-09-04", folder=grace)
    *now, ahead = ran("status", folder=grace).out.splitlines()
    assert "`seatsync licenses --ends" in ahead, "which would list the seats of today"
    assert ran("status", "--as-of", "2026-09-04", folder=grace).out.splitlines() == now


def test_the_past_of_a_journal_that_is_damaged_is_not_told(grace: Path) -> None:
    with opened(grace) as connection:
        connection.execute(tables.entry.update().values(actor="mallory"))
    one_line(ran("licenses", "--as-of", FIRST, folder=grace, code=LEDGER), "The journal is damaged")


def test_why_tells_what_is_held_who_asks_for_it_and_how_it_came_about(grace: Path) -> None:
    outcome = ran("why", "ben@grace.example", folder=grace)
    plan = json_of("log", "--commit", SHA[FIRST], folder=grace)[0]["plan"][:10]
    actor = json_of("log", "--what", "claim", folder=grace)[0]["actor"]
    by = f"by ruth, commit a1a1a1a1a1, plan {plan}"
    granted = "granted  {kind}, unclaimed{until}, from seatsync.yaml:{line}"
    lines = [re.sub("   +", "  ", line.strip()) for line in outcome.out.splitlines()]
    assert [line for line in lines if "letter: " not in line] == [
        "Ben Ode (ben@grace.example, S2) is on the roster, members.csv:3, tags owner, student.",
        f"2026-09-01T00:00:00Z  added  {by}",
        "",
        "atlas: permanent, unclaimed",
        "seatsync.yaml:14 asks for it: permanent.",
        f"2026-09-01T00:00:00Z  {granted.format(line=15, kind='permanent', until='')}  {by}",
        "",
        "books: permanent, claimed",
        "seatsync.yaml:15 asks for it: permanent.",
        f"2026-09-01T00:00:00Z  {granted.format(line=16, kind='permanent', until='')}  {by}",
        f"2026-09-02T00:00:00Z  claimed  account ben@grace.example  by {actor}",
        "",
        "sub: no seat, opted out",
        "seatsync.yaml:16 asks for it: temporary until 2027-06-30.",
        "A grant with regrant: true invites them again.",
        f"2026-09-01T00:00:00Z  {granted.format(line=17, kind='temporary', until=', until 2027-06-30')}  {by}",
        f"2026-09-02T00:00:00Z  declined  by {actor}",
    ]


def test_why_tells_what_became_of_the_letters(grace: Path) -> None:
    letters = [
        one for one in json_of("outbox", "list", "--member", "ben@grace.example", folder=grace) if one["library"]
    ]
    told = [line.split("letter: ")[1] for line in ran("why", "S2", folder=grace).out.splitlines() if "letter: " in line]
    assert letters
    assert len(told) == len(letters)
    assert {one["state"] for one in letters} == {"pending", "cancelled"}
    assert any("waits for `seatsync outbox send`" in line for line in told)
    assert any("not sent: something newer took its place" in line for line in told)


def test_why_tells_letters_among_what_was_done_in_the_order_of_time_and_what_was_done_on_the_pages(
    grace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = ("ledger", "claim", "atlas", "ben@grace.example", "--account", "ben@home.example", "--now", "2026-09-05")
    monkeypatch.setenv("SEATSYNC_ACTOR", "pages")
    ran(*claim, folder=grace)
    lines = [
        re.split("  +", line.strip())
        for line in ran("why", "S2", "atlas", folder=grace).out.partition("atlas: ")[2].splitlines()
        if line.startswith("    20")
    ]
    assert [line[1] for line in lines[:3]] == ["granted", "letter: invitation", "claimed"]
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    assert lines[2][-1] == "by the member, on the pages"
    assert "by the member, on the pages" in ran("log", "--library", "atlas", "--what", "claim", folder=grace).out
    assert json_of("log", "--library", "atlas", "--what", "claim", folder=grace)[0]["actor"] == "pages"


def test_why_of_who_is_asked_for_nothing_names_each_library_with_the_command_that_grants_a_seat(grace: Path) -> None:
    with (grace / "members.csv").open("a", encoding="utf-8") as roster:
        roster.write("new@grace.example,New,Person,S9,gest\n")
    lines = ran("why", "new@grace.example", folder=grace).out.splitlines()
    assert "tags gest" in lines[0]
    assert lines[-4] == "No seat, and no grant in the files asks for one:"
    commands = [re.split("  +", line.strip()) for line in lines[-3:]]
    assert [library for library, _ in commands] == ["atlas", "books", "sub"]
    assert ran("why", "new@grace.example", "books", folder=grace).out.splitlines()[-3:] == [
        "books: no seat",
        "    No grant in the files asks for it now.",
        f"    To grant one: {commands[1][1]}",
    ]
    ran(*commands[1][1].split()[1:], folder=grace)
    assert "asks for it: " in ran("why", "new@grace.example", "books", folder=grace).out


def test_why_of_who_has_left_names_no_command_but_what_keeps_them_from_a_seat(grace: Path) -> None:
    lines = ran("why", "zeph@grace.example", "sub", folder=grace).out.splitlines()
    assert "    They are on no roster any more, and grants are for people on rosters." in lines
    assert "edit grant" not in "".join(lines)
    [person] = json_of("why", "zeph@grace.example", "--redact", folder=grace)
    assert "zeph" not in json.dumps(person)


def test_why_takes_the_title_of_a_library_unless_two_have_it(grace: Path) -> None:
    config = (grace / "seatsync.yaml").read_text(encoding="utf-8")
    named = re.sub(r"(  atlas: .*title: )[^,}]+", r"\1Great Atlas", config)
    assert named != config
    (grace / "seatsync.yaml").write_text(named, encoding="utf-8")
    assert json_of("why", "S2", "great atlas", folder=grace) == json_of("why", "S2", "atlas", folder=grace)
    (grace / "seatsync.yaml").write_text(re.sub(r"title: [^,}]+", "title: Great Atlas", named), encoding="utf-8")
    assert "The libraries are: atlas, books, sub" in ran("why", "S2", "Great Atlas", folder=grace, code=USAGE).err


def test_why_of_nobody_says_how_to_search(grace: Path) -> None:
    assert "seatsync members --search TEXT" in ran("why", "nobody@else.example", folder=grace, code=REFUSED).err


def test_why_of_one_library_as_json(grace: Path) -> None:
    [person] = json_of("why", "S2", "atlas", folder=grace)
    assert person["roster"] == {"file": "members.csv", "line": 3}
    assert person["libraries"]["atlas"]["asked_for"] == [
        {"file": "seatsync.yaml", "line": 14, "kind": "permanent", "until": None, "counts": True}
    ]
    assert [event["what"] for event in person["libraries"]["atlas"]["events"]] == ["grant"]
    assert list(person["libraries"]) == ["atlas"]


def test_why_of_who_has_left_says_so_and_that_nothing_asks_for_what_they_keep(grace: Path) -> None:
    lines = ran("why", "zeph@grace.example", "books", folder=grace).out.splitlines()
    assert lines[0] == "Zephyrine Quillfeather (zeph@grace.example, CANARY77) is on no roster any more."
    assert "books: permanent, claimed" in lines
    assert "    No grant in the files asks for it now." in lines


def test_why_of_who_is_new_in_the_files_says_that_the_next_apply_brings_them(grace: Path) -> None:
    with (grace / "members.csv").open("a", encoding="utf-8") as roster:
        roster.write("new@grace.example,New,Person,S9,student;owner\n")
    lines = ran("why", "new@grace.example", folder=grace).out.splitlines()
    assert lines[0].endswith(", and not in the ledger yet: the next apply adds them.")
    assert "    seatsync.yaml:16 asks for it: temporary until 2027-06-30." in lines


def test_why_of_a_rule_that_a_stronger_one_beats_says_so(grace: Path) -> None:
    with (grace / "seatsync.yaml").open("a", encoding="utf-8") as config:
        config.write("  - {library: books, kind: temporary, to: {everyone: true}}\n")
    lines = ran("why", "ben@grace.example", "books", folder=grace).out.splitlines()
    assert "    seatsync.yaml:17 asks for it: temporary. It is not used: another grant is stronger." in lines


def test_why_of_a_grant_that_has_ended_says_when(grace: Path) -> None:
    ran("apply", "--yes", "--quiet", "--now", "2027-07-01", folder=grace)
    lines = ran("why", "S1", "sub", "--now", "2027-07-02", folder=grace).out.splitlines()
    assert "sub: no seat, ended on 2027-06-30" in lines
    assert "    seatsync.yaml:16 asks for it: temporary until 2027-06-30. This grant ended on 2027-06-30." in lines
    [person] = json_of("why", "S1", "sub", "--now", "2027-07-02", folder=grace)
    assert [one["has_ended"] for one in person["libraries"]["sub"]["asked_for"]] == [True]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("tags: [student], not_tags: [guest, on-leave]", "tag student, but leaves out tag on-leave"),
        ("any_tags: [x, student], not_tags: [on-leave, n]", "one of the tags x, student, but leaves out tags on-leave, n"),
        ("everyone: true, not_tags: [on-leave]", "everyone, but leaves out tag on-leave"),
        ("emails: [bo@grace.example], not_tags: [on-leave]", "them by name, but leaves out tag on-leave"),
        ("tags: [owner], not_tags: [on-leave]", ""),
        ("tags: [student], not_tags: [on-leave], not_emails: [bo@grace.example]", ""),
    ],
)  # fmt: skip
def test_why_names_the_grant_that_leaves_a_member_out_by_a_tag(to: str, said: str, grace: Path) -> None:
    config = CONFIG.replace(OMAR, "").replace("tags: [student]}, until", f"{to}}}, until")
    write(grace, ANN + BEN + DEE + "bo@grace.example,Bo,Ek,S9,student;on-leave;n\n", config)
    for apply in (False, True):
        if apply:
            ran("apply", "--yes", "--quiet", "--now", "2026-09-04", folder=grace)
        told = ran("why", "S9" if apply else "bo@grace.example", "--now", "2026-09-05", folder=grace).out
        [person] = json_of("why", "bo@grace.example", "--now", "2026-09-05", folder=grace)
        assert ("left_out" in person["libraries"]["sub"]) == bool(said)
        assert (f"\n    seatsync.yaml:16 gives it to {said}, which Bo Ek has.\n" in told) == bool(said), told
        assert ("\nsub: no seat\n    No grant in the files asks for it now.\n" in told) == bool(said), told
    hidden = ran("why", "bo@grace.example", "--redact", "--now", "2026-09-05", folder=grace).out
    assert "on-leave" not in hidden
    assert ("    seatsync.yaml:16 leaves them out by a tag that they have." in hidden) == bool(said)
    over = ran("why", "bo@grace.example", "--now", "2027-07-02", folder=grace).out
    assert "leaves out" not in over


@pytest.mark.parametrize("name", ["BEN@grace.example", "S2"])
def test_why_finds_who_had_an_e_mail_or_id_before_and_says_so(name: str, grace: Path) -> None:
    assert "formerly" not in json_of("why", name, folder=grace)[0]
    new_email, new_id = "bo@grace.example,Ben,Ode,S2,student;owner\n", "bo@grace.example,Ben,Ode,S77,student;owner\n"
    for day, ben in (("2026-09-04", new_email), ("2026-09-05", new_id)):
        write(grace, ANN + ben + DEE, CONFIG.replace(OMAR, ""))
        ran("apply", "--yes", "--quiet", "--now", day, folder=grace)
    lines = ran("why", name, folder=grace).out.splitlines()
    assert lines[0] == f"{name} is now Ben Ode (bo@grace.example, S77)."
    assert lines[1].startswith("Ben Ode (bo@grace.example, S77) is on the roster, members.csv:3")
    (ben,) = json_of("why", name, "sub", folder=grace)
    assert (ben["formerly"], ben["member"], ben["libraries"]["sub"]["status"]) == (
        name,
        "bo@grace.example",
        "opted_out",
    )
    hidden = ran("why", name, "--redact", folder=grace).out
    assert (name in hidden, "grace.example" in hidden, " is now (hidden) (person-" in hidden) == (False, False, True)


@pytest.mark.parametrize("command", ["log", "outbox list"])
def test_lists_of_one_member_find_who_had_an_email_before_and_say_so(command: str, grace: Path) -> None:
    write(grace, ANN + "bo@grace.example,Ben,Ode,S2,student;owner\n" + DEE, CONFIG.replace(OMAR, ""))
    ran("apply", "--yes", "--quiet", "--now", "2026-09-04", folder=grace)
    of = {name: ran(*command.split(), "--member", f"{name}@grace.example", folder=grace) for name in ("ben", "bo")}
    assert of["ben"].out == of["bo"].out != ""
    assert (of["ben"].err, of["bo"].err) == ("ben@grace.example is now bo@grace.example.\n", "")
    hidden = ran(*command.split(), "--member", "ben@grace.example", "--redact", folder=grace)
    assert "@" not in hidden.out + hidden.err
    assert re.fullmatch("person-[0-9a-f]{12} is now person-[0-9a-f]{12}.\n", hidden.err)


def test_an_e_mail_of_before_that_somebody_has_now_is_theirs(grace: Path) -> None:
    write(grace, ANN + BEN.replace("ben@", "bo@") + DEE, CONFIG.replace(OMAR, ""))
    ran("apply", "--yes", "--quiet", "--now", "2026-09-04", folder=grace)
    with (grace / "members.csv").open("a", encoding="utf-8") as roster:
        roster.write("ben@grace.example,Benedict,New,S9,student\n")
    assert ran("why", "ben@grace.example", folder=grace).out.startswith("Benedict New (ben@grace.example, S9) is on")


STUDENTS_RULE = "  - {library: sub, to: {tags: [student]}, until: 2027-06-30}\n"
SUB = "  sub: {title: Subscription, system: logos-subscription, slots: 9}\n"


@pytest.mark.parametrize(
    ("day", "roster", "config", "reason"),
    [
        pytest.param("2026-09-04", BEN + DEE, CONFIG, "left the roster", id="left"),
        pytest.param("2026-09-04", ANN.replace("student", "") + BEN + DEE, CONFIG, "no longer granted", id="tag"),
        pytest.param("2027-07-01", ANN + BEN + DEE, CONFIG, "its last day was 2027-06-30", id="end"),
        pytest.param(
            "2026-09-04",
            ANN + BEN + DEE,
            CONFIG.replace(STUDENTS_RULE, "").replace(SUB, ""),
            "the library was removed",
            id="library",
        ),
    ],
)
def test_why_gives_the_reason_of_a_revoke(day: str, roster: str, config: str, reason: str, grace: Path) -> None:
    write(grace, roster, f"{config}limits: {{max_revokes: 9}}\n".replace(OMAR, ""))
    commit = "c3" * 20
    ran("apply", "--yes", "--quiet", "--now", day, "--actor", "omar", "--commit", commit, folder=grace)
    (revoked,) = [line for line in ran("why", "S1", "sub", folder=grace).out.splitlines() if "  revoked  " in line]
    assert re.sub("   +", "  ", revoked).strip().startswith(f"{day}T00:00:00Z  revoked  {reason}  by omar, commit c3c3")
    events = json_of("why", "S1", "sub", folder=grace)[0]["libraries"]["sub"]["events"]
    assert [event["reason"] for event in events if event["what"] == "revoke"] == [reason]


def test_the_log_knows_a_library_that_was_removed(grace: Path) -> None:
    without = CONFIG.replace(OMAR, "").replace(STUDENTS_RULE, "").replace(SUB, "")
    write(grace, ANN + BEN + DEE, f"{without}limits: {{max_revokes: 9}}\n")
    ran("apply", "--yes", "--quiet", "--now", "2026-09-04", folder=grace)
    assert "library-remove  sub" in ran("log", "--library", "sub", folder=grace).out
    assert ran("log", "--library", "sub", "--what", "upgrade", folder=grace).err == "No journal entries match.\n"


def test_why_of_nobody_and_of_no_library(grace: Path) -> None:
    one_line(ran("why", "nobody@grace.example", folder=grace, code=REFUSED), "has no member nobody@grace.example")
    said = ran("why", "ann@grace.example", "boks", folder=grace, code=USAGE).err
    assert 'There is no library "boks". Did you mean "books"? The libraries are: atlas, books, sub.' in said


@pytest.mark.parametrize("spelled", [lambda head: head, lambda head: head[:12], lambda head: head.upper()])
def test_a_head_that_was_noted_is_found_again(spelled: Callable[[str], str], grace: Path) -> None:
    noted = head(grace)
    ran(*CLAIM, "0", folder=grace)
    ran("verify", "--head", spelled(noted), "--head", head(grace), folder=grace)


def test_a_head_that_is_unknown_is_missed(grace: Path) -> None:
    outcome = ran("verify", "--head", "0123456789abcdef", "--head", head(grace), folder=grace, code=BROKEN)
    assert "no entry with the head 0123456789abcdef" in outcome.err
    assert head(grace) not in outcome.err


def test_a_tail_that_was_cut_off_without_a_trace_is_found_by_a_head(grace: Path) -> None:
    before = stored(grace)
    ran(*CLAIM, "0", folder=grace)
    noted = head(grace)
    with opened(grace) as connection:
        for name in before:
            connection.execute(tables.metadata.tables[name].delete())
    for name, found in before.items():
        if found:
            add(grace, name, *found)
    ran("verify", folder=grace)
    outcome = ran("verify", "--head", noted, folder=grace, code=BROKEN)
    assert f"no entry with the head {noted}: it was cut off or rewritten since the head was noted" in outcome.err
    assert "Else restore it from a backup" in outcome.err


@pytest.mark.parametrize("text", ["", "abc", "0123456789ag", "0" * 65])
def test_what_is_no_head_is_wrong_usage(text: str, grace: Path) -> None:
    assert "The first 12 digits are enough" in ran("verify", "--head", text, folder=grace, code=USAGE).err


def test_where_there_is_no_ledger_a_head_is_missed(tmp_path: Path) -> None:
    folder = write(tmp_path / "grace", ANN)
    ran("verify", folder=folder)
    ran("verify", "--head", "0123456789abcdef", folder=folder, code=BROKEN)
