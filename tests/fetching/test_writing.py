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

from seatsync.domain.failure import Failure
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


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_if_one_file_cannot_be_replaced_all_are_as_before(tmp_path: Path, failure: BaseException) -> None:
    paths = [tmp_path / f"{name}.csv" for name in "abc"]
    write({path: table([("1", "Ann")]) for path in paths[:2]})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target == paths[2]:
            raise failure
        return replace(self, target)

    with mock.patch.object(Path, "replace", full), pytest.raises(type(failure)) as failed:
        write({path: table([("2", "Bea")]) for path in paths})
    assert getattr(failed.value, "filename", str(paths[2])) == str(paths[2])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_who_may_read_a_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    write({path: table([("1", "Ann")])})
    path.chmod(0o640)
    write({path: table([("2", "Bea")])})
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_is_replaced_and_not_followed_and_a_device_is_not_read(tmp_path: Path) -> None:
    elsewhere, path = tmp_path / "elsewhere.csv", tmp_path / "people.csv"
    write({elsewhere: table([("1", "Ann")])})
    before = elsewhere.read_bytes()
    path.symlink_to(elsewhere)
    write({path: table([("2", "Bea")])})
    assert (elsewhere.read_bytes(), path.is_symlink()) == (before, False)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(Failure, match="is not an ordinary file"):
        write({path: table([("2", "Bea")])})


def test_a_new_column_alone_makes_nobody_new(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    write({path: table([("1", "Ann"), ("2", "Bea")])})
    wider = Table(("id", "name", "role"), [("1", "Ann", "a"), ("2", "Bea", "b")], ("id",))
    assert [str(one) for one in write({path: wider})] == ["the same rows, written otherwise"]
