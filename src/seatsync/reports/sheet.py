"""What text is written on: a terminal, with colours and folded to its width, or a pipe, where lines can be searched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import IO, Protocol

from rich.cells import cell_len

from seatsync.reports.view import clean

WHOLE = frozenset({"email", "member", "to", "at", "created_at"})
"""Columns that are never folded: what stands there is copied by people."""

WIDE = 1000
"""Columns of a sheet that nobody watches."""


class Sheet(Protocol):
    """``is_watched`` is whether a person looks on; ``width`` is in columns."""

    stream: IO[str]
    is_watched: bool
    width: int

    def line(self, *parts: tuple[str, str], folded: bool = True) -> None:
        """One line of (text, style)."""

    def paragraph(self, text: str) -> None:
        """Text of some length, set in."""

    def table(
        self,
        rows: Iterable[Sequence[str]],
        headers: Sequence[str] = (),
        right: Collection[str] = (),
        styles: Sequence[str] = (),
        indent: int = 0,
    ) -> None:
        """Rows under ``headers``, if there are any; the columns named in ``right`` are set to the right."""


class Pipe:
    """A sheet that nobody watches. It needs next to nothing of rich, whose tables take longer than many a plan."""

    is_watched = False
    width = WIDE

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def line(self, *parts: tuple[str, str], folded: bool = True) -> None:
        self.stream.write("".join(text for text, _ in parts) + "\n")

    def paragraph(self, text: str) -> None:
        self.stream.write(f"    {text}\n")

    def table(
        self,
        rows: Iterable[Sequence[str]],
        headers: Sequence[str] = (),
        right: Collection[str] = (),
        styles: Sequence[str] = (),
        indent: int = 0,
    ) -> None:
        told = [*([headers] if headers else []), *([clean(cell) for cell in row] for row in rows)]
        widths = [max(map(cell_len, column)) for column in zip(*told, strict=True)]
        to_right = [header in right for header in headers] or [False] * len(widths)
        for row in told:
            cells = [
                " " * (width - cell_len(cell)) + cell if is_right else cell + " " * (width - cell_len(cell))
                for cell, width, is_right in zip(row, widths, to_right, strict=True)
            ]
            self.stream.write(f"{' ' * indent}{'  '.join(cells)}".rstrip() + "\n")
