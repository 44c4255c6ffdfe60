"""Fuzzing of everything that seatsync reads: no input makes it crash, run long, take much memory, or harm a ledger.

``make test`` runs a tenth of 50,000 fixed inputs; the commit decides which tenth. The long form (``tests/support/long_form.py``)
runs them all, and a million new ones. A failure names its seed, and its input is saved.
``SEATSYNC_TORTURE_SEED=SEED pytest tests/faults/test_fuzz.py -k KIND`` runs the same input again, as long as the examples and the
corpus, which inputs are made from, have not changed.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.faults.fuzz_guard import MEGABYTES
from tests.faults.fuzz_targets import TARGETS
from tests.support.long_form import LONG, SEED, part_of_this_commit, times

ROOT = Path(__file__).parents[2]

INPUTS = {
    "config": 7_500,
    "csv-roster": 8_000,
    "yaml-roster": 16_000,
    "grants": 6_000,
    "selection": 6_000,
    "export": 5_000,
    "command-line": 300,
    "plan": 600,
    "apply": 200,
    "first-apply": 100,
    "dump": 200,
    "import": 150,
}
"""The number of inputs of each kind in a batch of 50,000."""
BATCHES = times(short=1, long=21)
PARTS = 10
"""The short form runs one of this many parts of the first batch."""
MOST_DEATHS = 5


class Outcome(NamedTuple):
    """The result of a batch, with a digest of the report on each input."""

    inputs: int
    digests: list[str]
    failures: list[dict[str, Any]]


def test_there_are_enough_inputs_of_every_kind() -> None:
    assert INPUTS.keys() == TARGETS.keys()
    assert sum(INPUTS.values()) >= 50_000


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_input_makes_seatsync_fail(batch: int, kind: str, tmp_path: Path) -> None:
    if SEED:
        seed, _, number = SEED.rpartition("/")
        outcome = run(kind, seed, 1, tmp_path, first=int(number))
    else:
        count = INPUTS[kind] if LONG else INPUTS[kind] // PARTS
        first = 0 if LONG else part_of_this_commit(PARTS) * count
        outcome = run(kind, secrets.token_hex(8) if batch else "2026", count, tmp_path, first=first)
        assert outcome.inputs == count or outcome.failures
    if outcome.failures:
        pytest.fail(failure_report(kind, outcome.failures), pytrace=False)


def test_the_same_is_said_of_the_same_input(tmp_path: Path) -> None:
    kinds = ",".join(TARGETS)
    once, again = (
        run(kinds, "again", times(short=10, long=1_000), tmp_path, hashing=hashing) for hashing in ("1", "2")
    )
    assert once.digests == again.digests


def run(kind: str, seed: str, count: int, folder: Path, first: int = 0, hashing: str = "0") -> Outcome:
    """Run a batch in a separate process. If an input kills the process, start another one with the next input."""
    folder = folder / f"batch-{hashing}"
    folder.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEATSYNC_")}
    environment |= {"PYTHONHASHSEED": hashing, "SEATSYNC_ACTOR": "fuzz", "GITHUB_SHA": "0" * 40}
    failures: list[dict[str, Any]] = []
    following, end = first, first + count
    while following < end and len(failures) < MOST_DEATHS:
        command = [sys.executable, "-m", "tests.faults.fuzz_worker", kind, seed, str(following), str(end - following)]
        worker = subprocess.run(
            [*command, str(folder)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if worker.returncode == 0:
            break
        assert worker.returncode < 0, worker.stderr
        died = int((folder / "progress").read_text())
        name = signal.Signals(-worker.returncode).name
        failures.append(
            {"seed": f"{seed}/{died}", "error": f"the process died of {name}", "saved": [], "trace": worker.stderr}
        )
        following = died + 1
    lines = folder / "failures.jsonl"
    if lines.exists():
        failures += map(json.loads, lines.read_text(encoding="utf-8").splitlines())
    digests = (folder / "digests").read_text(encoding="utf-8").splitlines()
    return Outcome(len(digests), digests, failures)


def failure_report(kind: str, failures: list[dict[str, Any]]) -> str:
    """Return every failure with its input, and how to repeat it."""
    test = f"tests/faults/test_fuzz.py::{test_no_input_makes_seatsync_fail.__name__}[0-{kind}]"
    return "\n\n".join(
        f"{failure['error']}\n{failure['trace']}{shlex.join(failure['saved'])} {failure.get('args') or ''}\n"
        f"SEATSYNC_TORTURE_SEED={failure['seed']} pytest '{test}'"
        for failure in failures
    )


# ── The guard itself ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("slow", "TooSlow"),
        ("slow-in-secret", "TooSlow"),
        ("stuck", "the process died of SIGVTALRM"),
        ("dead", "the process died of SIGABRT"),
        pytest.param(
            "huge", "MemoryError", marks=pytest.mark.skipif(sys.platform != "linux", reason="no limit can be set")
        ),
    ],
)
def test_the_guard_stops_what_takes_too_much(kind: str, error: str, tmp_path: Path) -> None:
    [failure] = run(kind, "guard", 1, tmp_path).failures
    assert failure["error"].startswith(error)
    assert failure["seed"] == "guard/0"


def test_the_guard_lets_pass_what_takes_little(tmp_path: Path) -> None:
    outcome = run("sound", "guard", 100, tmp_path)
    assert (outcome.inputs, outcome.failures) == (100, [])
    assert MEGABYTES == 256


def test_a_batch_goes_on_behind_an_input_that_kills(tmp_path: Path) -> None:
    assert [failure["seed"] for failure in run("dead", "x", 3, tmp_path).failures] == ["x/0", "x/1", "x/2"]


def test_every_failure_is_told_once_and_can_be_met_again(tmp_path: Path) -> None:
    failures = run("broken", "x", 50, tmp_path).failures
    for failure in failures:
        seed, _, number = failure["seed"].rpartition("/")
        again = run("broken", seed, 1, tmp_path, first=int(number), hashing="1").failures[-1]
        assert (again["error"], again["seed"]) == (failure["error"], failure["seed"])
        assert Path(again["saved"][0]).read_bytes() == Path(failure["saved"][0]).read_bytes()
    assert {failure["error"] for failure in failures} == {"KeyError: ", "IndexError: "}


def test_what_is_fickle_is_noticed(tmp_path: Path) -> None:
    once, again = (run("fickle", "x", 1, tmp_path, hashing=hashing) for hashing in ("1", "2"))
    assert once.digests != again.digests
