"""Plugins for pytest: one records which tests run which functions, one runs chosen tests in a given order."""

from __future__ import annotations

import json
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

_ALWAYS = "while tests are collected"


class Recorder:
    """Records for each passing test: its seconds, the functions of ``code`` that it ran, and whether it started Python.

    Functions that a module or session fixture ran count for every test that uses the fixture.
    """

    def __init__(self, code: Path, report: Path) -> None:
        self.code = str(code)
        self.report = report
        self.running: set[tuple[str, str]] = set()
        self.of_fixtures: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.tests: dict[str, dict[str, Any]] = {}
        self.failed: list[str] = []
        self.starts = False

    def pytest_sessionstart(self) -> None:
        sys.addaudithook(self._audit)
        sys.setprofile(self._called)
        threading.setprofile(self._called)

    def _called(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(self.code):
            function = frame.f_code.co_qualname.partition(".<locals>")[0]  # type: ignore[attr-defined,unused-ignore]
            self.running.add((frame.f_code.co_filename[len(self.code) + 1 :], function))

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "subprocess.Popen":
            self.starts |= any(name in str(arguments[:2]) for name in ("python", "seatsync"))

    def pytest_collection_finish(self) -> None:
        self.tests[_ALWAYS] = self._record(0.0, set())

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        before, self.running = self.running, set()
        try:
            return (yield)
        finally:
            self.of_fixtures[fixturedef.argname] |= self.running
            self.running |= before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.running, self.starts = set(), False
        self.seconds, self.passed, self.failing = 0.0, True, False
        result = yield
        if self.passed:
            shared = [self.of_fixtures[name] for name in getattr(item, "fixturenames", ()) if name in self.of_fixtures]
            self.tests[item.nodeid] = self._record(self.seconds, set().union(*shared))
        elif self.failing:
            self.failed.append(item.nodeid)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds += report.duration
        self.passed = self.passed and report.passed
        self.failing = self.failing or report.failed

    def _record(self, seconds: float, shared: set[tuple[str, str]]) -> dict[str, Any]:
        return {"seconds": seconds, "ran": sorted(self.running | shared), "starts": self.starts}

    def pytest_sessionfinish(self) -> None:
        sys.setprofile(None)
        threading.setprofile(None)
        self.report.write_text(json.dumps({"tests": self.tests, "failed": self.failed}))


class Chosen:
    """Runs only these tests, in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {test: position for position, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.order), key=lambda item: self.order[item.nodeid]
        )


class Recorded:
    """A recording, which finds the tests for a mutant."""

    MOST_SECONDS = 120.0

    def __init__(self, recorded: dict[str, dict[str, Any]]) -> None:
        self.seconds: dict[str, float] = {test: record["seconds"] for test, record in recorded.items()}
        self.starting = {test for test, record in recorded.items() if record["starts"]} - {_ALWAYS}
        self.by_function: dict[tuple[str, str], set[str]] = defaultdict(set)
        for test, record in recorded.items():
            for file, function in record["ran"]:
                self.by_function[file, function].add(test)

    def took(self, tests: Sequence[str]) -> float:
        """Return how many seconds these tests took together."""
        return sum(self.seconds[test] for test in tests)

    def quickest(self, tests: Iterable[str] | None = None) -> list[str]:
        """Return these tests, or all tests, quickest first, with SQLite before PostgreSQL."""
        chosen = self.seconds.keys() - {_ALWAYS} if tests is None else tests
        return sorted(chosen, key=lambda test: ("[postgres" in test, self.seconds[test], test))

    def of(self, file: str, scope: str) -> list[str]:
        """Return as many tests of the function ``scope`` as the time allows, quickest first, with SQLite before PostgreSQL.

        Code that runs at import or collection runs for all tests: return the tests that run anything of the file, else all.
        Code that no test runs may run in a process that a test starts: return the tests that start one.
        """
        found = self.by_function.get((file, scope), set())
        if not scope or scope.endswith(".") or _ALWAYS in found:
            found = set().union(*(tests for (of, _), tests in self.by_function.items() if of == file)) - {_ALWAYS}
            found = found or self.seconds.keys() - {_ALWAYS}
        left, chosen = self.MOST_SECONDS, list[str]()
        for test in self.quickest(found or self.starting):
            left -= self.seconds[test]
            if left < 0 and chosen:
                break
            chosen.append(test)
        return chosen
