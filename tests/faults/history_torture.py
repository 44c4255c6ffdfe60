"""How long faults are tried, with which seeds, and what came of it.

Which form is asked for is in ``tests/support/long_form.py``. ``SEATSYNC_TORTURE_SEED=N`` tries only what that seed stands for, as a
failure prints it.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.long_form import FIGURES, LONG, SEED


def seeds(short: int, long: int) -> list[int]:
    """As many as the form asks for: in the short form always the same ones, in the long one new ones each time."""
    if SEED:
        return [int(SEED)]
    first = secrets.randbits(32) if LONG else 1
    return list(range(first, first + (long if LONG else short)))


@contextmanager
def replayable(seed: int) -> Iterator[random.Random]:
    """Chance as ``seed`` has it; a failure says how to have it again."""
    try:
        yield random.Random(seed)
    except BaseException as error:
        error.add_note(f"Again, alone: SEATSYNC_TORTURE_SEED={seed}")
        raise


@contextmanager
def figures(fault: str, database: str) -> Iterator[Counter[str]]:
    """Counts of what was done, appended with its seconds to the file of figures however it ends."""
    counts: Counter[str] = Counter()
    began = time.monotonic()
    try:
        yield counts
    finally:
        if FIGURES:
            told = {"fault": fault, "database": database, **counts, "seconds": round(time.monotonic() - began, 1)}
            with open(FIGURES, "a", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")
