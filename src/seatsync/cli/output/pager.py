"""Long output at a terminal goes through the person's pager (PAGER, or less); a pipe and a CI never have one."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TextIO

import click

from seatsync.cli.output.ci import in_ci


@contextmanager
def paged() -> Iterator[None]:
    """Hold standard output back while the block runs, then print it: through the pager if it is longer than the terminal."""
    if in_ci() or not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield
        return
    before, held = sys.stdout, _Held(sys.stdout)
    sys.stdout = held
    try:
        yield
    finally:
        sys.stdout = before
        _print(held.getvalue(), before)


class _Held(io.StringIO):
    """What is written for a terminal, which is still the one that is written for."""

    def __init__(self, terminal: IO[str]) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.terminal.fileno()


def _print(text: str, terminal: TextIO) -> None:
    if _lines(text) < shutil.get_terminal_size().lines:
        terminal.write(text)
        terminal.flush()
    else:
        click.echo_via_pager(text)


def _lines(text: str) -> int:
    """The lines that a terminal needs for the text."""
    from rich.cells import cell_len

    columns = shutil.get_terminal_size().columns
    return sum(max(1, -(-cell_len(click.unstyle(line)) // columns)) for line in text.splitlines())
