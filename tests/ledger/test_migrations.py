"""Migrations: released ones never change, and on PostgreSQL they run beside readers and writers."""

from __future__ import annotations

import ast
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection as Session
from sqlalchemy import Column, Connection, Engine, Integer, event, text

from seatsync.domain.failure import ExitCode
from seatsync.ledger import migrations as room
from seatsync.ledger import tables
from seatsync.ledger.database import FILE, Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.lock import Holder, LockWait
from seatsync.ledger.migrations import steps
from seatsync.ledger.stores import postgres_migration
from seatsync.ledger.stores.migrate import Migration, add_columns, migrate, migrations, operations
from seatsync.ledger.stores.postgres import Postgres
from seatsync.ledger.stores.postgres_migration import Beside, Others
from tests.support.command_line import seatsync
from tests.support.databases import environment, ledgers, location, looking_into, plain, psql
from tests.support.long_form import times
from tests.support.paths import ROOT

VERSIONS = Path(room.__path__[0]) / "versions"
RELEASED = VERSIONS.parent / "released.sha256"
FUTURE = "0099"
PATIENCE = 60.0

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9999}}
rosters: [{path: members.csv}]
grants: [{library: books, to: {everyone: true}, kind: permanent}]
"""
MEMBERS = "email,given_name,family_name\nann@grace.example,Ann,Lee\nben@grace.example,Ben,Ode\n"


# ── The rules ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_released_migration_never_changes() -> None:
    released = {line.split()[1]: line.split()[0] for line in RELEASED.read_text(encoding="ascii").splitlines()}
    found = {
        f"{revision}.py": sha256((VERSIONS / f"{revision}.py").read_bytes()).hexdigest()
        for revision in tables.REVISIONS
    }
    assert released == {name: digest for name, digest in found.items() if name in released}
    assert [*found][: len(released)] == [*released], "the oldest are released"


def test_the_revisions_of_the_program_are_the_migrations() -> None:
    assert sorted(path.stem for path in VERSIONS.glob("0*.py")) == [*tables.REVISIONS]
    assert [step.revision for step in migrations("")] == [*tables.REVISIONS]


MAY_IMPORT = ("seatsync.ledger.migrations.steps", "seatsync.ledger.failures", "seatsync.domain.text.emails")
PARTS = {"columns", "expand", "fill", "contract"}


@pytest.mark.parametrize("revision", tables.REVISIONS)
def test_a_migration_has_its_parts_and_imports_nothing_that_may_change(revision: str) -> None:
    module = ast.parse((VERSIONS / f"{revision}.py").read_text(encoding="utf-8"))
    imported = [node.module or "" for node in ast.walk(module) if isinstance(node, ast.ImportFrom)]
    assert [name for name in imported if name.startswith("seatsync") and name not in MAY_IMPORT] == []
    called = {
        node.func.id for node in ast.walk(module) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    defined = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert defined - called <= PARTS, "a function that nothing calls"


_BESIDE = ("AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock")
"""The locks that neither a reader nor a writer waits for."""
_FILES = "SELECT oid::regclass::text, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
_LOCKED = """SELECT relation::regclass::text FROM pg_locks JOIN pg_class ON pg_class.oid = relation
WHERE pid = pg_backend_pid() AND mode <> ALL (%s) AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"""
_READS_ALL = re.compile(
    r"\s*(UPDATE|DELETE|INSERT)\b(?! (INTO )?(alembic_version|writer))|.*\b(SET NOT NULL|ADD CONSTRAINT|ADD CHECK|VALIDATE)\b",
    re.IGNORECASE | re.DOTALL,
)


def broken_rules(connection: Connection, step: Migration) -> Iterator[str]:
    """Run a migration but for ``fill``, and say which rules it breaks. Locks and files are looked up on the server."""
    there, files, seen = _tables(connection), _files(connection), list[str]()
    with operations(connection), _noted(seen):
        for table, columns in step.columns().items():
            add_columns(table, columns)
        connection.exec_driver_sql("COMMIT")  # columns lock their own table, for a moment
        connection.exec_driver_sql("BEGIN")
        step.expand(connection)
        locked = connection.exec_driver_sql(_LOCKED, ([*_BESIDE],)).scalars().all()
        for table in {*locked} & there:
            yield f"expand locks {table}"
        for index in step.indexes:
            connection.exec_driver_sql(index.named())
        step.contract(connection)
    for name, file in _files(connection).items():
        if files.get(name, file) != file:
            yield f"{name} is written again"
    for statement in filter(_READS_ALL.match, seen):
        yield f"{statement} reads all rows"


def test_only_fill_reads_rows_and_nobody_waits_for_what_is_added(empty: str) -> None:
    with looking_into(empty) as connection:
        for step in migrations(""):
            assert [*broken_rules(connection, step)] == [], step.revision


def _statement(statement: str) -> Callable[[Connection], None]:
    def run(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return run


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Migration(FUTURE, expand=_statement("UPDATE member SET tags = ''")), "reads all rows"),
        (Migration(FUTURE, contract=_statement("DELETE FROM link")), "reads all rows"),
        (Migration(FUTURE, contract=_statement("ALTER TABLE entry ALTER COLUMN salt SET NOT NULL")), "reads all rows"),
        (Migration(FUTURE, expand=_statement("ALTER TABLE member ADD COLUMN x integer")), "expand locks member"),
        (Migration(FUTURE, expand=_statement("CREATE INDEX ON member (institution, tags)")), "expand locks member"),
        (
            Migration(FUTURE, contract=_statement("ALTER TABLE link ALTER COLUMN serial TYPE bigint")),
            "link is written again",
        ),
        (
            Migration(FUTURE, lambda: {"link": [Column("x", Integer, server_default=text("random() * 9"))]}),
            "link is written again",
        ),
    ],
)
def test_a_migration_that_breaks_a_rule_is_found(step: Migration, said: str, ledger: str) -> None:
    with looking_into(ledger) as connection:
        assert [rule for rule in broken_rules(connection, step) if said in rule]


def _tables(connection: Connection) -> set[str]:
    return {*connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()}


def _files(connection: Connection) -> dict[str, int]:
    return dict(map(tuple, connection.exec_driver_sql(_FILES).all()))


@contextmanager
def _noted(seen: list[str]) -> Iterator[None]:
    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


# ── Beside others ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def empty() -> Iterator[str]:
    """A database without tables."""
    server = ledgers.shelf.server
    url = server.fresh(template=None)
    yield url
    server.drop(url)


@pytest.fixture
def school(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def ledger(school: Path) -> Iterator[str]:
    """The ledger of a school that has been applied."""
    server = ledgers.shelf.server
    url = server.fresh()
    ran("apply", "--yes", "--quiet", "--ledger", url, folder=school)
    yield url
    server.drop(url)


def ran(*args: str, folder: Path, code: int = 0) -> str:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == code, outcome
    return outcome.out + outcome.err


def add_a_column() -> dict[str, list[Column[Any]]]:
    return {"member": [Column("twice", Integer, nullable=False, server_default="0")]}


def fill_it(connection: Connection, institution: str) -> Iterator[None]:
    """Twice the length of each e-mail, a member at a time."""
    query = "SELECT number, length(email) * 2, twice FROM member WHERE member.institution = :institution ORDER BY 1"
    for number, twice, known in connection.execute(text(query), {"institution": institution}).all():
        rows = [(twice, number)] if twice != known else []
        steps.put(connection, institution, "member", {"twice": "integer", "number": "integer"}, rows)
        yield


COLUMN = Migration(FUTURE, add_a_column, fill=fill_it)


def migrated(url: str, *added: Migration, seconds: float = PATIENCE) -> None:
    """Migrate as a newer program would that has these migrations too."""
    store, wait = Ledger(url).store, LockWait(seconds, lambda notice: None)
    assert isinstance(store, Postgres)
    store.lock_wait = wait
    with (
        store.connected() as keeper,
        store.exclusively(keeper, "", Holder.here("migration", ""), wait),
        store.connected() as worker,
    ):
        Beside(keeper, worker, added, Others(seconds, lambda what: None, store.turn)).run()


class Beginning(threading.Thread):
    """Something that runs beside the test; ``join`` gives what it raised."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.action = action
        self.failed: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.action()
        except BaseException as error:
            self.failed = error

    def ended(self) -> BaseException | None:
        self.join(PATIENCE)
        assert not self.is_alive(), "it hangs"
        return self.failed


def eventually(connection: Session[Any], query: str, expected: object) -> None:
    until = time.monotonic() + PATIENCE
    while (found := connection.execute(query).fetchone()) != (expected,):
        assert time.monotonic() < until, f"{query}: {found}"
        time.sleep(0.01)


GATE = 4711
_AT_THE_GATE = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {GATE} AND NOT granted"
_WAITING = "SELECT count(*) FROM pg_locks WHERE relation = 'writer'::regclass AND NOT granted"


@pytest.fixture
def gate(ledger: str) -> Iterator[Session[Any]]:
    """Holds a lock that ``through`` waits for."""
    with psycopg.connect(plain(ledger), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (GATE,))
        yield connection


def through(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({GATE})")


def test_writers_who_wait_while_it_is_migrated_write_nothing_and_readers_go_on(
    ledger: str, school: Path, gate: Session[Any]
) -> None:
    migrating = Beginning(lambda: migrated(ledger, Migration(FUTURE, add_a_column, contract=through)))
    eventually(gate, _AT_THE_GATE, 1)
    assert "Nothing to do" in ran("plan", "--ledger", ledger, folder=school)
    (school / "members.csv").write_text(MEMBERS + "cy@grace.example,Cy,Roe\n", encoding="utf-8")
    written: list[Connection] = []
    writers = [
        Beginning(partial(Ledger(ledger).write, name, "ruth", "", written.append)) for name in ("grace", "hope", None)
    ]
    command = [sys.executable, "-m", "seatsync", "apply", "--yes", "--ledger", ledger]
    with subprocess.Popen(command, cwd=school, stderr=subprocess.PIPE, text=True) as applying:
        eventually(gate, _WAITING, 4)
        gate.execute("SELECT pg_advisory_unlock(%s)", (GATE,))
        assert migrating.ended() is None
        assert applying.stderr is not None
        said = applying.stderr.read()
    assert (applying.returncode, f"newer seatsync (ledger {FUTURE}" in said) == (ExitCode.LEDGER, True), said
    for writer in writers:
        failed = writer.ended()
        assert isinstance(failed, LedgerError)
        assert f"newer seatsync (ledger {FUTURE}" in str(failed)
    assert written == []
    assert gate.execute("SELECT count(*) FROM member").fetchone() == (2,)


def test_who_waits_while_a_file_is_migrated_writes_nothing(school: Path) -> None:
    ran("apply", "--yes", "--quiet", folder=school)
    place, waits, begun = str(school / FILE), threading.Event(), threading.Event()

    def migrate_slowly(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": FUTURE})
        begun.set()
        waits.wait(PATIENCE)

    migrating = Beginning(lambda: Ledger(place).write("grace", "ruth", "", migrate_slowly))
    assert begun.wait(PATIENCE)
    written: list[Connection] = []
    waiting = LockWait(PATIENCE, lambda notice: waits.set())
    with pytest.raises(LedgerError, match=f"newer seatsync \\(ledger {FUTURE}"):
        Ledger(place, waiting).write("grace", "ruth", "", written.append)
    assert (migrating.ended(), written) == (None, [])


def test_a_writer_of_before_0011_which_waits_must_begin_again(ledger: str, gate: Session[Any]) -> None:
    """Such a writer looks at the revision before it has its view of the ledger, and never again."""
    migrating = Beginning(lambda: migrated(ledger, Migration(FUTURE, contract=through)))
    eventually(gate, _AT_THE_GATE, 1)

    def write() -> None:
        with psycopg.connect(plain(ledger), autocommit=True) as old:
            old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            old.execute("SELECT institution FROM writer WHERE institution = 'grace' FOR NO KEY UPDATE SKIP LOCKED")

    writer = Beginning(write)
    eventually(gate, _WAITING, 1)
    gate.execute("SELECT pg_advisory_unlock(%s)", (GATE,))
    assert migrating.ended() is None
    assert isinstance(writer.ended(), psycopg.errors.SerializationFailure)


def test_who_writes_between_two_batches_is_filled_again(ledger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_migration, "_BATCH", 0.0)
    writers: list[Beginning] = []

    def change(connection: Connection) -> None:
        longer = "UPDATE member SET email = email || '.example' WHERE member.institution = :institution AND number = 1"
        connection.execute(text(longer), {"institution": "grace"})

    def write() -> None:
        Ledger(ledger).write("grace", "ruth", "", change)

    def fill_while_somebody_writes(connection: Connection, institution: str) -> Iterator[None]:
        for _ in fill_it(connection, institution):
            if not writers:
                writers.append(Beginning(write))
                time.sleep(0.2)
            yield

    migrated(ledger, Migration(FUTURE, add_a_column, fill=fill_while_somebody_writes))
    assert writers[0].ended() is None
    with looking_into(ledger) as connection:
        assert connection.execute(text("SELECT bool_and(twice = length(email) * 2) FROM member")).scalar()
        assert connection.execute(text("SELECT max(length(email)) FROM member")).scalar() == len(
            "ann@grace.example.example"
        )


def test_while_the_last_changes_are_filled_only_their_writers_wait(
    ledger: str, gate: Session[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_migration, "_ROUNDS", 0)  # as if everybody had written in every round

    def fill(connection: Connection, institution: str) -> Iterator[None]:
        through(connection)
        return fill_it(connection, institution)

    migrating = Beginning(lambda: migrated(ledger, Migration(FUTURE, add_a_column, fill=fill)))
    eventually(gate, _AT_THE_GATE, 1)
    written: list[Connection] = []
    impatient = LockWait(0, lambda notice: None)
    Ledger(ledger, impatient).write("hope", "ruth", "", written.append)
    with pytest.raises(LedgerError, match="is locked by migration on "):
        Ledger(ledger, impatient).write("grace", "ruth", "", written.append)
    gate.execute("SELECT pg_advisory_unlock(%s)", (GATE,))
    assert (migrating.ended(), len(written)) == (None, 1)
    with looking_into(ledger) as connection:
        assert connection.execute(text("SELECT bool_and(twice = length(email) * 2) FROM member")).scalar()


def test_a_migration_that_was_interrupted_goes_on_where_it_was(ledger: str, school: Path) -> None:
    for name in ("hope", "zion"):
        (school / "seatsync.yaml").write_text(CONFIG.replace("id: grace", f"id: {name}"), encoding="utf-8")
        ran("apply", "--yes", "--quiet", "--ledger", ledger, folder=school)
    filled = []

    def fill(connection: Connection, institution: str, fails_at: str = "hope") -> Iterator[None]:
        filled.append(institution)
        for _ in fill_it(connection, institution):
            if institution == fails_at:
                raise KeyboardInterrupt
            yield

    with pytest.raises(KeyboardInterrupt):
        migrated(ledger, Migration(FUTURE, add_a_column, fill=fill))
    assert "Nothing to do" in ran("plan", "--ledger", ledger, folder=school), "the older program goes on"
    assert "is being updated to a newer version" in ran(
        "verify", "--ledger", ledger, folder=school, code=ExitCode.LEDGER
    )
    with pytest.raises(LedgerError, match=f"newer seatsync has begun to update this ledger to {FUTURE}"):
        migrated(ledger, Migration("0098"))
    migrated(ledger, Migration(FUTURE, add_a_column, fill=partial(fill, fails_at="")))
    assert filled == ["grace", "hope", "hope", "zion"]
    with looking_into(ledger) as connection:
        assert connection.execute(text("SELECT bool_and(twice = length(email) * 2) FROM member")).scalar()
        assert connection.execute(text("SELECT to_regclass('migrating')")).scalar() is None


def test_of_two_migrations_at_once_one_waits_and_is_told_for_whom(ledger: str, gate: Session[Any]) -> None:
    step = Migration(FUTURE, contract=through)
    first = Beginning(lambda: migrated(ledger, step))
    eventually(gate, _AT_THE_GATE, 1)
    with pytest.raises(LedgerError, match="is locked by migration on "):
        migrated(ledger, step, seconds=0)
    gate.execute("SELECT pg_advisory_unlock(%s)", (GATE,))
    assert first.ended() is None


def test_who_waited_for_a_migration_does_not_say_that_it_has_migrated(empty: str) -> None:
    old_ledger(empty, "0010", count=1, size=1)
    waits, said = threading.Event(), list[tuple[str, str]]()
    second = Ledger(empty, LockWait(PATIENCE, lambda _: waits.set()))
    with looking_into(empty) as first:
        first.exec_driver_sql("LOCK TABLE alembic_version IN SHARE ROW EXCLUSIVE MODE")
        waiting = Beginning(lambda: said.append(second.migrate()))
        assert waits.wait(PATIENCE)
        migrate(first, "0010")
    assert waiting.ended() is None
    assert said == [(tables.REVISIONS[-1], tables.REVISIONS[-1])]


def test_a_migration_that_hangs_gives_back_the_locks_that_others_wait_for(ledger: str) -> None:
    limits: list[object] = []

    def look(connection: Connection) -> None:
        limits.append(connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar())

    migrated(ledger, Migration(FUTURE, expand=look, contract=look))
    assert limits == ["2min", "2min"]


def test_others_do_not_wait_long_behind_a_migration_that_waits_for_a_reader(
    ledger: str, gate: Session[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_migration, "_SHORT", 0.2)
    with psycopg.connect(plain(ledger)) as reader:
        reader.execute("SELECT count(*) FROM member")  # and its transaction stays open
        migrating = Beginning(lambda: migrated(ledger, COLUMN))
        eventually(gate, "SELECT count(*) FROM pg_locks WHERE relation = 'member'::regclass AND NOT granted", 1)
        gate.execute("SET lock_timeout = '30s'")
        gate.execute("SELECT count(*) FROM member")
        assert migrating.is_alive()
    assert migrating.ended() is None


# ── Old ledgers ─────────────────────────────────────────────────────────────────────────────────────────────────────

_OLD_ROWS = (
    "INSERT INTO institution (institution, serial, head, name, opt_out, contacts, rosters, applied_on)"
    " SELECT 'i' || i, {size}, '', 'I', false, '[]', '{{}}', '2026-01-01' FROM generate_series(1, {count}) i",
    "INSERT INTO library (institution, id, title, system, kinds, delivery, slots)"
    " SELECT 'i' || i, l, l, 'logos-library', 'temporary permanent', 'letter', 9"
    " FROM generate_series(1, {count}) i, unnest('{{books,sub}}'::text[]) l",
    "INSERT INTO member (institution, number, email, key, given_name, family_name, student_id, role, tags, imported_on,"
    " on_roster, account)"
    " SELECT 'i' || i, n, 'M' || n || '@x.example', 'm' || n || '@x.example', 'Ann' || n, 'Straße', 'S' || n, '', '',"
    " '2026-01-01', true, CASE WHEN n % 7 = 0 THEN 'A' || n || '@x.example' ELSE '' END"
    " FROM generate_series(1, {count}) i, generate_series(1, {size}) n",
    "INSERT INTO license (institution, library, member, kind, status, invited_on, reminders, resent)"
    " SELECT 'i' || i, l, n, CASE l WHEN 'sub' THEN 'temporary' ELSE 'permanent' END, 'unclaimed', '2026-01-01', 0, ''"
    " FROM generate_series(1, {count}) i, generate_series(1, {size}) n, unnest('{{books,sub}}'::text[]) l",
    "INSERT INTO event (institution, serial, entry, action, library, member, detail, hash)"
    " SELECT 'i' || i, n, 1, 'grant', 'sub', n, '{{\"until\":\"2027-06-' || 10 + n % 20 || '\"}}', ''"
    " FROM generate_series(1, {count}) i, generate_series(1, {size}) n",
    "ANALYZE",
)
_IS_FILLED = """SELECT
    (SELECT bool_and(found_by = 'strasse' || chr(31) || 'ann' || number || chr(31) || 'ann' || number || ' strasse' || chr(10)
        || 'm' || number || '@x.example' || chr(10) || 's' || number) FROM member)
    AND (SELECT bool_and(account_key = CASE WHEN number % 7 = 0 THEN 'a' || number || '@x.example' ELSE '' END) FROM member)
    AND (SELECT bool_and(until = CASE library WHEN 'sub' THEN '2027-06-' || 10 + member % 20 ELSE '' END) FROM license)
    AND (SELECT bool_and(reserved = {size} AND permanent_reserved = CASE id WHEN 'sub' THEN 0 ELSE {size} END) FROM library)
    AND (SELECT bool_and(first_on = '2026-01-01') FROM license)
"""


def old_ledger(url: str, version: str, *, count: int, size: int) -> None:
    """A ledger of ``count`` institutions with ``size`` members each, in the tables of an older version."""
    with looking_into(url) as connection:
        migrate(connection, "", version)
    add_institutions(url, count, size)
    with looking_into(url) as connection:
        for step in migrations("", version):  # as that version would have written
            if step.fill is not None:
                for number in range(count):
                    assert [*step.fill(connection, f"i{number + 1}")]


def add_institutions(url: str, count: int, size: int) -> None:
    with psycopg.connect(plain(url)) as session:
        for statement in _OLD_ROWS:
            session.execute(statement.format(count=count, size=size).encode())


def is_filled(url: str, size: int) -> bool:
    with looking_into(url) as connection:
        return bool(connection.execute(text(_IS_FILLED.format(size=size))).scalar())


@pytest.mark.parametrize("version", tables.REVISIONS[:-1])
def test_an_old_ledger_of_any_version_gets_the_tables_and_contents_of_today(
    version: str, empty: str, school: Path
) -> None:
    old_ledger(empty, version, count=2, size=9)
    ran("ledger", "migrate", "--ledger", empty, folder=school)
    assert is_filled(empty, size=9)
    ran("apply", "--yes", "--quiet", "--ledger", empty, folder=school)
    ran("verify", "--ledger", empty, folder=school)


def test_the_first_day_of_licenses_is_filled_as_the_journal_says(school: Path, database: str) -> None:
    config = CONFIG.partition("grants:")[0] + "limits: {max_revokes: 9}\n"
    for day, grants in enumerate(("[]", "[{library: books, kind: temporary, to: {everyone: true}}]", "[]", None), 1):
        grants = grants or "[{library: books, kind: permanent, to: {emails: [ann@grace.example]}}]"
        (school / "seatsync.yaml").write_text(f"{config}grants: {grants}\n", encoding="utf-8")
        ran("apply", "--yes", "--quiet", "--now", f"2026-09-0{day}", folder=school)
    ledger = Ledger(location(school))

    def fill(connection: Connection) -> list[tuple[int, str]]:
        grace = {"institution": "grace"}
        for emptied in ("license SET first_on = ''", "library SET permanent_reserved = 0"):
            table = emptied.partition(" ")[0]
            connection.execute(text(f"UPDATE {emptied} WHERE {table}.institution = :institution"), grace)
        step = next(step for step in migrations("") if step.revision == "0013")
        assert step.fill is not None
        assert [*step.fill(connection, "grace")]
        query = "SELECT license.member, first_on FROM license WHERE license.institution = :institution ORDER BY 1"
        return [(row.member, row.first_on) for row in connection.execute(text(query), grace)]

    assert ledger.write("grace", "ruth", "", fill) == [(1, "2026-09-02"), (2, "2026-09-02")]
    ran("verify", folder=school)


def test_partitioned_tables_get_columns_contents_and_indexes(empty: str, school: Path) -> None:
    old_ledger(empty, "0009", count=3, size=5)
    psql(empty, ROOT / "docs" / "partition.sql", parts="3")
    ran("ledger", "migrate", "--ledger", empty, folder=school)
    assert is_filled(empty, size=5)
    with looking_into(empty) as connection:
        indexed = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'member_account'::regclass"
        assert connection.execute(text(indexed)).scalar() == 3
        roomy = "SELECT count(*) FROM pg_class WHERE relname ~ '^member_[0-9]$' AND reloptions IS NOT NULL"
        assert connection.execute(text(roomy)).scalar() == 3
    ran("apply", "--yes", "--quiet", "--ledger", empty, folder=school)
    ran("verify", "--ledger", empty, folder=school)


def test_tables_that_were_spread_earlier_keep_no_statistics_of_who_has_a_letter(empty: str, school: Path) -> None:
    """The script of before 0011 did not know the columns of 0004 and 0010."""
    old_ledger(empty, "0010", count=1, size=1)
    psql(empty, ROOT / "docs" / "partition.sql", parts="2")
    columns = {"member": "account_key", "outbox": "sent_to", "link": "sent_to"}
    with looking_into(empty) as connection:
        for table, column in columns.items():
            connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS -1")
    ran("ledger", "migrate", "--ledger", empty, folder=school)
    with looking_into(empty) as connection:
        kept = "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attname = :column AND attstattarget = 0"
        for table, column in columns.items():
            for part in (table, f"{table}_0", f"{table}_1"):
                assert connection.execute(text(kept), {"table": part, "column": column}).scalar() == 1, part


def test_spread_tables_keep_their_settings(ledger: str) -> None:
    settings = "SELECT reloptions FROM pg_class WHERE oid = to_regclass(%s)"
    with psycopg.connect(plain(ledger), autocommit=True) as connection:
        whole = connection.execute(settings, ("member",)).fetchone()
        psql(ledger, ROOT / "docs" / "partition.sql", parts="2")
        assert connection.execute(settings, ("member_1",)).fetchone() == whole != (None,)


def test_an_institution_that_is_being_written_to_is_filled_later(ledger: str) -> None:
    going, order = threading.Event(), []

    def write(connection: Connection) -> None:
        going.wait(PATIENCE)

    writer = Beginning(lambda: Ledger(ledger).write("grace", "ruth", "", write))
    add_institutions(ledger, 1, 5)
    with psycopg.connect(plain(ledger), autocommit=True) as connection:
        eventually(
            connection,
            "SELECT count(*) FROM pg_locks WHERE relation = 'writer'::regclass AND mode = 'RowExclusiveLock'",
            1,
        )

    def fill(connection: Connection, institution: str) -> Iterator[None]:
        order.append(institution)
        going.set()
        return fill_it(connection, institution)

    migrated(ledger, Migration(FUTURE, add_a_column, fill=fill), seconds=0.5)
    assert (writer.ended(), order) == (None, ["i1", "grace"])


def test_an_index_that_a_killed_migration_left_unfinished_is_made_again(empty: str, school: Path) -> None:
    old_ledger(empty, "0009", count=1, size=5)
    with psycopg.connect(plain(empty), autocommit=True) as connection:
        connection.execute("ALTER TABLE member ADD COLUMN account_key text NOT NULL DEFAULT ''")
        connection.execute("CREATE INDEX member_account ON member (institution, account_key) WHERE account_key != ''")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'member_account'::regclass")
        connection.execute(
            "CREATE TABLE migrating (part TEXT, institution TEXT, mark TEXT, PRIMARY KEY (part, institution))"
        )
        connection.execute("INSERT INTO migrating VALUES ('0010 member', '', '')")
    ran("ledger", "migrate", "--ledger", empty, folder=school)
    ran("apply", "--yes", "--quiet", "--ledger", empty, folder=school)
    ran("verify", "--ledger", empty, folder=school)


def test_a_killed_migration_is_run_again(empty: str, school: Path) -> None:
    old_ledger(empty, "0005", count=2, size=4_000)
    command = [sys.executable, "-m", "seatsync", "ledger", "migrate", "--ledger", empty]
    with (
        psycopg.connect(plain(empty), autocommit=True) as connection,
        subprocess.Popen(command, cwd=school, env=environment(school)) as migrating,
    ):
        eventually(connection, "SELECT to_regclass('migrating') IS NOT NULL", True)
        eventually(connection, "SELECT count(*) > 0 FROM migrating WHERE institution = 'i1'", True)
        migrating.send_signal(signal.SIGKILL)
    with looking_into(empty) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0005"
    ran("ledger", "migrate", "--ledger", empty, folder=school)
    assert is_filled(empty, size=4_000)


def test_others_go_on_while_a_million_members_are_migrated(ledger: str, school: Path) -> None:
    """In the long form it is a million. The older program plans and applies until the version changes."""
    size = times(short=3_000, long=1_000_000)
    add_institutions(ledger, 1, size)

    def fill(connection: Connection, institution: str) -> Iterator[None]:
        query = """SELECT number * 2, number, twice FROM member
            WHERE member.institution = :institution AND number BETWEEN :first AND :last"""
        for batch in steps.ranges(connection, institution):
            rows = connection.execute(text(query), batch).all()
            changed = [(twice, number) for twice, number, known in rows if twice != known]
            steps.put(connection, institution, "member", {"twice": "integer", "number": "integer"}, changed)
            yield

    index = steps.Index("member_twice", "member", ("institution", "twice"))
    migrating = Beginning(lambda: migrated(ledger, Migration(FUTURE, add_a_column, fill=fill, indexes=(index,))))
    waited: dict[str, list[float]] = {"plan": [], "apply": []}
    while migrating.is_alive():
        roster = school / "members.csv"
        roster.write_text(f"{roster.read_text()}new{len(waited['apply'])}@grace.example,New,One\n", encoding="utf-8")
        for command in (("plan",), ("apply", "--yes")):
            begun = time.monotonic()
            outcome = seatsync(*command, "--quiet", "--ledger", ledger, folder=school)
            waited[command[0]].append(time.monotonic() - begun)
            assert outcome.code == 0 or f"newer seatsync (ledger {FUTURE}" in outcome.err, outcome
    assert migrating.ended() is None
    assert max(*waited["plan"], *waited["apply"]) < PATIENCE
    with looking_into(ledger) as connection:
        assert connection.execute(text("SELECT bool_and(twice = number * 2) FROM member")).scalar()
