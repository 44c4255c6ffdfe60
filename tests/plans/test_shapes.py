"""Shapes of change (``benchmarks/shapes.py``): the part plan gives the plan of all members, and gives up early where it must."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy.event
from sqlalchemy import Connection, Engine

from seatsync.formats.plan_document import to_document, to_text
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries.lookup import members_as_text, numbers_of
from seatsync.ledger.read import read_snapshot
from seatsync.planning.plan import Plan
from seatsync.plans import differing
from seatsync.plans.partial import partial_plan
from seatsync.plans.since import since_apply
from seatsync.plans.whole import whole_plan
from seatsync.sources.institution_folder import InstitutionFolder
from tests.support.command_line import seatsync
from tests.support.databases import location

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
NOW = datetime(2099, 1, 1, tzinfo=UTC)
MEMBERS = 80
FROM_ALL = {
    "half changed, at the end",
    "one tag more for everybody",
    "another e-mail for everybody",
    "every cell quoted, 10 changed",
    "every second row quoted, 10 changed",
    "no column of student ids, 10 changed",
    "YAML, the given names quoted, 10 changed",
}
"""Shapes where too much differs for a plan from a part of the members."""


@pytest.fixture(scope="module")
def shapes() -> Iterator[ModuleType]:
    """The module of the benchmark, which imports its neighbours by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield import_module("shapes")


@pytest.mark.parametrize("form", ["CSV", "CSV, everybody with a tag of their own", "two CSV", "YAML"])
def test_every_shape_of_change_gives_the_plan_of_all_members(
    form: str, shapes: ModuleType, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differing, "FEW", 0)
    begun(shapes, form, tmp_path)
    for shape in (shape for shape in shapes.SHAPES if shape.form == form):
        shapes.change(tmp_path, shape, MEMBERS)
        with Ledger(location(tmp_path)).reading() as connection:
            assert connection is not None
            short = short_plan(tmp_path, connection)
            assert (short is None) == (shape.name in FROM_ALL), shape.name
            if short is not None:
                long = whole_plan(InstitutionFolder.open(tmp_path), connection, NOW).plan
                assert written(short) == written(long), shape.name


def test_where_too_much_differs_a_sample_of_members_is_enough_to_give_up(
    shapes: ModuleType, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(*args: Any) -> Iterator[Any]:
        for rows in members_as_text(*args):
            read.append(len(rows))
            yield rows

    monkeypatch.setattr(differing, "FEW", 0)
    monkeypatch.setattr(differing, "SAMPLED", 20)
    monkeypatch.setattr(differing, "members_as_text", counted)
    begun(shapes, "CSV", tmp_path)
    for shape in (shape for shape in shapes.SHAPES if shape.form == "CSV" and shape.name in FROM_ALL):
        shapes.change(tmp_path, shape, MEMBERS)
        read.clear()
        with Ledger(location(tmp_path)).reading() as connection:
            assert connection is not None
            assert short_plan(tmp_path, connection) is None
        assert 10 < sum(read) <= 20, shape.name


def test_members_are_compared_in_all_spellings_of_their_tags(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch, shapes: ModuleType
) -> None:
    monkeypatch.setattr(differing, "FEW", 0)
    monkeypatch.setattr("seatsync.plans.plain_roster.MOST_SPELLINGS", 2)
    begun(shapes, "CSV", tmp_path)
    for spellings, is_short in ((1, True), (2, True), (4, False)):

        def spelled(position: int, tags: list[str], spellings: int = spellings) -> list[str]:
            return [*tags, *tags[:1] * (position // 4 % spellings)]  # a tag that is written again changes nothing

        shapes.one_csv(tmp_path, shapes.with_tags(spelled, shapes.rows_of(shapes.FORMS["CSV"], MEMBERS)))
        with Ledger(location(tmp_path)).reading() as connection:
            assert connection is not None
            assert (short_plan(tmp_path, connection) is not None) == is_short


def test_a_long_list_of_numbers_or_names_is_one_parameter_of_one_statement(
    shapes: ModuleType, tmp_path: Path, database: str
) -> None:
    begun(shapes, "CSV", tmp_path)
    asked: list[Any] = []
    listen = (Engine, "before_cursor_execute", lambda *args: asked.append(args[3]))
    with Ledger(location(tmp_path)).reading() as connection:
        assert connection is not None
        sqlalchemy.event.listen(*listen)
        try:
            for many in (1, 70_000):
                names = {*(f"{position}@campus.example" for position in range(many)), shapes.member(1)[0]}
                assert len(read_snapshot(connection, "campus", range(many)).members) == min(many - 1, MEMBERS)
                assert numbers_of(connection, "campus", names, names) == {2: True}
        finally:
            sqlalchemy.event.remove(*listen)
    half = len(asked) // 2
    assert [*map(len, asked[:half])] == [*map(len, asked[half:])]


def begun(shapes: ModuleType, form: str, place: Path) -> None:
    shapes.begin(place, shapes.FORMS[form], MEMBERS)
    assert seatsync("apply", "--yes", "--quiet", "--now", "2099-01-01", folder=place).code == 0


def short_plan(place: Path, connection: Connection) -> Plan | None:
    since = since_apply(connection, "campus", NOW)
    assert since is not None
    return partial_plan(InstitutionFolder.open(place), connection, since, NOW)


def written(plan: Plan | None) -> str:
    assert plan is not None
    return "".join(to_text([to_document(plan)], False))
