"""The points that crash tests try, and the results.

In the short form each test tries a sample, in the long form (``tests/support/long_form.py``) all points. ``SEATSYNC_TORTURE_SEED``
chooses the sample. ``SEATSYNC_TORTURE_POINT`` tries only one point, by the name that a failure prints.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from tests.support import long_form
from tests.support.long_form import LONG

SEED = long_form.SEED or "1"
_POINT = os.environ.get("SEATSYNC_TORTURE_POINT", "")

Point = TypeVar("Point")


def chosen(points: Sequence[Point], name: str, few: int, many: int | None = None) -> list[Point]:
    """Choose the points to try: ``few`` in the short form, ``many`` (None: all) in the long form."""
    if _POINT:
        return [point for point in points if str(point) == _POINT]
    number = (len(points) if many is None else many) if LONG else few
    places = Random(f"{SEED} {name}").sample(range(len(points)), min(number, len(points)))
    return [points[place] for place in sorted(places)]


@dataclass
class Tally:
    """The results so far. ``torn`` has half-done applies, ``lost`` has acknowledged applies that are missing afterwards."""

    fault: str
    scenario: str
    points: int = 0
    torn: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def happened(self, point: object, is_before: bool, is_after: bool, acknowledged: bool) -> None:
        """Record one try: whether the ledger is in the state before the command, in the state after it, or in neither."""
        self.points += 1
        if not (is_before or is_after):
            self.torn.append(str(point))
        elif acknowledged and not is_after:
            self.lost.append(str(point))

    def expect(self, good: bool, point: object, problem: object) -> None:
        """Record a problem unless the condition is ``good``."""
        if not good:
            self.wrong.append(f"{point}: {problem}")


@contextmanager
def tally(fault: str, scenario: str) -> Iterator[Tally]:
    """Count the results, write the figures, and fail if anything was torn, lost or wrong."""
    count, began = Tally(fault, scenario), time.monotonic()
    yield count
    figures = {
        "fault": fault,
        "scenario": scenario,
        "seed": SEED,
        "points": count.points,
        "torn": len(count.torn),
        "lost": len(count.lost),
        "wrong": len(count.wrong),
        "seconds": round(time.monotonic() - began, 1),
    }
    if long_form.FIGURES:
        with open(long_form.FIGURES, "a", encoding="utf-8") as file:
            file.write(json.dumps(figures) + "\n")
    assert count.points, "nothing was tried"
    problems = [f"torn at {point}" for point in count.torn] + [f"lost at {point}" for point in count.lost] + count.wrong
    again = f"(again: SEATSYNC_TORTURE_SEED={SEED} SEATSYNC_TORTURE_POINT=<the point> pytest -k '{scenario}')"
    assert not problems, "\n".join([f"{figures} {again}", *problems[:20]])
