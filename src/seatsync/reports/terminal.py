"""Writing to a terminal with rich, which knows the width of every script and honours NO_COLOR and COLUMNS."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest
from typing import IO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.writer import NEVER_FOLDED, UNLIMITED_WIDTH


class Terminal:
    """A ``Writer`` for a terminal."""

    def __init__(self, stream: IO[str], no_color: bool) -> None:
        width = None if stream.isatty() or os.environ.get("COLUMNS") else UNLIMITED_WIDTH
        self.out = Console(
            file=stream, no_color=no_color or None, width=width, highlight=False, markup=False, emoji=False
        )
        self.stream = stream
        self.is_watched = self.out.is_terminal
        self.width = self.out.width

    def line(self, *parts: tuple[str, str], folded: bool = True) -> None:
        self.out.print(Text.assemble(*parts), soft_wrap=not folded)

    def paragraph(self, text: str) -> None:
        self._print(Padding(Text(text), (0, 0, 0, 4), expand=False))

    def table(
        self,
        rows: Iterable[Sequence[str]],
        headers: Sequence[str] = (),
        right: Collection[str] = (),
        styles: Sequence[str] = (),
        indent: int = 0,
    ) -> None:
        table = Table(box=None, pad_edge=False, show_header=bool(headers), header_style="bold", padding=(0, 2, 0, 0))
        for header, style in zip_longest(headers, styles, fillvalue=""):
            justify = "right" if header in right else "left"
            table.add_column(header, style=style, justify=justify, overflow="fold", no_wrap=header in NEVER_FOLDED)  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*(Text(escape_controls(cell)) for cell in row))
        self._print(Padding(table, (0, 0, 0, indent)))

    def _print(self, block: Padding) -> None:
        """Print without trailing spaces."""
        with self.out.capture() as captured:
            self.out.print(block)
        self.stream.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
