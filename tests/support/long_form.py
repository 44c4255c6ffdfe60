"""Whether a test run is short, as in ``make test``, or long, as in ``make torture`` and every night.

``SEATSYNC_TORTURE=1`` selects the long form. ``SEATSYNC_TORTURE_SEED`` repeats the run with the seed that a failure names.
``SEATSYNC_TORTURE_FIGURES`` names a file that gets one line of JSON for each test that counts its trials.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")

LONG = os.environ.get("SEATSYNC_TORTURE", "0") not in ("", "0")
SEED = os.environ.get("SEATSYNC_TORTURE_SEED", "")
FIGURES = os.environ.get("SEATSYNC_TORTURE_FIGURES", "")


def times(short: int, long: int) -> int:
    """Return the number of trials in the selected form."""
    return long if LONG else short


def share(values: Iterable[Value], parts: int) -> list[Value]:
    """Return all values in the long form. In the short form return one of ``parts`` equal parts; the commit decides which."""
    return list(values)[0 if LONG else part_of_this_commit(parts) :: times(short=parts, long=1)]


def part_of_this_commit(parts: int) -> int:
    """Return the number of the part for this commit, which is always the same (0 to ``parts`` - 1)."""
    return _commit() % parts


@cache
def _commit() -> int:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return int(commit.stdout, 16) if commit.returncode == 0 else 0
