"""A process is killed at any system call that changes the disk, or at a lock: its work is done completely or not at all."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest

from tests.faults.crash_figures import chosen, tally
from tests.faults.crash_runner import DISK, needs_strace, warm
from tests.faults.crash_scenarios import FIRST_APPLY, SCENARIOS, Scenario
from tests.faults.crash_trial import Trial

CALLS = f"{DISK},fcntl"
"""Includes locks, because between them SQLite changes its shared memory without a system call."""


@needs_strace
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_command_that_is_killed_has_happened_whole_or_not_at_all(scenario: Scenario, tmp_path: Path) -> None:
    trial = Trial(scenario, tmp_path, CALLS)
    with tally("killed", scenario.name) as count:
        for number in chosen(range(len(trial.calls)), scenario.name, few=5 if "apply" in scenario.name else 4):
            call = trial.calls[number]
            point = f"{number}, {call.text}"
            ended = trial.attempt(point, count, partial(warm().killed_before, call))
            count.expect(ended.outcome.code in (0, -signal.SIGKILL), point, ended.outcome)
            forgotten = scenario.forgets.encode() not in (ended.ledger / "seatsync.db").read_bytes()
            count.expect(forgotten or not scenario.forgets, point, f"{scenario.forgets} can still be read")


@needs_strace
def test_one_that_is_killed_at_its_very_beginning_leaves_no_empty_ledger(tmp_path: Path) -> None:
    """SQLite starts with an empty file, which seatsync would reject. So a new ledger gets its name only when it is no longer empty."""
    trial = Trial(FIRST_APPLY, tmp_path, CALLS)
    is_there = next(number for number, call in enumerate(trial.calls) if call.text.startswith("link"))
    with tally("killed", "made") as count:
        for number in range(is_there + 3):
            point = f"{number}, {trial.calls[number].text}"
            trial.attempt(point, count, partial(warm().killed_before, trial.calls[number]))
