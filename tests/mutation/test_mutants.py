"""Mutation testing itself: each mutant changes one thing, and no module, test or score is left out."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path

import pytest

from tests import night
from tests.mutation import rooms
from tests.mutation.mutants import mutants
from tests.mutation.plugins import Recorded
from tests.mutation.rooms import Score

SOURCE = '''\
"""What it is for."""
from functools import cache
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import sys
MOST = 3
class Reader:
    limit: int = 7
    @property
    def left(self) -> str | None:
        """In words."""
        if self.limit > MOST and not self.read:
            self.tell(f"it has {MOST} lines of text")
            return escape("a")
        assert MOST == 3
        return None
@cache
def slow(x, y=0):
    return sorted(z for z in x if z)
'''


def test_each_mutant_changes_one_node_and_can_be_run() -> None:
    made = list(mutants(SOURCE))
    before = Counter(ast.unparse(ast.parse(SOURCE)).splitlines())
    for mutant in made:
        compile(mutant.source, "mutant.py", "exec", dont_inherit=True)
        after = Counter(mutant.source.splitlines())
        assert (before - after).total() == (after - before).total() == 1, mutant
    assert len({mutant.source for mutant in made}) == len(made)


@pytest.mark.parametrize(
    ("line", "now", "scope"),
    [
        (6, "4", ""),
        (8, "8", "Reader."),
        (12, "self.limit >= MOST", "Reader.left"),
        (12, "self.limit > MOST or not self.read", "Reader.left"),
        (12, "self.read", "Reader.left"),
        (13, "pass", "Reader.left"),
        (14, "'a'", "Reader.left"),
        (14, "return None", "Reader.left"),
        (18, "1", ""),
        (19, "for z in x", ""),
    ],
)
def test_what_is_changed_and_which_function_it_belongs_to(line: int, now: str, scope: str) -> None:
    assert (line, now, scope) in {(mutant.line, mutant.now, mutant.scope) for mutant in mutants(SOURCE)}


def test_documentation_types_imports_asserts_and_sentences_are_left_alone() -> None:
    assert not {mutant.line for mutant in mutants(SOURCE)} & {1, 2, 3, 4, 5, 11, 15}
    assert [mutant.now for mutant in mutants(SOURCE) if mutant.line == 13].count("pass") == 1
    assert not [mutant for mutant in mutants(SOURCE) if "XX" in mutant.now and mutant.line == 13]


def test_every_module_is_in_one_room_and_every_file_of_tests_is_there() -> None:
    found = Counter(file for room in rooms.read() for file in room.files())
    modules = {path for path in rooms.CODE.rglob("*.py") if path.parent != rooms.CODE}
    assert set(found) == modules
    assert set(found.values()) == {1}
    for room in rooms.read():
        assert [name for name in room.tests if not (rooms.ROOT / name).is_file()] == []


def test_the_parts_of_a_night_are_whole() -> None:
    for room in rooms.read():
        mine = [part["part"] for part in rooms.parts() if part["room"] == room.name]
        assert mine == [f"{k}/{len(mine)}" for k in range(1, len(mine) + 1)]
    assert {"tests/faults/test_fuzz.py", "tests/plans/test_fast_path.py"} <= {*night.long_forms()}


def test_a_mutant_meets_the_tests_that_run_its_function_the_quickest_first() -> None:
    def record(seconds: float, *ran: tuple[str, str], starts: bool = False) -> dict[str, object]:
        return {"seconds": seconds, "ran": [*ran], "starts": starts}

    tests = Recorded(
        {
            "slow": record(2, ("a.py", "f"), ("a.py", "Kind.g")),
            "quick": record(1, ("a.py", "f")),
            "endless": record(900, ("a.py", "f")),
            "on[postgres]": record(0.1, ("a.py", "f")),
            "other": record(0.5, ("b.py", "h")),
            "process": record(3, starts=True),
        }
    )
    assert tests.of("a.py", "f") == ["quick", "slow"]
    assert tests.of("a.py", "Kind.g") == ["slow"]
    assert tests.of("a.py", "")[:2] == tests.of("a.py", "Kind.")[:2] == ["quick", "slow"]
    assert tests.of("a.py", "nobody_runs") == ["process"]
    assert tests.of("c.py", "")[0] == "other"


def test_parts_are_added_up_and_rows_of_other_rooms_stay(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    old = Score("ledger", 9, 0, 1).row("2026-09-01")
    page.write_text(f"above\n{rooms.BEGIN}{rooms.HEAD}{old}\n{rooms.END}\nbelow\n")
    for k, survived in enumerate((1, 3)):
        (tmp_path / f"{k}.json").write_text(
            f'{{"room": "refusals", "killed": 47, "too_long": 1, "survived": {survived}}}'
        )
    rooms.score(page, [tmp_path / "0.json", tmp_path / "1.json"])
    text = page.read_text()
    assert "| refusals | 100 | 94 | 2 | 4 | 96.0 % |" in text
    assert text.index("refusals") < text.index(old)
    assert text.startswith("above\n")
    assert text.endswith(f"{rooms.END}\nbelow\n")


def test_a_room_under_its_least_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "read", lambda: [rooms.Room("refusals", ["refusals"], [], 1, 95.5)])
    page, figures = tmp_path / "page.md", tmp_path / "one.json"
    page.write_text(f"{rooms.BEGIN}{rooms.HEAD}{rooms.END}")
    for survived, code in ((46, 1), (45, 0)):
        figure = {"room": "refusals", "killed": 1_000 - survived, "too_long": 0, "survived": survived}
        figures.write_text(json.dumps(figure))
        assert rooms.score(page, [figures]) == code
