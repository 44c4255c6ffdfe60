"""Blocks of rows that are gone from a roster: deleted by mistake, they are seen at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import counted
from seatsync.planning.change import Change, leaves_for_now
from seatsync.planning.plan import Plan
from seatsync.planning.reasons.words import LEFT

LEAST = 3
"""Fewer rows in a row are no block."""
_BLOCKS = 3
"""The blocks that are named of a roster, the largest."""


def removed_rows(plan: Plan) -> list[str]:
    """Return in words which blocks of rows are gone: ``rosters/members.csv lines 12–24``, one text for each roster.

    They are the lines on which those who leave now stood when they were last changed.
    """
    stood: dict[str, set[int]] = {}
    for change in plan.changes:
        if _leaves_now(change) and change.origin.file in plan.rosters:
            stood.setdefault(change.origin.file, set()).add(change.origin.line)
    found = ((file, [*_blocks(sorted(lines))]) for file, lines in stood.items())
    return [f"{file} {_in_words(blocks)}" for file, blocks in found if blocks]


def _leaves_now(change: Change) -> bool:
    return (change.action is Action.MEMBER_REMOVE or leaves_for_now(change)) and change.reason.startswith(LEFT)


def _blocks(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of each block."""
    first = last = 0
    for line in (*lines, -1):
        if line != last + 1:
            if last - first + 1 >= LEAST:
                yield first, last
            first = line
        last = line


def _in_words(blocks: list[tuple[int, int]]) -> str:
    largest = sorted(sorted(blocks, key=lambda block: block[0] - block[1])[:_BLOCKS])
    more = f" and {counted(len(blocks) - _BLOCKS, 'more block')}" if len(blocks) > _BLOCKS else ""
    return "lines " + ", ".join(f"{first:,}–{last:,}" for first, last in largest) + more
