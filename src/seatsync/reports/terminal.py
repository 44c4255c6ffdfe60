"""A terminal, by rich: it knows the width of every script, and honours NO_COLOR and COLUMNS."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest
from typing import IO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seatsync.reports.sheet import WHOLE, WIDE
from seatsync.reports.view import clean


class Terminal:
    """See ``sheet.Sheet``."""

    def __init__(self, stream: IO[str], no_color: bool) -> None:
        wide = None if stream.isatty() or os.environ.get("COLUMNS") else WIDE
        self.out = Console(
            file=stream, no_color=no_color or None, width=wide, highlight=False, markup=False, emoji=False
        )
        self.stream = stream
        self.is_watched = self.out.is_terminal
        self.width = self.out.width

    def line(self, *parts: tuple[str, str], folded: bool = True) -> None:
        self.out.print(Text.assemble(*parts), soft_wrap=not folded)

    def paragraph(self, text: str) -> None:
        self._put(Padding(Text(text), (0, 0, 0, 4), expand=False))

    def table(
        self,
        rows: Iterable[Sequence[str]],
        headers: Sequence[str] = (),
        right: Collection[str] = (),
        styles: Sequence[str] = (),
        indent: int = 0,
    ) -> None:
        made = Table(box=None, pad_edge=False, show_header=bool(headers), header_style="bold", padding=(0, 2, 0, 0))
        for header, style in zip_longest(headers, styles, fillvalue=""):
            justify = "right" if header in right else "left"
            made.add_column(header, style=style, justify=justify, overflow="fold", no_wrap=header in WHOLE)  # type: ignore[arg-type]
        for row in rows:
            made.add_row(*(Text(clean(cell)) for cell in row))
        self._put(Padding(made, (0, 0, 0, indent)))

    def _put(self, what: Padding) -> None:
        """Print without the blanks that fill lines up."""
        with self.out.capture() as captured:
            self.out.print(what)
        self.stream.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
