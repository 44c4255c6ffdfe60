"""Feed one batch of inputs to seatsync: ``python -m tests.faults.fuzz_worker KINDS SEED FIRST COUNT FOLDER``
(KINDS are separated by commas).

Input number N of a batch is made only from the seed ``SEED/N``. The process writes to FOLDER: ``progress`` (the number of the
current input), ``failures.jsonl``, ``digests`` (digests of the reports on all inputs), and the inputs that failed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import traceback
from hashlib import sha256
from pathlib import Path
from random import Random

from tests.faults.fuzz_guard import Guard
from tests.faults.fuzz_guarded import SPECIMENS
from tests.faults.fuzz_targets import TARGETS, Input, Target

MOST_FAILURES = 25
"""The largest number of different failures. The same failure is reported once."""


class Batch:
    """``count`` inputs from number ``first`` on."""

    def __init__(self, target: Target, seed: str, folder: Path) -> None:
        self.target = target
        self.seed = seed
        self.folder = folder
        self.progress = os.open(folder / "progress", os.O_WRONLY | os.O_CREAT, 0o600)
        self.met: set[str] = set()

    def run(self, first: int, count: int) -> None:
        guard = Guard()
        with (self.folder / "digests").open("a", encoding="utf-8") as digests:
            for number in range(first, first + count):
                os.pwrite(self.progress, b"%20d" % number, 0)
                given = self.target.make(Random(f"{self.seed}/{number}"))
                self.target.write(given)
                try:
                    with guard():
                        outcome = self.target.feed(given)
                    text = self.target.judge(given, outcome)
                except KeyboardInterrupt:
                    raise
                except BaseException as error:
                    self._failed(number, given, error)
                    text = type(error).__name__
                digests.write(f"{number} {sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()}\n")
                if len(self.met) >= MOST_FAILURES:
                    break

    def _failed(self, number: int, given: Input, error: BaseException) -> None:
        """Save the input of a new failure."""
        frames = traceback.extract_tb(error.__traceback__)
        where = next((f"{f.filename}:{f.lineno}" for f in reversed(frames) if "/seatsync/" in f.filename), "")
        key = where if where and not isinstance(error, AssertionError) else re.sub(r"\d+", "", str(error))[:80]
        known = f"{type(error).__name__} {key}"
        if known in self.met:
            return
        self.met.add(known)
        saved = self.folder / str(number)
        saved.mkdir(exist_ok=True)
        for name, data in given.files.items():
            (saved / name).write_bytes(data)
        failure = {
            "seed": f"{self.seed}/{number}",
            "error": f"{type(error).__name__}: {error}"[:2000],
            "args": given.args,
            "saved": [str(saved / name) for name in given.files],
            "trace": "".join(traceback.format_tb(error.__traceback__, -6)),
        }
        with (self.folder / "failures.jsonl").open("a", encoding="utf-8") as failures:
            failures.write(json.dumps(failure) + "\n")


def main(kinds: str, seed: str, first: str, count: str, folder: str) -> None:
    for kind in kinds.split(","):
        home = Path(folder) / f"{kind}-home"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        target = (SPECIMENS if kind in SPECIMENS else TARGETS)[kind](home)
        Batch(target, seed, Path(folder)).run(int(first), int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
