"""Mutation testing of one room, or of some lines: python -m tests.mutation.run (--room ROOM [--part K/N] | --at FILE:LINE …).

Each mutant is written to a copy of the program, and one of the tests that run its function must fail. `rooms.toml` names the test
files of each room; a first run records which test runs which function. Prints the mutants that survived, and writes
``build/mutants/ROOM-K-N.json``. Exits with 1 if the score is under the room's least, or nothing was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from compileall import compile_dir
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutation import rooms
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.plugins import Chosen, Recorded, Recorder

BUILD = rooms.ROOT / "build" / "mutants"
KILLED, SURVIVED, TOO_LONG, NOT_RUN = "killed", "survived", "too long", "not run"
_HEAVY = ("alembic", "click", "flask", "jinja2", "jsonschema", "pydantic", "sqlalchemy", "yaml")
"""Imported once, before each mutant gets its own process. None of them imports the program or is a plugin of pytest."""


class Copy(NamedTuple):
    """A copy of the program, used by one process at a time."""

    folder: Path

    @property
    def code(self) -> Path:
        return self.folder / "src" / "seatsync"

    def start(self, plugin: object, arguments: Sequence[str]) -> int:
        """Start pytest in a new process that imports seatsync from this copy; return the process id."""
        child = os.fork()
        if child == 0:
            self._be_pytest(plugin, arguments)
        return child

    def _be_pytest(self, plugin: object, arguments: Sequence[str]) -> None:
        code = 70
        try:
            os.setpgid(0, 0)
            log = os.open(self.folder / "log", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.environ |= {
                "PYTHONPATH": str(self.folder / "src"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "HYPOTHESIS_STORAGE_DIRECTORY": str(self.folder / "hypothesis"),
            }
            sys.dont_write_bytecode = True  # nothing of a mutant may remain
            sys.path.insert(0, str(self.folder / "src"))
            options = ["-n", "0", "-p", "no:cacheprovider", "--hypothesis-seed=0", f"--basetemp={self.folder / 't'}"]
            code = int(pytest.main([*options, *arguments], plugins=[plugin]))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


class Trial(NamedTuple):
    """A mutant whose tests are running."""

    copy: Copy
    file: str
    mutant: Mutant
    original: str
    process: int
    end: float

    def is_over(self) -> bool:
        ended = os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        return ended is not None or time.monotonic() > self.end

    def outcome(self) -> str:
        """Return the result, and end everything that the process has started."""
        code = _ended(self.process)
        (self.copy.code / self.file).write_text(self.original, encoding="utf-8")
        if code == -signal.SIGKILL:
            return TOO_LONG
        return SURVIVED if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else KILLED


def _ended(process: int) -> int:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def record(copy: Copy, files: Sequence[str], marks: str) -> Recorded:
    """Run a room's tests without a mutant. A few fail because recording slows them down; these are not used."""
    report = copy.folder / "report.json"
    process = copy.start(Recorder(copy.code, report), ["-m", marks, *files])
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    _ended(process)
    recorded = json.loads(report.read_text()) if report.exists() else {"tests": {}, "failed": []}
    if 20 * len(recorded["failed"]) >= len(recorded["tests"]):
        log = (copy.folder / "log").read_text(errors="replace")
        sys.exit(f"{len(recorded['failed'])} tests fail without a mutant, or there are no tests:\n{log[-5000:]}")
    return Recorded(recorded["tests"])


def tried(copy: Copy, file: str, mutant: Mutant, chosen: Sequence[str], seconds: float) -> Trial:
    """Write the mutant to the copy, and start the tests that must notice it. ``seconds`` is how long they usually take."""
    path = copy.code / file
    original = path.read_text(encoding="utf-8")
    path.write_text(mutant.source, encoding="utf-8")
    files = sorted({test.partition("::")[0] for test in chosen})
    end = time.monotonic() + 60 + 3 * seconds
    return Trial(copy, file, mutant, original, copy.start(Chosen(chosen), ["-x", "--tb=short", *files]), end)


def chosen_mutants(
    room: rooms.Room, part: tuple[int, int], lines: Sequence[tuple[str, int]]
) -> Iterator[tuple[str, Mutant]]:
    """Yield every n-th mutant of the room, or the mutants of the given lines."""
    k, n = part
    number = 0
    for path in room.files():
        file = path.relative_to(rooms.CODE).as_posix()
        here = {line for of, line in lines if of == file}
        if lines and not here:
            continue
        for mutant in mutants(path.read_text(encoding="utf-8")):
            number += 1
            if mutant.line in here if lines else number % n == k - 1:
                yield file, mutant


def measure(room: rooms.Room, part: tuple[int, int], lines: Sequence[tuple[str, int]], jobs: int) -> Counter[str]:
    """Try the mutants, and print each survivor immediately."""
    for name in _HEAVY:
        import_module(name)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [_copy(Path(folder, str(number))) for number in range(jobs)]
        tests = record(copies[0], room.tests, room.marks)
        print(f"{room.name}: {len(tests.seconds) - 1:,} tests, {sum(tests.seconds.values()):,.0f} s", flush=True)
        for file, mutant, result in results(copies, chosen_mutants(room, part, lines), tests):
            counts[result] += 1
            if result != KILLED or lines:
                print(f"{result}: src/seatsync/{file}:{mutant.line}: {mutant.was}  →  {mutant.now}", flush=True)
        must_still_pass(copies[0], room, tests)
    return counts


def must_still_pass(copy: Copy, room: rooms.Room, tests: Recorded) -> None:
    """Exit if the tests now fail without a mutant (a full disk, missing packages): then their failures prove nothing."""
    path = room.files()[0]
    same = Mutant(1, "", "", "", path.read_text(encoding="utf-8"))
    chosen = tests.quickest()[:50]
    control = tried(copy, path.relative_to(rooms.CODE).as_posix(), same, chosen, tests.took(chosen))
    os.waitid(os.P_PID, control.process, os.WEXITED | os.WNOWAIT)
    if control.outcome() != SURVIVED:
        sys.exit(f"The tests fail without a mutant:\n{(copy.folder / 'log').read_text(errors='replace')[-5000:]}")


def results(
    copies: list[Copy], left: Iterator[tuple[str, Mutant]], tests: Recorded
) -> Iterator[tuple[str, Mutant, str]]:
    """Yield each mutant's result. One mutant runs in each copy at a time."""
    trials: list[Trial] = []
    while (waiting := next(left, None) if copies else None) or trials:
        if waiting:
            chosen = tests.of(waiting[0], waiting[1].scope)
            if chosen:
                trials.append(tried(copies.pop(), *waiting, chosen, tests.took(chosen)))
            else:
                yield *waiting, NOT_RUN
            continue
        while not (over := [trial for trial in trials if trial.is_over()]):
            time.sleep(0.02)
        for trial in over:
            trials.remove(trial)
            copies.append(trial.copy)
            yield trial.file, trial.mutant, trial.outcome()


def _copy(folder: Path) -> Copy:
    copy = Copy(folder)
    shutil.copytree(rooms.CODE, copy.code, ignore=shutil.ignore_patterns("__pycache__"))
    compile_dir(copy.code, quiet=2)
    return copy


def of_room(room: rooms.Room, part: tuple[int, int], jobs: int) -> bool:
    """Measure a room or a part of it, and save the figures. Return whether the score is high enough."""
    score = rooms.Score.of(room.name, measure(room, part, [], jobs))
    k, n = part
    BUILD.mkdir(parents=True, exist_ok=True)
    for old in BUILD.glob(f"{room.name}-*.json"):
        if not old.stem.endswith(f"-{n}"):  # files of another division into parts would be counted too
            old.unlink()
    (BUILD / f"{room.name}-{k}-{n}.json").write_text(json.dumps(score._asdict()))
    print(f"{room.name} {k}/{n}: {score}; at least {room.least} %")
    return score.mutants > 0 and score.percent >= room.least


def main() -> int:
    known = rooms.read()
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--room", choices=[room.name for room in known])
    what.add_argument("--at", nargs="+", default=[], help="FILE:LINE, of src/seatsync")
    parser.add_argument("--part", default="1/1", help="K/N: every N-th mutant of the room")
    parser.add_argument("--tests", nargs="+", help="test files, instead of the room's")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    k, n = map(int, given.part.split("/"))
    places = [one.removeprefix("src/seatsync/").rpartition(":") for one in given.at]
    good = not places
    for room in known:
        chosen = room._replace(tests=given.tests or room.tests)
        if room.name == given.room:
            good = of_room(chosen, (k, n), given.jobs)
        elif here := [(file, int(line)) for file, _, line in places if rooms.CODE / file in room.files()]:
            good = measure(chosen, (1, 1), here, given.jobs).total() > 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
