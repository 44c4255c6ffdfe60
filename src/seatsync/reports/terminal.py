"""Writing to a terminal with rich, which knows the width of every script and honours NO_COLOR and COLUMNS."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import IO
from unicodedata import bidirectional

from rich.console import Console
from rich.text import Text

from seatsync.reports.sentences import HANG, columns_of, words_in_lines
from seatsync.reports.tables.layout import HEADER, LABEL, Part, lay_out
from seatsync.reports.writer import UNLIMITED_WIDTH

_MARK = "\N{LEFT-TO-RIGHT MARK}"


class Terminal:
    """A ``Writer`` for a terminal."""

    def __init__(self, stream: IO[str], no_color: bool) -> None:
        width = columns_of(stream) or UNLIMITED_WIDTH
        self.out = Console(
            file=stream, no_color=no_color or None, width=width, highlight=False, markup=False, emoji=False
        )
        self.stream = stream
        self.is_watched = self.out.is_terminal
        self.width = width

    def line(self, *parts: tuple[str, str], folded: bool = True) -> None:
        whole = Text.assemble(*parts)
        for line in whole.split(allow_blank=True) if folded else [whole]:
            self.out.print(_folded(line, self.width) if folded else line, soft_wrap=True)

    def paragraph(self, text: str) -> None:
        for paragraph in text.splitlines():
            self.stream.writelines(f"    {line}\n" for line in words_in_lines(paragraph, self.width - 4))

    def table(
        self,
        rows: Iterable[Sequence[str]],
        headers: Sequence[str] = (),
        right: Collection[str] = (),
        styles: Sequence[str] = (),
        indent: int = 0,
    ) -> None:
        for parts in lay_out(rows, headers, right, self.width - indent):
            styled = [(text, self._style(column, styles)) for text, column in _kept_apart(parts)]
            if any(style for _, style in styled):
                self.line((" " * indent, ""), *styled, folded=False)
            else:  # much faster than rich, and there may be a hundred thousand
                self.stream.write(" " * indent + "".join(text for text, _ in styled) + "\n")

    @staticmethod
    def _style(column: int, styles: Sequence[str]) -> str:
        if column == HEADER:
            return "bold"
        if column == LABEL:
            return "dim"
        return styles[column] if column < len(styles) else ""


def _kept_apart(parts: list[Part]) -> list[Part]:
    """The parts of a line; behind one that is written from right to left, a mark (left-to-right) that nobody sees. Without it, a
    terminal that shows such a name in its order takes a number in the next column for a part of it."""
    before = ((text + _MARK if _goes_left(text) else text, column) for text, column in parts[:-1])
    return [*before, *parts[-1:]]


def _goes_left(text: str) -> bool:
    return not text.isascii() and any(bidirectional(letter) in ("R", "AL") for letter in text)


def _folded(line: Text, width: int) -> Text:
    """The line with line ends between its words, and what goes on indented by ``HANG``; rich would break a long word."""
    plain = line.plain.lstrip(" ")
    indent = len(line.plain) - len(plain)
    if line.cell_len <= width:
        return line
    starts, end = list[int](), 0
    for one in words_in_lines(plain, width - indent, HANG):
        starts.append(plain.index(one, end))
        end = starts[-1] + len(one)
    first, *rest = (_without_end(piece) for piece in line[indent:].divide(starts[1:]))
    return Text("\n").join([Text(" " * indent) + first, *(Text(" " * (indent + HANG)) + piece for piece in rest)])


def _without_end(text: Text) -> Text:
    text.rstrip()
    return text
