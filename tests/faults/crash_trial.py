"""One command, disturbed again and again from the same starting state, and the checks after each time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.faults.crash_figures import Tally
from tests.faults.crash_runner import warm
from tests.faults.crash_scenarios import LEDGER_FILES, Scenario, Seen, copy, look
from tests.support.command_line import Outcome

_READER = """
import sqlite3, sys
ledger = sqlite3.connect(sys.argv[1])
ledger.execute("BEGIN")
while True:
    print(ledger.execute("SELECT count(*), max(serial) FROM event").fetchone(), flush=True)
    if not sys.stdin.readline():
        break
ledger.close()
"""


class Ended(NamedTuple):
    """The outcome of a disturbed command. ``seen`` is a copy of the ledger right afterwards; in ``ledger`` the command was run again."""

    outcome: Outcome
    is_before: bool
    is_after: bool
    seen: Path
    ledger: Path


class Trial:
    """A scenario with its starting state, its undisturbed final state, and its system calls."""

    def __init__(self, scenario: Scenario, at: Path, which: str, files: Sequence[str] = ()) -> None:
        self.scenario, self._at = scenario, at
        self._base = at / "base"
        self._base.mkdir(parents=True)
        scenario.before(self._base)
        self.before = self._look(self._base)
        ledger = copy(self._base, at / "undisturbed")
        with self._reader(ledger):
            self.calls, outcome = warm().calls(*scenario.command, folder=ledger, which=which, files=files)
        assert outcome.code == 0, outcome
        assert scenario.says in outcome.out + outcome.err
        self.after = self._look(ledger)
        assert self.before.state != self.after.state

    def attempt(self, point: object, count: Tally, disturbed: Callable[..., Outcome]) -> Ended:
        """Run the command with the disturbance, look at the result, then run it again without."""
        scenario, ledger = self.scenario, copy(self._base, self._at / "disturbed")
        with self._reader(ledger):
            outcome = disturbed(*scenario.command, folder=ledger)
            behind = copy(ledger, self._at / "behind")
            seen = self._look(behind)
            again = warm().run(*scenario.command, folder=ledger)
        is_before, is_after = seen.state == self.before.state, seen.state == self.after.state
        is_acknowledged = outcome.code == 0 or (bool(scenario.says) and scenario.says in outcome.out + outcome.err)

        count.happened(point, is_before, is_after, is_acknowledged)
        count.expect(self._agrees(seen, is_after), point, f"verify {seen.verified}, plan {seen.plan}")
        count.expect(again.code == (scenario.again if is_after else 0), point, again)
        # If there was nothing left to write, the file that names the writer stays until the next write.
        left = [name for name in LEDGER_FILES[1 : -1 if is_after else None] if (ledger / name).exists()]
        count.expect(not left, point, f"left behind: {left}")
        count.expect(self._look(ledger) == self.after, point, "does not converge")
        return Ended(outcome, is_before, is_after, behind, ledger)

    def _look(self, folder: Path) -> Seen:
        return look(folder, self.scenario.apart_from)

    def _agrees(self, seen: Seen, is_after: bool) -> bool:
        """Return whether ``verify`` and ``plan`` fit the state. (An import also changes the files, so its plan may differ.)"""
        state = self.after if is_after else self.before
        return seen.verified == state.verified and (seen.plan == state.plan or self.scenario.name == "import")

    @contextmanager
    def _reader(self, folder: Path) -> Iterator[None]:
        """Run a reader that began before the command, and check that it still sees the same afterwards."""
        if not self.scenario.is_read_meanwhile:
            yield
            return
        reading = [sys.executable, "-S", "-c", _READER, str(folder / "seatsync.db")]
        with subprocess.Popen(reading, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdin is not None
            assert reader.stdout is not None
            before = reader.stdout.readline()
            yield
            reader.stdin.write("\n")
            reader.stdin.flush()
            assert reader.stdout.readline() == before != ""
            reader.stdin.close()
