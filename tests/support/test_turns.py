"""``make test`` and ``make test-rest`` together run every test once, and a pull request runs both."""

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


def test_the_checks_of_three_commits_run_every_test(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = request.session.items
    ran = set()
    for commit in (0, 1, 2):
        monkeypatch.setattr(turns, "part_of_this_commit", lambda parts, commit=commit: commit % parts)
        for part in ("turn", "third"):
            monkeypatch.setattr(turns, "PART", part)
            ran |= {*items} - {*turns.left_out(items)}
    assert ran == {*items}


@pytest.mark.parametrize("name", turns.LONG)
def test_files_that_take_turns_exist(name: str) -> None:
    assert (TESTS / name).is_file()


def test_a_pull_request_runs_both_parts() -> None:
    steps = (TESTS.parent / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert "make test PYTHON" in steps
    assert "make test-rest PYTHON" in steps


def test_the_check_of_each_commit_runs_a_third_of_the_rest() -> None:
    steps = (TESTS.parent / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test\n" in steps
    assert "make test-rest REST=third\n" in steps
