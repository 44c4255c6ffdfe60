"""The options of commands that give metrics, and what they count with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from seatsync.cli.extras import needs
from seatsync.cli.institution import ledger_of
from seatsync.cli.long_running import listen_at
from seatsync.cli.options import Command, option, with_options
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_METRICS = option("--metrics", metavar="ADDRESS:PORT", help="Give metrics (OpenMetrics) at this address.")
_EACH = option("--metrics-institutions", is_flag=True, help="Give metrics of each institution, too, with its id.")

Counting = TypeVar("Counting")
Count = Callable[[str, int], None]
"""Counts what a sender does (``metrics.of_process.Sent``)."""


@dataclass(frozen=True)
class Metrics:
    """Where to give metrics, and whether of each institution."""

    host: str
    port: int
    by_institution: bool

    def start(
        self, run: Run, folder: Path, now: Callable[[], datetime], own: Callable[[CollectorRegistry], Counting]
    ) -> Counting:
        """Give metrics of this process and of the folder's ledger from now on. Return what ``own`` returns, which adds those of the
        command: before the first scraper asks, so that none misses a series.

        A ledger in Git has no metrics, because each reading would be a fetch.
        """
        from seatsync.ledger.stores.addresses import in_git

        with needs("metrics"):
            from seatsync.metrics.endpoint import give, new_registry
            from seatsync.metrics.of_ledger import LedgerMetrics
        registry = new_registry()
        if run.ledger is None or not in_git(run.ledger):
            # a connection of its own, so that it never waits for one
            ledger = ledger_of(replace(run, quiet=True, wait=0.0, lock_timeout=1.0), folder, pool_size=1)
            registry.register(LedgerMetrics(ledger, now, self.by_institution))
        counting = own(registry)
        give(registry, self.host, self.port)
        return counting

    def sender(self, run: Run, folder: Path, now: Callable[[], datetime]) -> Count:
        """Give the metrics of a sender of letters from now on. Return the function that counts what it does."""
        return self.start(run, folder, now, _sent)


def _sent(registry: CollectorRegistry) -> Count:
    from seatsync.metrics.of_process import Sent

    return Sent(registry).count


def metrics(command: Command) -> Command:
    """Add the options. The command is called with ``metrics``: None if none are wanted."""

    @wraps(command)
    def wrapper(metrics: str | None, metrics_institutions: bool, **rest: Any) -> Any:
        wanted = Metrics(*listen_at("--metrics", metrics), metrics_institutions) if metrics else None
        return command(metrics=wanted, **rest)

    return with_options(cast(Command, wrapper), [_METRICS, _EACH])
