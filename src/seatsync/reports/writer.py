"""Where text is written: a terminal, with colours and lines folded to its width, or a pipe, with whole lines for searching."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import IO, Protocol

from rich.cells import cell_len

from seatsync.reports.view.escaping import escape_controls

NEVER_FOLDED = frozenset({"email", "member", "to", "at", "created_at"})
"""Columns that are never folded, because people copy their values."""

UNLIMITED_WIDTH = 1000
"""The width of a pipe, in columns: wide enough that nothing is folded."""


class Writer(Protocol):
    """Writes lines, paragraphs and tables. ``is_watched`` says whether a person is watching; ``width`` is in columns."""

    stream: IO[str]
    is_watched: bool
    width: int

    def line(self, *parts: tuple[str, str], folded: bool = True) -> None:
        """Write one line of (text, style) parts."""

    def paragraph(self, text: str) -> None:
        """Write a long text, indented."""

    def table(
        self,
        rows: Iterable[Sequence[str]],
        headers: Sequence[str] = (),
        right: Collection[str] = (),
        styles: Sequence[str] = (),
        indent: int = 0,
    ) -> None:
        """Write rows under ``headers``, if given. The columns named in ``right`` are aligned to the right."""


class Pipe:
    """A ``Writer`` for output that nobody watches. It avoids rich, whose tables can take longer than the plan itself."""

    is_watched = False
    width = UNLIMITED_WIDTH

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
        lines = [*([headers] if headers else []), *([escape_controls(cell) for cell in row] for row in rows)]
        widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
        to_right = [header in right for header in headers] or [False] * len(widths)
        for row in lines:
            cells = [
                " " * (width - cell_len(cell)) + cell if is_right else cell + " " * (width - cell_len(cell))
                for cell, width, is_right in zip(row, widths, to_right, strict=True)
            ]
            self.stream.write(f"{' ' * indent}{'  '.join(cells)}".rstrip() + "\n")
