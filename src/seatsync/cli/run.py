"""The settings of one run of a command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from seatsync.reports.redaction import Redactor


@dataclass(frozen=True)
class Run:
    """The settings of one run of a command: the shared options.

    ``now`` is a time in UTC; its date is the "today" of a plan. ``redactor`` is set if all output leaves names out.
    """

    ledger: str | None
    now: datetime
    format: str = "text"
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    lock_timeout: float = 30.0
    redactor: Redactor | None = None

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def at(self) -> str:
        """``now`` in the journal's spelling."""
        return self.now.isoformat(timespec="seconds").replace("+00:00", "Z")

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show at a terminal what the command is doing, while the block runs."""
        if self.quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console

        with Console(stderr=True, no_color=self.no_color or None).status(what):
            yield

    def say(self, message: str) -> None:
        """Print a message on standard error, unless ``--quiet``."""
        if not self.quiet:
            click.echo(message, err=True)
