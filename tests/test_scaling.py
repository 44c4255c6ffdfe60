"""The schema spreads by institution: PostgreSQL's own planner says that no statement touches more than one part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from tests.command_line import Outcome, seatsync
from tests.databases import ledgers, plain, psql
from tests.test_ledger import OF_INSTITUTIONS

DOCS = Path(__file__).parents[1] / "docs"
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


@pytest.fixture
def spread() -> Iterator[str]:
    """A ledger whose tables are spread by docs/partition.sql, as an operator does it."""
    server = ledgers.shelf.server
    url = server.fresh()
    psql(url, DOCS / "partition.sql", parts=str(PARTS))
    yield url
    server.drop(url)


def test_every_statement_of_a_whole_life_touches_one_part(spread: str, tmp_path: Path) -> None:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")

    def run(*args: str) -> Outcome:
        outcome = seatsync(*args, "--ledger", spread, folder=tmp_path)
        assert outcome.code == 0, outcome.err
        return outcome

    with _statements() as seen:
        run("apply", "--yes")
        run("ledger", "claim", "books", "ann@grace.example")
        run("ledger", "opt-out", "sub", "cy@grace.example")
        run("resend", "--library", "sub", "--yes")
        (tmp_path / "members.csv").write_text(
            MEMBERS.replace("Ben,Ode", "Benny,Ode").rsplit("cy@", 1)[0], encoding="utf-8"
        )
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
    assert len(seen) > 40
    with psycopg.connect(plain(spread)) as connection:
        for statement, parameters in seen:
            parts = _parts(connection, statement, parameters)
            assert len(parts) <= 1, f"{statement} touches the parts {sorted(parts)}"


def test_what_is_spread_is_every_table_but_the_roles() -> None:
    scripts = [(DOCS / name).read_text(encoding="utf-8") for name in ("partition.sql", "citus.sql")]
    assert [name for name in SPREAD for script in scripts if f"'{name}'" not in script] == []


@contextmanager
def _statements() -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the tables that are spread, with its parameters."""
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
    """The numbers of the parts that the planner would look into."""
    plan = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchone()
    names = re.findall(r'"Relation Name": "(\w+)_(\d+)"', json.dumps(plan))
    return {part for name, part in names if name in SPREAD}
