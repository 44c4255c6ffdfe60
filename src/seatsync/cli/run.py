"""The settings of one run of a command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from seatsync.cli.from_here import from_here
from seatsync.domain.text.days import day_in, instant_in, iso
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.reports.redaction import Redactor


@dataclass(frozen=True)
class Run:
    """The settings of one run of a command: the shared options.

    ``now`` is a moment (``domain.text.days``): an instant, or for ``--now 2026-06-30`` the beginning of that day at the
    institution. ``redactor`` is set if all output leaves names out, ``is_job`` in a CI job.
    """

    ledger: str | None
    now: datetime
    format: str = "text"
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    lock_timeout: float = 30.0
    wait: float = 0.0
    redactor: Redactor | None = None
    is_job: bool = False

    def today(self, timezone: str) -> date:
        """The day in an institution's time zone."""
        return day_in(self.now, timezone)

    def instant(self, timezone: str) -> datetime:
        """``now`` at an institution, in UTC."""
        return instant_in(self.now, timezone)

    def at(self, timezone: str) -> str:
        """``now`` at an institution, in the journal's spelling."""
        return iso(self.instant(timezone))

    @property
    def shows_progress(self) -> bool:
        """Whether somebody looks at a terminal. A job's log only keeps the text, also where the job has a terminal."""
        return not self.quiet and not self.is_job and sys.stderr.isatty()

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show at a terminal what the command is doing, while the block runs. It gets a function that shows something else."""
        if not self.shows_progress:
            yield lambda what: None
            return
        from rich.console import Console

        with Console(stderr=True, no_color=self.no_color or None).status(what) as status:
            yield status.update

    def say(self, message: str) -> None:
        """Print a message on standard error, unless ``--quiet``."""
        if not self.quiet:
            say(from_here(message))
