"""Run whole processes in turn, A B A B …: seconds, peak memory, and ratios pair by pair.

A machine's speed drifts, so only ratios of one run count.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from resource import struct_rusage

Prepare = Callable[[], None]


@dataclass
class Measured:
    """The seconds, the processor's seconds and peak MiB of one command, run by run. A server's are not among them."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def time(self) -> float:
        return statistics.median(self.seconds)

    @property
    def peak(self) -> float:
        return max(self.memory)


@dataclass
class Command:
    """A command line and its folder. ``before`` is called before each run, and is not measured."""

    words: Sequence[str]
    folder: Path
    before: Prepare | None = None


def paired(commands: Mapping[str, Command], runs: int) -> dict[str, Measured]:
    """Run each command once unmeasured (unless ``runs`` is 1), then all of them in turn; return what was measured."""
    found = {name: Measured() for name in commands}
    for run in range(runs + (runs > 1)):
        for name, command in commands.items():
            if command.before is not None:
                command.before()
            seconds, usage = _once(command)
            if run or runs == 1:
                found[name].seconds.append(seconds)
                found[name].processor.append(usage.ru_utime + usage.ru_stime)
                found[name].memory.append(usage.ru_maxrss / 1024)
    return found


def ratio(one: Measured, other: Measured) -> float:
    """Return the median of the ratios, pair by pair."""
    return statistics.median(a / b for a, b in zip(one.seconds, other.seconds, strict=True))


def _once(command: Command) -> tuple[float, struct_rusage]:
    start = time.perf_counter()
    child = subprocess.Popen(command.words, cwd=command.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    if code := os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command.words)} exited with {code}: {errors.decode()}")
    return seconds, usage
