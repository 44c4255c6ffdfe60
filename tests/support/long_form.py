"""How long a run is to be: short, as in ``make test``, or long, as in ``make torture`` and every night.

``SEATSYNC_TORTURE=1`` is the one switch for the long form. ``SEATSYNC_TORTURE_SEED`` repeats what a failure names,
``SEATSYNC_TORTURE_FIGURES`` names a file that gets one line of JSON for each test that counts what it tried.
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
    """How often something is tried in the form that was asked for."""
    return long if LONG else short


def share(values: Iterable[Value], parts: int) -> list[Value]:
    """All of them in the long form. In the short one every so-manieth, which ones goes by the commit."""
    return list(values)[0 if LONG else part_of_this_commit(parts) :: times(short=parts, long=1)]


def part_of_this_commit(parts: int) -> int:
    """Which of so many parts is tried for this commit: always the same one."""
    return _commit() % parts


@cache
def _commit() -> int:
    told = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return int(told.stdout, 16) if told.returncode == 0 else 0
