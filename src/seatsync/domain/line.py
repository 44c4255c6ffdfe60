"""The line of a library: who waits for a seat, in which order.

A place is text that sorts in the order of the line: a higher priority first, then who waits longer, then the files' order. It is
given when somebody begins to wait and depends on nothing that comes later, so a roster in another order moves nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

MOST_PRIORITY = 9_999


def is_priority(value: Any) -> bool:
    """Whether this is a priority: a whole number, higher ones first."""
    return type(value) is int and 0 <= value <= MOST_PRIORITY


def place(priority: int, entry: int, position: int) -> str:
    """The place of who begins to wait by the journal ``entry``, at this ``position`` among those of its library."""
    return f"{MOST_PRIORITY - priority:04}-{entry:010}-{position:08}"


def numbered(places: Iterable[str]) -> dict[str, int]:
    """The number of each place in the line: 1 is the next."""
    return {one: number for number, one in enumerate(sorted(places), 1)}


def is_place(value: str) -> bool:
    """Whether this is a place in a line."""
    return _PLACE.fullmatch(value) is not None


_PLACE = re.compile(r"[0-9]{4}-[0-9]{10}-[0-9]{8}")


def priority_of(place: str) -> int:
    """The priority of a place."""
    return MOST_PRIORITY - int(place[:4])


def with_priority(place: str, priority: int) -> str:
    """The place of who waits as long, with another priority."""
    return f"{MOST_PRIORITY - priority:04}{place[4:]}"
