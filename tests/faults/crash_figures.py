"""How much is tried, and what came of it.

In its short form each test tries a sample, in its long form (``tests/support/long_form.py``) all that it can. The sample is the
one of ``SEATSYNC_TORTURE_SEED``; ``SEATSYNC_TORTURE_POINT`` tries one point alone, by the name that a failure gives it.
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
    """Which of the points to try: ``few`` of them in the short form, ``many`` (None for all) in the long one."""
    if _POINT:
        return [point for point in points if str(point) == _POINT]
    wanted = (len(points) if many is None else many) if LONG else few
    places = Random(f"{SEED} {name}").sample(range(len(points)), min(wanted, len(points)))
    return [points[place] for place in sorted(places)]


@dataclass
class Tally:
    """What was tried and what went wrong: ``torn`` is half an apply, ``lost`` one that was acknowledged and is not there."""

    fault: str
    scenario: str
    points: int = 0
    torn: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def happened(self, point: object, is_before: bool, is_after: bool, acknowledged: bool) -> None:
        """One point was tried, after which the ledger is as before, or as after, or neither."""
        self.points += 1
        if not (is_before or is_after):
            self.torn.append(str(point))
        elif acknowledged and not is_after:
            self.lost.append(str(point))

    def expect(self, good: bool, point: object, told: object) -> None:
        """Whatever else must be so."""
        if not good:
            self.wrong.append(f"{point}: {told}")


@contextmanager
def tally(fault: str, scenario: str) -> Iterator[Tally]:
    """Counts, writes the figures, and fails if anything was torn, lost or wrong."""
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
    told = [f"torn at {point}" for point in count.torn] + [f"lost at {point}" for point in count.lost] + count.wrong
    again = f"(again: SEATSYNC_TORTURE_SEED={SEED} SEATSYNC_TORTURE_POINT=<the point> pytest -k '{scenario}')"
    assert not told, "\n".join([f"{figures} {again}", *told[:20]])
