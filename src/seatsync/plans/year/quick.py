"""For which institutions a year is run ahead beside something else that was asked for."""

from __future__ import annotations

from collections.abc import Mapping

MOST = 10_000
"""The members of the largest one: its year takes seconds."""


def is_quick(rosters: Mapping[str, int]) -> bool:
    """Whether the year of an institution with so many members in its rosters is run ahead without being asked for."""
    return 0 < sum(rosters.values()) <= MOST
