"""What somebody has planted in the database: triggers, views, rules, functions, other keys, replaced tables.

A SQLite file with triggers or views is not opened at all; ``verify`` names everything else that is extra, missing or different.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from seatsync.domain.failure import ExitCode
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.stores.migrate import migrate
from seatsync.ledger.stores.sqlite_shape import differences
from seatsync.ledger.tables import REVISIONS
from tests.support.command_line import seatsync
from tests.support.databases import contents, location, looking_into, opened
from tests.support.letters import ANN, applied, ran
from tests.support.letters import school as school

LEDGER = 6


# ── What would act when the ledger is used ──────────────────────────────────────────────────────────────────────────

ACTING = {
    "trigger fires": (
        "CREATE TRIGGER fires AFTER INSERT ON event BEGIN UPDATE license SET kind = 'permanent'; END",
        "trigger fires",
    ),
    "a view": ("CREATE VIEW report AS SELECT * FROM member", "view report"),
    "a view in place of a table": (
        "ALTER TABLE license RENAME TO held; CREATE VIEW license AS SELECT * FROM held",
        "view license",
    ),
    "a table that is a program": ("CREATE VIRTUAL TABLE notes USING fts5(words)", "table notes"),
    "a name that would write to the terminal": ('CREATE VIEW "x\x1b[31m" AS SELECT 1', "view x"),
}
COMMANDS = [
    *("plan", "status", "members", "log", "verify", "apply --yes", "import members.csv --yes", "outbox list"),
    *("ledger dump", "ledger rebuild", "ledger migrate", "ledger claim books ann@grace.example"),
]


@pytest.mark.sqlite_only("in PostgreSQL only the owner of a table can put a trigger on it")
@pytest.mark.parametrize("planted", ACTING)
def test_a_file_with_something_in_it_that_acts_is_neither_read_nor_written(planted: str, school: Path) -> None:
    applied(school, ANN)
    statements, named = ACTING[planted]
    with sqlite3.connect(location(school)) as file:
        file.executescript(statements)
    file.close()
    before = contents(school)
    for command in COMMANDS:
        outcome = seatsync(*command.split(), folder=school)
        assert outcome.code == LEDGER, (command, outcome)
        assert f"parts that seatsync did not create and that act when it is used: {named}" in outcome.err
        assert "\x1b" not in outcome.err
    assert contents(school) == before


@pytest.mark.sqlite_only("in PostgreSQL only the owner of a table can put a trigger on it")
def test_a_server_notices_what_is_planted_while_it_runs(school: Path) -> None:
    applied(school, ANN)
    ledger = Ledger(location(school), pool_size=2)
    with ledger.reading() as connection:
        assert connection is not None
    with sqlite3.connect(location(school)) as file:
        file.executescript(ACTING["trigger fires"][0])
    file.close()
    with pytest.raises(LedgerError, match="trigger fires"), ledger.reading():
        pass
    with pytest.raises(LedgerError, match="trigger fires"):
        ledger.write("grace", "x", "", lambda connection: None)
    ledger.close()


@pytest.mark.sqlite_only("it is about SQLite's own settings")
def test_a_schema_is_not_trusted_with_functions_that_do_more_than_compute(school: Path) -> None:
    applied(school, ANN)
    with Ledger(location(school)).reading() as connection:
        assert connection is not None
        assert connection.exec_driver_sql("PRAGMA trusted_schema").scalar() == 0
        assert connection.exec_driver_sql("PRAGMA cell_size_check").scalar() == 1
        assert not connection.exec_driver_sql("PRAGMA mmap_size").scalar()


# ── Differences in the schema ───────────────────────────────────────────────────────────────────────────────────────

OTHERWISE = {
    "CREATE TABLE mine (a INTEGER)": "mine, which seatsync did not create",
    "CREATE INDEX mine ON member (email)": "which seatsync did not create",
    "CREATE INDEX mine ON member (upper(email))": "which seatsync did not create",
    "DROP INDEX member_found_by": "is missing",
    "DROP INDEX member_email": "is missing",
    "DROP INDEX link_number;; CREATE INDEX link_number ON link (institution, number)": "differs from what seatsync creates",
    "ALTER TABLE member ADD COLUMN mine TEXT": "column member.mine",
    "ALTER TABLE member ADD COLUMN mine TEXT GENERATED ALWAYS AS (upper(email)) {}": "column member.mine",
    "DROP TABLE challenge": "table challenge",
}
IDENTITY = (
    "DROP TABLE identity;; CREATE TABLE identity (issuer VARCHAR(255) NOT NULL{}, subject VARCHAR(255){} NOT NULL,"
    " account VARCHAR(22) NOT NULL{}, PRIMARY KEY (issuer, subject){}){};; CREATE INDEX identity_account ON identity (account)"
)
WHOLE = " WITHOUT ROWID"
OF_SQLITE = {
    IDENTITY.format("", "", "", " ON CONFLICT REPLACE", WHOLE): "table identity differs from",
    IDENTITY.format("", "", " CHECK (account > '')", "", WHOLE): "table identity differs from",
    IDENTITY.format(" COLLATE NOCASE", "", "", "", WHOLE): "table identity differs from",
    IDENTITY.format("", "", " REFERENCES account (id) ON DELETE CASCADE", "", WHOLE): "table identity differs from",
    IDENTITY.format("", "", "", "", ""): "table identity differs from",
    IDENTITY.format("", " DEFAULT 'x'", "", "", WHOLE): "column identity.subject differs from",
    "DROP INDEX member_email;; CREATE UNIQUE INDEX member_email ON member (institution, key)": "index member_email differs from",
}
PLACED = {
    "between comments with half a quote": (
        "entry",
        "PRIMARY KEY",
        "/*\"*/ CHECK (kind NOT IN ('erase')), /*\"*/ PRIMARY KEY",
    ),
    "what is done instead": ("license", "member)", 'member) /*"*/ ON CONFLICT REPLACE /*"*/'),
    "behind a comment of a line": ("entry", "PRIMARY KEY", "--'\nCHECK (kind <> 'erase'), --'\nPRIMARY KEY"),
    "in brackets": ("entry", "PRIMARY KEY", "CONSTRAINT [\"] CHECK (kind <> 'erase'), CONSTRAINT [\"] PRIMARY KEY"),
    "in other quotes": ("entry", "PRIMARY KEY", "CONSTRAINT `'` CHECK (kind <> 'erase'), CONSTRAINT `'` PRIMARY KEY"),
    "in what is no blank to SQLite": ("member", "role TEXT", "role TEXT\u00a0COLLATE\u00a0NOCASE"),
    "nothing but a comment": ("entry", "PRIMARY KEY", "/* mine */ PRIMARY KEY"),
}
"""Tables, and a replacement in their definition that is made without SQLite's own statements."""

FUNCTION = "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
OF_POSTGRES = {
    f"{FUNCTION};; CREATE TRIGGER mine BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION mine()": "trigger mine of table event",
    FUNCTION: "function mine",
    "CREATE FUNCTION lower(character varying) RETURNS text LANGUAGE sql AS 'SELECT $1::text'": "function lower",
    "CREATE RULE mine AS ON INSERT TO license DO ALSO NOTHING": "rule mine of table license",
    "CREATE VIEW mine AS SELECT * FROM member": "the table or view mine",
    "ALTER TABLE license RENAME TO held;; CREATE VIEW license AS SELECT * FROM held": "the table or view license",
    "ALTER TABLE member DISABLE ROW LEVEL SECURITY": "row-level security of table member",
    "DROP POLICY bound ON member": "policy of member, bound is missing",
    "CREATE POLICY mine ON member USING (true)": "policy of member, mine",
    "ALTER POLICY bound ON member USING (true)": "policy of member, bound differs from",
    "CREATE TABLE mine () INHERITS (license)": "the table or view mine",
    "ALTER TABLE license ALTER COLUMN kind SET DEFAULT 'permanent'": "column license.kind differs from",
    "ALTER TABLE license ALTER COLUMN kind DROP NOT NULL": "column license.kind differs from",
    "ALTER TABLE license ALTER COLUMN kind TYPE text": "column license.kind differs from",
    "ALTER TABLE license ADD CHECK (kind <> '')": "constraint license_kind_check of table license",
    "ALTER TABLE session SET UNLOGGED": "table session differs from",
    "CREATE SCHEMA mine;; CREATE TABLE mine.license (LIKE license);; SET search_path = mine, public": "another table or view named license",
    "CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)": "operator ===",
}


def _verify_says(school: Path, statements: str, said: str) -> None:
    applied(school, ANN)
    ran(school, "verify")
    with opened(school) as connection:
        for statement in statements.split(";; "):
            if statement.startswith("SET search_path"):
                name = make_url(location(school)).database
                statement = statement.replace("SET", f'ALTER DATABASE "{name}" SET')
            connection.execute(text(statement))
    outcome = ran(school, "verify", code=ExitCode.BROKEN)
    assert said in outcome.err
    assert "Restore it from a backup" in outcome.err


@pytest.mark.parametrize("statements", OTHERWISE)
def test_verify_names_what_is_more_less_or_other_in_the_database(statements: str, school: Path, database: str) -> None:
    _verify_says(school, statements.format("STORED" if database == "postgres" else ""), OTHERWISE[statements])


@pytest.mark.sqlite_only("these are statements of SQLite")
@pytest.mark.parametrize("statements", OF_SQLITE)
def test_verify_names_what_is_other_in_a_file(statements: str, school: Path) -> None:
    _verify_says(school, statements, OF_SQLITE[statements])


@pytest.mark.sqlite_only("it is about SQLite's own texts")
@pytest.mark.parametrize("placed", PLACED)
def test_verify_reads_a_definition_to_its_last_letter(placed: str, school: Path) -> None:
    applied(school, ANN)
    table, ours, other = PLACED[placed]
    with sqlite3.connect(location(school)) as file:
        file.execute("PRAGMA writable_schema=ON")
        file.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ?", (ours, other, table))
    file.close()
    with sqlite3.connect(location(school)) as file:
        assert file.execute("SELECT count(*) FROM sqlite_master WHERE instr(sql, ?)", (other,)).fetchone() == (1,)
    file.close()
    assert f"table {table} differs from what seatsync creates" in ran(school, "verify", code=ExitCode.BROKEN).err


@pytest.mark.sqlite_only("it is about SQLite's own texts")
@pytest.mark.parametrize("version", [*REVISIONS, ""])
def test_a_file_is_as_it_should_be_whichever_version_it_was_made_at(version: str, tmp_path: Path) -> None:
    if version:
        with looking_into(str(tmp_path / "old.db")) as connection:
            migrate(connection, "", version)
    Ledger(str(tmp_path / "old.db")).migrate()
    with looking_into(str(tmp_path / "old.db")) as connection:
        assert [*differences(connection)] == []


@pytest.mark.postgres_only("these are statements of PostgreSQL")
@pytest.mark.parametrize("statements", OF_POSTGRES)
def test_verify_names_what_is_other_in_a_server(statements: str, school: Path) -> None:
    _verify_says(school, statements, OF_POSTGRES[statements])
