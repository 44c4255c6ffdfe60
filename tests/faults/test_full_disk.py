"""A disk that is full, over its quota, read-only or broken from some call on: the report is plain, and no write is torn."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.crash_figures import chosen, tally
from tests.faults.crash_runner import DISK, needs_strace, warm
from tests.faults.crash_scenarios import (
    CLAIM,
    DUMP,
    FIRST_APPLY,
    LEDGER_FILES,
    LOAD,
    OUTPUTS,
    SAVE_PLAN,
    SECOND_APPLY,
    Scenario,
    told_plainly,
)
from tests.faults.crash_trial import Trial

FILES = (*LEDGER_FILES, *OUTPUTS, *(f".{name}.{{process}}" for name in OUTPUTS))
FILLING = "write,pwrite64,?pwritev,fsync,fdatasync,fallocate,?rename,?renameat,renameat2"
FAILING = {"ENOSPC": FILLING, "EDQUOT": FILLING, "EROFS": f"{DISK},?open,openat", "EIO": f"{DISK},?open,openat,pread64"}
"""The calls that fail for each error. On a full disk, files can still be opened, read and removed."""


class Point(NamedTuple):
    error: str
    number: int

    def __str__(self) -> str:
        return f"{self.error}@{self.number}"


@needs_strace
@pytest.mark.parametrize("scenario", [FIRST_APPLY, SECOND_APPLY, CLAIM, LOAD, SAVE_PLAN, DUMP], ids=str)
def test_a_disk_that_fails_is_told_plainly_and_leaves_nothing_torn(scenario: Scenario, tmp_path: Path) -> None:
    trial = Trial(scenario, tmp_path, FAILING["EIO"], FILES)
    points = [
        Point(error, number)
        for error, failing in FAILING.items()
        for number, call in enumerate(trial.calls)
        if call.name in failing.replace("?", "").split(",")
    ]
    with tally("disk", scenario.name) as count:
        for error, number in chosen(points, scenario.name, few=5, many=80):
            point = f"{error}@{number}, {trial.calls[number].text}"
            failing = partial(warm().failing_after, trial.calls[:number], FAILING[error], error, files=FILES)
            outcome, is_before, _, behind, _ = trial.attempt(point, count, failing)
            count.expect(outcome.code == 0 or told_plainly(outcome), point, outcome)
            count.expect(outcome.code in (0, 1, 6), point, outcome)
            count.expect(is_before or "othing was changed" not in outcome.err, point, f"not so: {outcome.err}")
            temporary = [path.name for path in behind.glob(".*")]
            count.expect(not temporary or FAILING[error] != FILLING, point, f"left behind: {temporary}")
