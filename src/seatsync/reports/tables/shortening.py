"""Shorten what a person at a terminal reads faster when it is short: times, long paths, long lists."""

from __future__ import annotations

import re

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?")
_PATH = re.compile(r"[^\s@/:]+(?:/[^\s@/:]+){2,}(?::\d+)*")
_LONGEST_PATH = 32
_FEW_MORE = 5  # not worth a line that says how many there are


def first_of(number: int, most: int | None) -> int:
    """How many of a list are shown: ``most``, or all where this hides only a few more; None for no limit."""
    return number if most is None or number <= most + _FEW_MORE else most


def is_instant(cell: str) -> bool:
    """Whether a cell is a moment, and not a day."""
    return _INSTANT.fullmatch(cell) is not None


def shortened(cell: str) -> str:
    """The cell as a terminal shows it."""
    if found := _INSTANT.fullmatch(cell):
        return f"{found[1]} {found[2]}"
    if len(cell) > _LONGEST_PATH and _PATH.fullmatch(cell):
        first, *_, last = cell.split("/")
        return f"{first}/…/{last}"
    return cell
