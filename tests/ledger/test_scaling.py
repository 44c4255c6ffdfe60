"""The schema is distributed by institution: by PostgreSQL's own planner, no statement touches more than one part."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url

from seatsync.ledger.database import Ledger
from seatsync.ledger.stores.migrate import migrate
from seatsync.ledger.tables import metadata
from tests.ledger.test_ledger import OF_INSTITUTIONS
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import ledgers, looking_into, plain, psql, stored_at
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
PARTS = 4
SPREAD = [table.name for table in OF_INSTITUTIONS if table.name != "writer"]
CONFIG = """\
version: 1
institution: {id: grace, name: Grace, opt_out: true, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}, sub: {title: S, system: logos-subscription, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, to: {any_tags: [old]}, kind: permanent}, {library: sub, to: {everyone: true}}]
"""
MEMBERS = "email,given_name,family_name,tags\nann@grace.example,Ann,Lee,old\nben@grace.example,Ben,Ode,\ncy@grace.example,Cy,Roe,\n"


on_a_cluster = pytest.mark.skipif(
    "SEATSYNC_TEST_CITUS" not in os.environ,
    reason="SEATSYNC_TEST_CITUS names no Citus cluster: the URL of a database on its coordinator that has the extension",
)


@pytest.fixture
def spread() -> Iterator[str]:
    """A ledger with tables partitioned by docs/partition.sql, as an operator does it."""
    server = ledgers.shelf.server
    url = server.fresh()
    psql(url, DOCS / "partition.sql", parts=str(PARTS))
    yield url
    server.drop(url)


@pytest.fixture
def cluster() -> Iterator[str]:
    """A ledger with tables distributed over a cluster by docs/citus.sql, in its own schema."""
    url, schema = make_url(os.environ["SEATSYNC_TEST_CITUS"]), f"seatsync_{os.getpid()}"
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        here = url.update_query_dict({"options": f"-csearch_path={schema}"}).set(drivername="postgresql+psycopg")
        ledger = here.render_as_string(hide_password=False)
        try:
            Ledger(ledger).migrate()
            psql(ledger, DOCS / "citus.sql")
            yield ledger
        finally:
            connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))


def test_every_statement_of_a_whole_life_touches_one_part(spread: str, tmp_path: Path) -> None:
    with _statements() as seen:
        _live(spread, tmp_path, "grace")
    assert len(seen) > 40
    with psycopg.connect(plain(spread)) as connection:
        for statement, parameters in seen:
            parts = _parts(connection, statement, parameters)
            assert len(parts) <= 1, f"{statement} touches the parts {sorted(parts)}"


def test_an_id_changes_across_the_parts(spread: str, tmp_path: Path) -> None:
    _live(spread, tmp_path, "grace")
    rows = {name: len(found) for name, found in stored_at(spread, *SPREAD).items()}
    config = CONFIG.replace("{id: grace,", "{id: college, was: grace,")
    (tmp_path / "seatsync.yaml").write_text(config, encoding="utf-8")
    for command in (("apply", "--yes"), ("verify",), ("plan", "--detailed-exitcode")):
        outcome = seatsync(*command, "--ledger", spread, folder=tmp_path)
        assert outcome.code == 0, outcome
    now = stored_at(spread, *SPREAD)
    assert {row["institution"] for found in now.values() for row in found} == {"college"}
    assert {name: len(found) for name, found in now.items()} == {
        **rows,
        "entry": rows["entry"] + 1,
        "event": rows["event"] + 1,
    }


def _live(ledger: str, folder: Path, institution: str) -> None:
    """Everything that can happen to an institution."""
    (folder / "seatsync.yaml").write_text(CONFIG.replace("id: grace", f"id: {institution}"), encoding="utf-8")
    (folder / "members.csv").write_text(MEMBERS, encoding="utf-8")

    def run(*args: str) -> Outcome:
        outcome = seatsync(*args, "--ledger", ledger, folder=folder)
        assert outcome.code == 0, outcome.err
        return outcome

    run("apply", "--yes")
    run("ledger", "claim", "books", "ann@grace.example")
    run("ledger", "opt-out", "sub", "cy@grace.example")
    run("resend", "--library", "sub", "--yes")
    (folder / "members.csv").write_text(MEMBERS.replace("Ben,Ode", "Benny,Ode").rsplit("cy@", 1)[0], encoding="utf-8")
    run("apply", "--yes")
    run("ledger", "erase", "cy@grace.example", "--yes")
    run("ledger", "prune", "--letters-before", "2999-01-01", "--yes")
    for command in (
        "plan",
        "status",
        "members",
        "licenses",
        "export",
        "log",
        "verify",
        "ledger rebuild",
        "ledger dump",
    ):
        run(*command.split())
    run("log", "--member", "ann@grace.example", "--library", "books")
    run("why", "ann@grace.example")
    run("licenses", "--as-of", "2999-01-01")


@pytest.mark.parametrize("where", ["spread", pytest.param("cluster", marks=on_a_cluster)])
def test_roles_are_bound_where_the_tables_are_spread(
    where: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    ledger = request.getfixturevalue(where)
    role = f"bound_{where}_{os.getpid()}"
    try:
        for id in ("grace", "hope"):
            _live(ledger, tmp_path, id)
        psql(ledger, DOCS / "roles.sql", institution="hope", role=role, access="write")
        as_role = make_url(ledger).set(username=role).render_as_string(hide_password=False)
        outcome = seatsync("apply", "--yes", "--ledger", as_role, folder=tmp_path)
        assert outcome.code == 0, outcome.err
        with psycopg.connect(plain(as_role), autocommit=True) as connection:
            for name in SPREAD:
                seen = connection.execute(
                    SQL("SELECT DISTINCT institution FROM {}").format(Identifier(name))
                ).fetchall()
                assert seen in ([("hope",)], []), name
                if name not in ("entry", "event", "holding"):
                    theirs = SQL("DELETE FROM {} WHERE institution = 'grace'").format(Identifier(name))
                    assert connection.execute(theirs).rowcount == 0
    finally:
        with psycopg.connect(plain(ledger), autocommit=True) as own:
            own.execute(SQL("DROP OWNED BY {}").format(Identifier(role)))
            own.execute(SQL("DROP ROLE {}").format(Identifier(role)))


@on_a_cluster
def test_who_comes_second_on_a_cluster_is_told_who_writes(cluster: str, tmp_path: Path) -> None:
    _live(cluster, tmp_path, "grace")

    def step(connection: Connection) -> None:
        outcome = seatsync("resend", "--yes", "--lock-timeout", "0", "--ledger", cluster, folder=tmp_path)
        assert outcome.code == 6, outcome
        assert "is locked by ruth on " in outcome.err

    Ledger(cluster).write("grace", "ruth", "", step)


@on_a_cluster
def test_an_old_ledger_on_a_cluster_is_migrated(cluster: str, tmp_path: Path) -> None:
    with psycopg.connect(plain(cluster), autocommit=True) as own:
        for name in ("alembic_version", *map(str, metadata.tables)):
            own.execute(SQL("DROP TABLE {} CASCADE").format(Identifier(name)))
        own.execute("DROP FUNCTION bound_institutions, known_accounts")
    with looking_into(cluster) as connection:
        migrate(connection, "", "0009")
    psql(cluster, DOCS / "citus.sql")
    with psycopg.connect(plain(cluster), autocommit=True) as own:
        own.execute("INSERT INTO institution VALUES ('hope', 1, '', 'Hope', false, '[]', '{}', '2026-01-01')")
    outcome = seatsync("ledger", "migrate", "--ledger", cluster, folder=tmp_path)
    assert outcome.code == 0, outcome.err
    _live(cluster, tmp_path, "grace")


def test_what_is_spread_is_every_table_but_the_roles() -> None:
    scripts = [(DOCS / name).read_text(encoding="utf-8") for name in ("partition.sql", "split_part.sql", "citus.sql")]
    assert [name for name in SPREAD for script in scripts if f"'{name}'" not in script] == []


def test_parts_keep_no_statistics_of_what_names_a_person(spread: str) -> None:
    whole = ledgers.shelf.server.fresh()
    columns = SQL(
        "SELECT DISTINCT regexp_replace(relname, '_[0-9]+$', ''), attname, attstattarget = 0 FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid WHERE attnum > 0 AND relkind IN ('r', 'p')"
        " AND relnamespace = 'public'::regnamespace ORDER BY 1, 2, 3"
    )
    with psycopg.connect(plain(whole)) as one, psycopg.connect(plain(spread)) as parts:
        assert parts.execute(columns).fetchall() == one.execute(columns).fetchall()
    ledgers.shelf.server.drop(whole)


def test_a_part_that_is_too_large_is_split(spread: str, tmp_path: Path) -> None:
    names = ("grace", "hope", "trinity", "bethel")
    for id in names:
        _live(spread, tmp_path, id)
    before = stored_at(spread, *SPREAD)
    with psycopg.connect(plain(spread), autocommit=True) as own:
        place = "SELECT right(tableoid::regclass::text, 1) FROM member WHERE institution = 'grace'"
        ((part,), *_) = own.execute(place).fetchall()
        psql(spread, DOCS / "split_part.sql", part=part)
        parts = own.execute("SELECT relid::regclass::text FROM pg_partition_tree('member') WHERE isleaf").fetchall()
    assert stored_at(spread, *SPREAD) == before
    assert {*parts} == {(f"member_{number}",) for number in (*range(PARTS), int(part) + PARTS)}
    test_parts_keep_no_statistics_of_what_names_a_person(spread)
    for id in names:
        (tmp_path / "seatsync.yaml").write_text(CONFIG.replace("id: grace", f"id: {id}"), encoding="utf-8")
        for command in ("apply --yes", "verify"):
            outcome = seatsync(*command.split(), "--ledger", spread, folder=tmp_path)
            assert outcome.code == 0, outcome.err


@contextmanager
def _statements() -> Iterator[list[tuple[str, Any]]]:
    """The statements sent to the distributed tables, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, is_many: bool) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT)\b", statement) and _named(statement):
            seen.append((statement, parameters[0] if is_many else parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _named(statement: str) -> bool:
    return re.search(rf"\b(FROM|INTO|UPDATE|JOIN) \"?({'|'.join(SPREAD)})\b", statement) is not None


def _parts(connection: psycopg.Connection[Any], statement: str, parameters: Sequence[Any]) -> set[str]:
    """The numbers of the parts that the planner would read."""
    plan = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchone()
    names = re.findall(r'"Relation Name": "(\w+)_(\d+)"', json.dumps(plan))
    return {part for name, part in names if name in SPREAD}
