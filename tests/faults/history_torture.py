"""The number of rounds of random tests, their seeds and their figures.

``tests/support/long_form.py`` selects the form. ``SEATSYNC_TORTURE_SEED=N`` runs only the round of that seed; failures print it.
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
    """Yield the seeds of the selected form: always the same ones in the short form, new ones in the long form."""
    if SEED:
        return [int(SEED)]
    first = secrets.randbits(32) if LONG else 1
    return list(range(first, first + (long if LONG else short)))


@contextmanager
def replayable(seed: int) -> Iterator[random.Random]:
    """Yield random numbers from ``seed``. A failure says how to repeat them."""
    try:
        yield random.Random(seed)
    except BaseException as error:
        error.add_note(f"Again, alone: SEATSYNC_TORTURE_SEED={seed}")
        raise


@contextmanager
def figures(fault: str, database: str) -> Iterator[Counter[str]]:
    """Yield a counter. At the end, also after a failure, append it and the seconds to the file of figures."""
    counts: Counter[str] = Counter()
    began = time.monotonic()
    try:
        yield counts
    finally:
        if FIGURES:
            line = {"fault": fault, "database": database, **counts, "seconds": round(time.monotonic() - began, 1)}
            with open(FIGURES, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
