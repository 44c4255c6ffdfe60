"""``make test`` and ``make test-rest`` together run every test once, and what checks a commit runs both."""

from __future__ import annotations

import pytest

from tests.support import turns
from tests.support.paths import TESTS


def test_each_test_is_in_exactly_one_part(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    items = request.session.items
    left_out = []
    for part in ("turn", "rest"):
        monkeypatch.setattr(turns, "PART", part)
        left_out += turns.left_out(items)
    assert sorted(item.nodeid for item in left_out) == sorted(item.nodeid for item in items)


def test_what_is_about_databases_runs_on_both_of_them_every_time(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        room = item.path.parent.name
        if room in turns.ON_BOTH and f"{room}/{item.path.name}" not in turns.LONG:
            assert turns.has_turn(item)


@pytest.mark.parametrize("name", turns.LONG)
def test_files_that_take_turns_exist(name: str) -> None:
    assert (TESTS / name).is_file()


@pytest.mark.parametrize("check", [".github/workflows/test.yml", ".ci/run"])
def test_each_commit_is_checked_with_both_parts(check: str) -> None:
    steps = (TESTS.parent / check).read_text(encoding="utf-8")
    assert "make test" in steps.replace("make test-rest", "")
    assert "make test-rest" in steps
