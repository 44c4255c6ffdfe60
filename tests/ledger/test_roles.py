"""PostgreSQL roles bound to one institution, used to spy on another institution or to block it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from seatsync.domain.failure import ExitCode
from seatsync.ledger import tables
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries.accounts.emails import email_hash
from seatsync.ledger.stores.migrate import migrate
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import ledgers as everybodys
from tests.support.databases import looking_into, plain, psql
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
LONG = "a" * 54
"""A long beginning of ids: PostgreSQL truncates longer names of roles."""

HERE, THERE, OTHER = "grace", f"{LONG}-eastern1", f"{LONG}-western1"
ACCESS = ("read", "write", "pages")
OF_ACCOUNTS = ("account", "identity", "session", "challenge")
OF_INSTITUTIONS = [name for name in tables.metadata.tables if name not in OF_ACCOUNTS]
MODES = ("ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE")
CONFIG = """\
version: 1
institution: {{id: {}, name: Grace, opt_out: true, admins: [{{given_name: R, family_name: A, email: r@grace.example}}]}}
libraries: {{books: {{title: Books, system: logos-library, slots: 9}}}}
rosters: [{{path: members.csv}}]
grants: [{{library: books, kind: permanent, to: {{everyone: true}}}}]
"""
MEMBERS = "email,given_name,family_name\nann@grace.example,Ann,Lee\nben@grace.example,Ben,Ode\n"
CLAIM = ("ledger", "claim", "books", "ann@grace.example", "--lock-timeout", "0")


class Place:
    """A database with three institutions, and roles of each: ``read``, ``write``, ``pages``."""

    def __init__(self, owners: str, folder: Path) -> None:
        self.owners = owners
        self.folder = folder

    def role(self, institution: str, access: str) -> str:
        return f"{access}_{institution[:5]}{institution[-8:]}_{os.getpid()}"

    def url(self, institution: str, access: str) -> str:
        if access == "owner":
            return self.owners
        return make_url(self.owners).set(username=self.role(institution, access)).render_as_string(hide_password=False)

    @contextmanager
    def as_role(self, institution: str, access: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(plain(self.url(institution, access)), autocommit=True) as connection:
            yield connection

    def run(self, institution: str, access: str, *command: str) -> Outcome:
        return seatsync(*command, "--ledger", self.url(institution, access), folder=self.folder / institution)

    def denied(self, institution: str, access: str, *statements: str) -> None:
        """The database refuses each statement, because the role has no right to it."""
        with self.as_role(institution, access) as connection:
            for statement in statements:
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(statement)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    server = everybodys.shelf.server
    place = Place(server.fresh(), tmp_path_factory.mktemp("roles"))
    for id in (HERE, THERE, OTHER):
        (place.folder / id).mkdir()
        (place.folder / id / "seatsync.yaml").write_text(CONFIG.format(id), encoding="utf-8")
        (place.folder / id / "members.csv").write_text(MEMBERS, encoding="utf-8")
        assert place.run(id, "owner", "apply", "--yes").code == ExitCode.DONE
        for access in ACCESS:
            psql(place.owners, DOCS / "roles.sql", institution=id, role=place.role(id, access), access=access)
    with looking_into(place.owners) as connection:
        for name, row in _BESIDE.items():
            for id in (HERE, THERE, OTHER) if "institution" in row else ("",):
                connection.execute(
                    tables.metadata.tables[name].insert(), {**row, **({"institution": id} if id else {})}
                )
    yield place
    server.drop(place.owners)
    for id in (HERE, THERE, OTHER):
        for access in ACCESS:
            server.run(f'DROP ROLE "{place.role(id, access)}"')


_BESIDE: dict[str, dict[str, Any]] = {
    "link": {
        "institution": "",
        "hash": bytes(32),
        "serial": 1,
        "library": "",
        "member": 0,
        "sent_to": "",
        "made_at": "",
    },
    "holding": {"institution": "", "library": "books", "member": 2, "account": "ben"},
    "account": {
        "id": "ben",
        "email": "ben@grace.example",
        "email_hash": email_hash("ben@grace.example"),
        "password": "",
        "language": "",
        "made_at": "",
    },
}


# ── What they see ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("institution", [HERE, THERE, OTHER])
def test_a_role_sees_the_rows_of_its_institution_alone(institution: str, access: str, place: Place) -> None:
    """This also holds for two ids whose common beginning is longer than a role's name."""
    with place.as_role(institution, access) as connection:
        for name in OF_INSTITUTIONS:
            if (name, access) != ("holding", "read"):
                seen = connection.execute(
                    SQL("SELECT DISTINCT institution FROM {}").format(Identifier(name))
                ).fetchall()
                assert seen == [(institution,)], name


_SWITCHES = ("seqscan", "bitmapscan", "indexscan", "indexonlyscan")
_GUESSES = (
    *("member WHERE institution = %s AND found_by > ''", "member WHERE institution = %s AND key = 'ann@grace.example'"),
    *(
        "license WHERE institution = %s AND library = 'books' AND member = 2",
        "event WHERE institution = %s AND member = 2",
    ),
    *("entry WHERE institution = %s AND serial = 1", "outbox WHERE institution = %s AND member = 2"),
    *("admin WHERE key > '' AND institution = %s", "link WHERE institution = %s AND serial = 1"),
)


@pytest.mark.parametrize("access", ["read", "write"])
@pytest.mark.parametrize("off", [(), *((switch,) for switch in _SWITCHES), _SWITCHES[:2], _SWITCHES[1:]], ids="-".join)
def test_a_role_learns_nothing_of_others_by_how_a_statement_is_carried_out(
    access: str, off: tuple[str, ...], place: Place
) -> None:
    """EXPLAIN shows how many rows were filtered out: with other institutions' rows, a name could be guessed letter by letter."""
    with place.as_role(HERE, access) as connection, psycopg.ClientCursor(connection) as cursor:
        for switch in off:
            cursor.execute(f"SET enable_{switch} = off")

        def carried_out(guess: str, institution: str) -> str:
            how = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT 1 FROM "
            return "\n".join(row[0] for row in cursor.execute(how + guess, (institution,)).fetchall())

        for guess in _GUESSES:
            there, nowhere = (carried_out(guess, id) for id in (THERE, THERE.replace("eastern1", "eastern2")))
            assert there.replace("eastern1", "eastern2") == nowhere


def test_no_statistics_are_kept_of_what_names_a_person(place: Place) -> None:
    """The planner's estimates use them, and everybody may see those."""
    with looking_into(place.owners) as connection:
        connection.exec_driver_sql("ANALYZE")
        kept = connection.exec_driver_sql(
            "SELECT tablename || '.' || attname FROM pg_stats WHERE schemaname = 'public' AND attname IN"
            " ('email', 'key', 'given_name', 'family_name', 'student_id', 'found_by', 'account_key', 'address', 'sent_to', 'person')"
        )
        assert {*kept.scalars()} <= {"account.email", "challenge.email"}


def test_only_a_second_role_for_pages_is_warned_of(place: Place) -> None:
    server, names = everybodys.shelf.server, [f"{name}_{os.getpid()}" for name in ("first", "second")]
    database = server.fresh()
    try:
        warned = [psql(database, DOCS / "roles.sql", institution=HERE, role=name, access="pages") for name in names]
    finally:
        server.drop(database)
        for name in names:
            server.run(f'DROP ROLE IF EXISTS "{name}"')
    assert ["Another role has access=pages" in said for said in warned] == [False, True]


@pytest.mark.parametrize("access", ACCESS)
def test_who_does_not_own_the_tables_is_told_who_migrates(access: str, place: Place) -> None:
    server = everybodys.shelf.server
    database = server.fresh(None)
    try:
        with looking_into(database) as connection:
            migrate(connection, "", "0010")
        psql(database, DOCS / "roles.sql", institution=HERE, role=place.role(HERE, access), access=access)
        url = make_url(database).set(username=place.role(HERE, access)).render_as_string(hide_password=False)
        outcome = seatsync("ledger", "migrate", "--ledger", url, folder=place.folder)
    finally:
        server.drop(database)
    assert outcome.code == ExitCode.LEDGER, outcome
    assert "as the owner of its tables" in outcome.err


@pytest.mark.parametrize("access", ["read", "write"])
def test_accounts_cannot_be_listed_only_asked_for(access: str, place: Place) -> None:
    columns = ", ".join(tables.metadata.tables["account"].columns.keys())
    asked = [f"SELECT {column} FROM account" for column in columns.split(", ")]
    place.denied(HERE, access, *asked, "SELECT count(*) FROM account", "SELECT FROM account", "COPY account TO STDOUT")
    place.denied(HERE, access, *(f"SELECT * FROM {name}" for name in OF_ACCOUNTS))
    with place.as_role(HERE, access) as connection:
        ben, eve = email_hash("ben@grace.example"), email_hash("eve@grace.example")
        assert connection.execute("SELECT known_accounts(%s)", ([ben, eve],)).fetchall() == [(ben,)]
        for nothing in ([], [None], None):
            assert connection.execute("SELECT known_accounts(%s::bytea[])", (nothing,)).fetchall() == []


@pytest.mark.parametrize("access", ACCESS)
def test_a_table_of_the_role_s_own_is_not_taken_for_another(access: str, place: Place) -> None:
    with place.as_role(HERE, access) as connection:
        connection.execute("CREATE TEMP TABLE account (email_hash bytea)")
        connection.execute("INSERT INTO account VALUES ('forged')")
        connection.execute("SET search_path = pg_temp, public")
        assert connection.execute("SELECT known_accounts(ARRAY['forged'::bytea])").fetchall() == []


def test_who_has_no_role_of_the_ledger_s_asks_nothing(place: Place) -> None:
    stranger = f"stranger_{os.getpid()}"
    everybodys.shelf.server.run(f"CREATE ROLE {stranger} LOGIN")
    try:
        url = make_url(place.owners).set(username=stranger)
        with psycopg.connect(plain(url), autocommit=True) as connection:
            for name in (
                "known_accounts(NULL)",
                *(f"(SELECT count(*) FROM {name})" for name in tables.metadata.tables),
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(f"SELECT {name}")
    finally:
        everybodys.shelf.server.run(f"DROP ROLE {stranger}")


@pytest.mark.parametrize("access", ACCESS)
def test_no_way_around_the_policies_shows_more(access: str, place: Place) -> None:
    with looking_into(place.owners) as connection:
        connection.exec_driver_sql("ANALYZE member")
    with place.as_role(HERE, access) as connection:
        heard: list[str] = []
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        connection.execute(
            "CREATE FUNCTION pg_temp.tell(text) RETURNS bool COST 0.0000001 LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
        )
        connection.execute("SELECT FROM member WHERE pg_temp.tell(institution)")
        assert set(heard) == {HERE}
        assert connection.execute("SELECT FROM pg_stats WHERE tablename = 'member'").fetchall() == []
        connection.execute("SET row_security = off")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT count(*) FROM member")


# ── What they change ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("access", ACCESS)
def test_a_role_changes_nothing_of_another_institution(access: str, place: Place) -> None:
    before = _rows_of(place, THERE)
    with place.as_role(HERE, access) as connection:
        for name in OF_INSTITUTIONS:
            columns = [column.name for column in tables.metadata.tables[name].columns if column.name != "institution"]
            moved = ", ".join(f'"{column}"' for column in columns)
            for statement in (
                f"INSERT INTO {name} SELECT '{THERE}' {', ' + moved if moved else ''} FROM {name}",
                f"UPDATE {name} SET institution = '{THERE}'",
                f"UPDATE {name} SET institution = institution WHERE institution = '{THERE}'",
                f"DELETE FROM {name} WHERE institution = '{THERE}'",
                f"TRUNCATE {name}",
            ):
                _harmless(connection, statement)
    assert _rows_of(place, THERE) == before


def _harmless(connection: psycopg.Connection[Any], statement: str) -> None:
    """The statement is refused, or finds no row to change."""
    with suppress(errors.InsufficientPrivilege):
        assert connection.execute(statement).rowcount == 0, statement


def _rows_of(place: Place, institution: str) -> dict[str, list[Any]]:
    with looking_into(place.owners) as connection:
        return {
            name: sorted(
                map(tuple, connection.execute(table.select().where(table.c.institution == institution))), key=str
            )
            for name, table in tables.metadata.tables.items()
            if name in OF_INSTITUTIONS
        }


@pytest.mark.parametrize("access", ACCESS)
def test_a_role_makes_itself_no_more_than_it_is(access: str, place: Place) -> None:
    me, other = place.role(HERE, access), place.role(THERE, "write")
    owner = make_url(place.owners).username
    group = _group_of(place, THERE)
    place.denied(
        HERE,
        access,
        *(f'SET ROLE "{name}"' for name in (group, other, owner)),
        *(f'SET SESSION AUTHORIZATION "{name}"' for name in (other, owner)),
        *(f'GRANT "{name}" TO "{me}"' for name in (group, other, owner)),
        *(f'ALTER ROLE "{me}" {right}' for right in ("SUPERUSER", "BYPASSRLS", "CREATEROLE", "CONNECTION LIMIT -1")),
        *(f"ALTER ROLE \"{name}\" PASSWORD 'mine'" for name in (group, other, owner)),
        'CREATE ROLE "seatsync:new"',
        "ALTER TABLE member DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON member USING (true)",
        "DROP POLICY bound ON member",
        "CREATE TRIGGER mine BEFORE INSERT ON member FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE TABLE mine (a int)",
        "CREATE FUNCTION sha256(text) RETURNS bytea LANGUAGE sql AS 'SELECT NULL'",
        "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
        "CREATE SCHEMA mine",
        "ALTER FUNCTION known_accounts(bytea[]) RESET search_path",
        "CREATE OR REPLACE FUNCTION known_accounts(hashes bytea[]) RETURNS SETOF bytea LANGUAGE sql AS 'SELECT NULL'",
        "COPY member TO '/tmp/mine'",
        "SELECT pg_read_file('postgresql.conf')",
        "UPDATE alembic_version SET version_num = '9999'",
    )
    with place.as_role(HERE, access) as connection:
        shown = connection.execute(
            "SELECT query FROM pg_stat_activity WHERE usename <> current_user AND query LIKE '%member%'"
        )
        assert shown.fetchall() == []


def _group_of(place: Place, institution: str) -> str:
    with looking_into(place.owners) as connection:
        found = connection.exec_driver_sql(
            "SELECT g.rolname FROM pg_auth_members JOIN pg_roles g ON g.oid = roleid JOIN pg_roles m ON m.oid = member"
            f" WHERE m.rolname = '{place.role(institution, 'write')}'"
        )
        return str(found.scalar_one())


# ── The lock ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("access", ACCESS)
def test_a_role_takes_no_lock_that_another_institution_waits_for(access: str, place: Place) -> None:
    with place.as_role(HERE, access) as connection:
        connection.execute("BEGIN")
        for strength in ("UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE"):
            with _or_denied(connection):
                found = connection.execute(f"SELECT FROM writer WHERE institution = '{THERE}' FOR {strength}")
                assert found.rowcount == 0
        for statement in (
            f"INSERT INTO writer VALUES ('{THERE}') ON CONFLICT DO NOTHING",
            "SELECT FROM writer FOR UPDATE",
        ):
            with _or_denied(connection):
                connection.execute(statement)
        for key in range(-1000, 1000):
            connection.execute("SELECT pg_advisory_lock(%s)", (key,))
        assert place.run(THERE, "write", *CLAIM, "--now", "2999-01-01").code in (ExitCode.DONE, 4)
        assert place.run(THERE, "write", "ledger", "rebuild", "--lock-timeout", "0").code == ExitCode.DONE


@contextmanager
def _or_denied(connection: psycopg.Connection[Any]) -> Iterator[None]:
    with suppress(errors.InsufficientPrivilege), connection.transaction():
        yield


def test_who_may_only_read_does_not_keep_writers_waiting(place: Place) -> None:
    place.denied(HERE, "read", *(f"SELECT FROM writer FOR {how}" for how in ("UPDATE", "SHARE", "KEY SHARE")))


def test_nobody_is_taken_for_the_holder_of_a_lock_that_they_do_not_hold(place: Place) -> None:
    with place.as_role(HERE, "write") as connection:
        connection.execute("SET application_name = 'seatsync 20260901T000000Z a1a1a1a ruth@office'")
        connection.execute("BEGIN")
        connection.execute("SELECT FROM writer FOR UPDATE")
        connection.execute("SELECT pg_advisory_xact_lock(1)")
        assert "locked by    nobody" in place.run(THERE, "read", "ledger", "info").out
        assert "locked by    ruth on office" in place.run(HERE, "read", "ledger", "info").out
    assert "locked by    nobody" in place.run(HERE, "read", "ledger", "info").out


@pytest.mark.parametrize("access", ACCESS)
def test_what_a_role_may_lock_as_a_whole(access: str, place: Place) -> None:
    """A role with the right to delete rows can lock a table against readers: PostgreSQL can't forbid that. No other lock is allowed."""
    deletes = {"institution", "library", "admin", "member", "license", "outbox", "link", "holding"}
    may = {"read": set(), "write": deletes, "pages": deletes | {*OF_ACCOUNTS}}[access]
    locked = set()
    with place.as_role(HERE, access) as connection:
        for name in (*tables.metadata.tables, "alembic_version"):
            for mode in MODES:
                with _or_denied(connection):
                    connection.execute(f"LOCK TABLE {name} IN {mode} MODE")
                    locked |= {name} if mode != "ROW EXCLUSIVE" else set()
    assert locked == may


@pytest.mark.parametrize("command", [("plan",), ("status",), ("log",), CLAIM], ids=" ".join)
def test_nobody_waits_for_ever_for_a_table_that_somebody_has_locked(command: tuple[str, ...], place: Place) -> None:
    with place.as_role(HERE, "write") as connection:
        connection.execute("BEGIN")
        for name in ("institution", "member", "license", "library"):
            connection.execute(f"LOCK TABLE {name}")
        for access in ("read", "owner"):
            given = () if "--lock-timeout" in command else ("--lock-timeout", "0")
            outcome = place.run(THERE, access, *command, *given)
            assert outcome.code == ExitCode.LEDGER, outcome


@pytest.mark.parametrize("access", ACCESS)
def test_a_role_s_own_statements_and_locks_end(access: str, place: Place) -> None:
    with place.as_role(HERE, access) as connection:
        for setting in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            shown = connection.execute(f"SHOW {setting}").fetchone()
            assert shown not in (None, ("0",)), setting
        limit = connection.execute("SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user").fetchone()
        assert limit == (40,)


def test_of_who_is_stopped_it_is_told_why(place: Place) -> None:
    with closing(Ledger(place.url(HERE, "read"))) as ledger, ledger.reading() as connection:
        assert connection is not None
    me = place.role(HERE, "read")
    everybodys.shelf.server.run(f'ALTER ROLE "{me}" SET statement_timeout = 1')
    try:
        with looking_into(place.owners) as connection:
            connection.exec_driver_sql("LOCK TABLE member")
            outcome = place.run(HERE, "read", "plan")
    finally:
        everybodys.shelf.server.run(f"ALTER ROLE \"{me}\" SET statement_timeout = '10min'")
    assert outcome.code == ExitCode.LEDGER
    assert "longer than this role may take" in outcome.err


# ── An older ledger, whose roles are bound by a table ───────────────────────────────────────────────────────────────


ELDER = "elder"


@pytest.fixture
def elder(tmp_path: Path) -> Iterator[Place]:
    """A database at 0006; its owner may not create roles. Three roles are bound, one of which no longer exists."""
    server, owner = everybodys.shelf.server, f"owner_{os.getpid()}"
    url = server.fresh(template=None)
    place = Place(make_url(url).set(username=owner).render_as_string(hide_password=False), tmp_path)
    reads, writes = bound = [place.role(ELDER, access) for access in ("read", "write")]
    for role in (owner, *bound):
        server.run(f'CREATE ROLE "{role}" LOGIN')
    server.run(f'ALTER DATABASE "{make_url(url).database}" OWNER TO {owner}')
    with looking_into(place.owners) as connection:
        migrate(connection, "", "0006")
        for role in (*bound, "long gone"):
            connection.exec_driver_sql(f"INSERT INTO binding VALUES ('{ELDER}', '{role}')")
        for right in (
            *_AT_0006,
            f'SELECT (email_hash) ON account TO "{reads}"',
            f'SELECT (email_hash) ON account TO "{writes}"',
        ):
            connection.exec_driver_sql(f"GRANT {right.format(reads=reads, writes=writes)}")
    (tmp_path / ELDER).mkdir()
    (tmp_path / ELDER / "seatsync.yaml").write_text(CONFIG.format(ELDER), encoding="utf-8")
    (tmp_path / ELDER / "members.csv").write_text(MEMBERS, encoding="utf-8")
    yield place
    server.drop(url)
    for role in (*bound, f"seatsync:{ELDER}", owner):
        server.run(f'DROP ROLE IF EXISTS "{role}"')


_ALL = "alembic_version, binding, institution, library, admin, member, license, entry, event, outbox, link"
_AT_0006 = (
    f'SELECT ON {_ALL} TO "{{reads}}", "{{writes}}"',
    'INSERT, UPDATE, DELETE ON institution, library, admin, member, license, outbox, link TO "{writes}"',
    'INSERT ON entry, event TO "{writes}"',
    'SELECT, DELETE ON holding TO "{writes}"',
)
"""The rights that roles.sql granted then."""


def test_a_ledger_stays_as_it_was_while_its_owner_may_not_make_the_roles(elder: Place) -> None:
    outcome = elder.run(ELDER, "owner", "ledger", "migrate")
    assert outcome.code == ExitCode.LEDGER
    assert f'As a superuser: ALTER ROLE "{make_url(elder.owners).username}" CREATEROLE' in outcome.err
    with looking_into(elder.owners) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM binding").scalar() == 3
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0006"
    with elder.as_role(ELDER, "read") as connection:
        assert connection.execute("SELECT count(*) FROM member").fetchone() == (0,)


def test_who_was_bound_stays_bound_and_no_longer_reads_accounts(elder: Place) -> None:
    everybodys.shelf.server.run(f'ALTER ROLE "{make_url(elder.owners).username}" CREATEROLE')
    assert elder.run(ELDER, "owner", "ledger", "migrate").code == ExitCode.DONE
    for access, command in (
        ("write", ("apply", "--yes")),
        ("write", CLAIM),
        ("read", ("plan",)),
        ("read", ("verify",)),
    ):
        outcome = elder.run(ELDER, access, *command)
        assert outcome.code == ExitCode.DONE, outcome
    with looking_into(elder.owners) as connection:
        connection.exec_driver_sql("INSERT INTO admin VALUES ('other', 'eve', 'eve', 'Eve', 'Ode')")
    for access in ("read", "write"):
        elder.denied(ELDER, access, "SELECT email_hash FROM account")
        with elder.as_role(ELDER, access) as connection:
            assert connection.execute("SELECT DISTINCT institution FROM admin").fetchall() == [(ELDER,)]
            assert connection.execute("SELECT known_accounts(%s)", ([bytes(32)],)).fetchall() == []


def test_a_ledger_without_bound_roles_is_migrated_by_an_owner_who_may_make_none(elder: Place) -> None:
    with looking_into(elder.owners) as connection:
        connection.exec_driver_sql("DELETE FROM binding")
    assert elder.run(ELDER, "owner", "ledger", "migrate").code == ExitCode.DONE
    assert elder.run(ELDER, "owner", "apply", "--yes").code == ExitCode.DONE
