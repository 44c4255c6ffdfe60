"""For commands that run until they are stopped: the stop signal and a running clock."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Any

from seatsync.cli.run import Run


@contextmanager
def stop_on_signal() -> Iterator[Event]:
    """An event that the first SIGTERM or Ctrl-C sets. The second signal has its usual effect."""
    stop = Event()
    handlers: dict[int, Any] = {}

    def end(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, handlers[number])

    for number in (int(signal.SIGTERM), int(signal.SIGINT)):
        handlers[number] = signal.signal(number, end)
    try:
        yield stop
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def clock(run: Run, timezone: str = "") -> Callable[[], datetime]:
    """A function that returns the current instant: ``run.now`` in this time zone plus the time since this call."""
    started, now = datetime.now(UTC), run.instant(timezone)
    return lambda: now + (datetime.now(UTC) - started)
