"""Files from a live source: replaced together or not at all, and the same answer gives the same bytes."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from random import Random
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.fetching.writing import Table, write

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
ROWS = st.lists(st.tuples(CELL, CELL), max_size=8, unique_by=lambda row: row[0])


def table(rows: list[tuple[str, str]]) -> Table:
    return Table(("id", "name"), rows, ("id",))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_an_answer_changes_no_byte(rows: list[tuple[str, str]], chance: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        assert [one.new for one in write({path: table(rows)})] == [len(rows)]
        with path.open(encoding="utf-8", newline="") as file:
            _, *read = csv.reader(file)
        assert sorted(map(tuple, read)) == sorted(rows)
        chance.shuffle(rows)
        assert write({path: table(rows)}) == []


@given(ROWS, ROWS)
def test_new_gone_and_changed_rows_are_counted(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        write({path: table(old)})
        was, now = dict(old), dict(new)
        found = [(one.new, one.gone, one.changed) for one in write({path: table(new)})]
        changed = sum(was[id] != now[id] for id in was.keys() & now.keys())
        expected = (len(now.keys() - was.keys()), len(was.keys() - now.keys()), changed)
        assert found == ([expected] if was != now else [])


def test_if_one_file_cannot_be_replaced_all_are_as_before(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.csv" for name in "abc"]
    write({path: table([("1", "Ann")]) for path in paths[:2]})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target == paths[2]:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with mock.patch.object(Path, "replace", full), pytest.raises(OSError, match="No space") as failed:
        write({path: table([("2", "Bea")]) for path in paths})
    assert failed.value.filename == str(paths[2])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_new_column_alone_makes_nobody_new(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    write({path: table([("1", "Ann"), ("2", "Bea")])})
    wider = Table(("id", "name", "role"), [("1", "Ann", "a"), ("2", "Bea", "b")], ("id",))
    assert [str(one) for one in write({path: wider})] == ["the same rows, written otherwise"]
