"""Where text is written: a terminal, with colours and lines folded to its width, or a pipe, with whole lines for searching."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import IO, Protocol

from seatsync.reports.tables.layout import lay_out

UNLIMITED_WIDTH = 1_000_000
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
        """Write rows under ``headers``, if given. The columns named in ``right`` are aligned to the right; empty ones are left out."""


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
        for parts in lay_out(rows, headers, right):
            self.stream.write(" " * indent + "".join(text for text, _ in parts) + "\n")
