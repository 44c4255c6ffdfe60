"""Share the limited room of a page between its sections, and count what did not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum

from seatsync.domain.diagnostic import counted

MOST = 65_536
"""The characters that a comment of GitHub can have."""


class Turn(IntEnum):
    """When a section gets its room. Those whose turn comes first may use at most half of it before the others had theirs."""

    FIRST = 0
    SECOND = 1
    LAST = 2


class Rows:
    """Rows of one kind, made one by one, only as many as there is room for. The others are counted as ``kind`` (of one, of many).

    ``head`` stands above the first row.
    """

    def __init__(self, kind: tuple[str, str], number: int, texts: Iterable[str], head: str = "") -> None:
        self.kind = kind
        self.number = number
        self.shown: list[str] = []
        self._texts = (f"{head}{text}" if position == 0 else text for position, text in enumerate(texts))
        self._next: str | None = next(self._texts, None)

    @property
    def size_of_next(self) -> int:
        """The characters of the next row, 0 if there is none."""
        return len(self._next or "")

    def take(self, room: int) -> int:
        """Show as many more rows as ``room`` has space for, and return the characters that they use."""
        used = 0
        while self._next is not None and used + len(self._next) <= room:
            used += len(self._next)
            self.shown.append(self._next)
            self._next = next(self._texts, None)
        return used


class Section:
    """Rows between a ``head`` and a ``tail``. It stands on the page only if at least its first row does."""

    def __init__(self, head: str, rows: Sequence[Rows], tail: str, turn: Turn) -> None:
        self.head = head
        self.rows = [one for one in rows if one.size_of_next]
        self.tail = tail
        self.turn = turn

    @property
    def least(self) -> int:
        """The characters that it needs for its first row."""
        return len(self.head) + self.rows[0].size_of_next + len(self.tail)

    def text(self) -> str:
        return self.head + "".join(row for rows in self.rows for row in rows.shown) + self.tail


def fit(sections: Sequence[Section], most: int, whole: str = "The plan file has everything.") -> str:
    """Return the sections in at most ``most`` characters, in their order; the last line counts by kind what is left out, and says
    where the ``whole`` is.

    Every section gets its first row as long as there is room. The rest goes to one turn after the other, and evenly to the
    rows of one turn: few rows of one kind never vanish behind many of another.
    """
    sections = [section for section in sections if section.rows]
    left = most - _room_for_counts(sections, most, whole)
    opened = _open(sections, left)
    left -= sum(len(section.text()) for section in opened)
    turns = {turn: [rows for section in opened if section.turn is turn for rows in section.rows] for turn in Turn}
    left -= _share(turns[Turn.FIRST], left // 2)
    for turn in (Turn.SECOND, Turn.LAST, Turn.FIRST):
        left -= _share(turns[turn], left)
    text = "".join(section.text() for section in sections if section in opened)
    counts = _counts(sections, max(0, most - len(text)), whole)
    return text + counts


def _open(sections: Sequence[Section], left: int) -> list[Section]:
    """Return the sections whose first row fits, chosen by their turn. Their first rows are shown."""
    opened = []
    for section in sorted(sections, key=lambda section: section.turn):
        if section.least <= left:
            left -= section.least
            section.rows[0].take(section.rows[0].size_of_next)
            opened.append(section)
    return opened


def _share(rows: Iterable[Rows], room: int) -> int:
    """Share the room evenly; what some do not need goes to the others. Return the characters used."""
    wanting, left = [*rows], room
    while wanting:
        used = 0
        for position, one in enumerate(wanting):
            used += one.take((left - used) // (len(wanting) - position))
        left -= used
        wanting = [one for one in wanting if one.size_of_next] if used else []
    return room - left


def _room_for_counts(sections: Iterable[Section], most: int, whole: str) -> int:
    kinds = {rows.kind for section in sections for rows in section.rows}
    return min(most // 3, len(_LEFT_OUT) + len(whole) + sum(max(map(len, kind)) + 14 for kind in kinds))


def _counts(sections: Iterable[Section], most: int, whole: str) -> str:
    missing: Counter[tuple[str, str]] = Counter()
    for rows in (rows for section in sections for rows in section.rows):
        missing[rows.kind] += rows.number - len(rows.shown)
    counts = [counted(number, *kind) for kind, number in missing.items() if number]
    line = _LEFT_OUT.format(", ".join(counts), whole) if counts else ""
    short = f"*And {missing.total():,} more.*\n\n" if counts else ""
    return line if len(line) <= most else short if len(short) <= most else ""


_LEFT_OUT = "*Left out to save space: {}. {}*\n\n"


def lines(texts: Iterable[str]) -> Iterator[str]:
    """Yield each text as a line."""
    return (f"{text}\n" for text in texts)
