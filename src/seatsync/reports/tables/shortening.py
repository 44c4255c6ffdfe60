"""Shorten what a person at a terminal reads faster when it is short: times to the minute, long paths in the middle."""

from __future__ import annotations

import re

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?")
_PATH = re.compile(r"[^\s@/:]+(?:/[^\s@/:]+){2,}(?::\d+)*")
_LONGEST_PATH = 32


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
