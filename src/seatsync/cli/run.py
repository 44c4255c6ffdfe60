"""How a command was asked to behave."""

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
    """How a command was asked to behave. ``now`` is an instant in UTC; its date is the "today" of a plan. There is a
    ``redactor`` where names are to be left out of all output."""

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
        """The instant, as the journal writes it."""
        return self.now.isoformat(timespec="seconds").replace("+00:00", "Z")

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Tell a person at a terminal what is going on while they wait."""
        if self.quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console

        with Console(stderr=True, no_color=self.no_color or None).status(what):
            yield

    def say(self, message: str) -> None:
        """Something for the person at the terminal, who can be spared it."""
        if not self.quiet:
            click.echo(message, err=True)
