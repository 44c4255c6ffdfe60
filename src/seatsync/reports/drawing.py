"""The units of a drawing of seats over time, which is stretched to the page's width."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

WIDTH, HEIGHT = 640, 120


class Scale(NamedTuple):
    """The drawing's units for days from ``first`` to ``last``, and for numbers from 0 to ``most``."""

    first: date
    last: date
    most: int

    def x(self, day: str, late: int = 0) -> float:
        """The place of a day, or of so many days after it."""
        days = (date.fromisoformat(day) - self.first).days + late
        return round(WIDTH * min(1, days / max(1, (self.last - self.first).days)), 1)

    def y(self, used: int) -> float:
        return round(HEIGHT * (1 - used / self.most), 1)

    def steps(self, days: Sequence[tuple[str, int]], late: int = 0) -> str:
        """The path of a number that stays the same until it changes; ``late`` days after the day from the second one on."""
        (first, number), *others = days
        moves = "".join(f" H{self.x(day, late)} V{self.y(used)}" for day, used in others)
        return f"M{self.x(first)} {self.y(number)}{moves}"
