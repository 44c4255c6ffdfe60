"""Values put together from columns: ``{Username}@school.example``. A template has names of columns and text, and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple

from seatsync.domain.text.characters import clean

_PART = re.compile(r"\{([^{}]*)\}")
_SEVERAL = re.compile(r"\s*[;,]\s*")
MOST_TAGS = 100
"""The most tags that one template makes of one row."""


class BadTemplate(ValueError):
    """A template is written wrongly; the message says how."""


class TooManyTags(ValueError):
    """A row would have more tags than one template can make."""


class Template:
    """A template as written. ``{A|B}`` is the first of the columns that is not empty; ``{A|}`` may be empty.

    Where a column that may not be empty is, the whole value is empty. A text without braces is the name of a column if
    ``is_column``, else a constant.

    Raises:
        BadTemplate: a brace is not closed, or names no column.
    """

    def __init__(self, written: str, is_column: bool = True) -> None:
        self.written = written
        self.literals: tuple[str, ...]
        self.holes: tuple[tuple[str, ...], ...]
        if "{" not in written and "}" not in written and is_column:
            self.literals, self.holes = ("", ""), ((written,),)
            return
        if re.search(r"[{}]", _PART.sub("", written)):
            raise BadTemplate("a brace is opened and not closed, or closed and not opened")
        pieces = _PART.split(written)
        self.literals = tuple(pieces[::2])
        self.holes = tuple(tuple(name.strip() for name in hole.split("|")) for hole in pieces[1::2])
        if any(not hole[0] for hole in self.holes):
            raise BadTemplate("the braces are empty; the name of a column belongs into them")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, as written."""
        return tuple(dict.fromkeys(name for hole in self.holes for name in hole if name))


class Bound(NamedTuple):
    """A template whose columns were found in a header: ``holes`` has their positions; -1 stands for nothing."""

    literals: tuple[str, ...]
    holes: tuple[tuple[int, ...], ...]

    @classmethod
    def to(cls, template: Template, position: Callable[[str], int]) -> Bound:
        """Bind the template; ``position`` gives that of a column's name."""
        holes = tuple(tuple(position(name) if name else -1 for name in hole) for hole in template.holes)
        return cls(template.literals, holes)

    @property
    def position(self) -> int | None:
        """The one column that the value is, if it is one as it stands."""
        plain = self.literals == ("", "") and len(self.holes[0]) == 1
        return self.holes[0][0] if plain else None

    @property
    def positions(self) -> Iterator[int]:
        """The positions of all its columns."""
        return (position for hole in self.holes for position in hole if position >= 0)

    def values(self, columns: Sequence[Sequence[str]], number: int) -> Sequence[str]:
        """The value of each of ``number`` rows, given column by column."""
        if (position := self.position) is not None:
            return columns[position]
        filled = [self._filled(hole, columns, number) for hole in self.holes]
        needed = [hole for hole in range(len(self.holes)) if self.holes[hole][-1] >= 0]
        return [self._joined(row) if all(row[hole] for hole in needed) else "" for row in zip(*filled, strict=True)]

    def several(self, row: Sequence[str]) -> list[str]:
        """The values of one row; a cell with several, separated by ; or , gives one for each.

        Raises:
            TooManyTags: there would be more than ``MOST_TAGS``.
        """
        cells = []
        for hole in self.holes:
            written = next((row[at] for at in hole if at >= 0 and row[at].strip()), "")
            parts = [part for part in map(clean, _SEVERAL.split(written)) if part]
            if not parts and hole[-1] >= 0:
                return []
            cells.append(parts or [""])
        if prod(map(len, cells)) > MOST_TAGS:
            raise TooManyTags
        return [clean(self._joined(combined)) for combined in product(*cells)]

    def _joined(self, values: Sequence[str]) -> str:
        first, *others = self.literals
        return first + "".join(value + literal for value, literal in zip(values, others, strict=True))

    @staticmethod
    def _filled(hole: tuple[int, ...], columns: Sequence[Sequence[str]], number: int) -> Sequence[str]:
        real = [columns[at] for at in hole if at >= 0]
        if not real:
            return [""] * number
        if len(real) == 1:
            return [value.strip() for value in real[0]]
        return [next((value.strip() for value in row if value.strip()), "") for row in zip(*real, strict=True)]
