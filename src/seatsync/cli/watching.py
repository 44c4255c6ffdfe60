"""Commands that go on until they are ended: how they are, and what their clock says."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Any

from seatsync.cli.run import Run


@contextmanager
def ended_gently() -> Iterator[Event]:
    """Set by the first SIGTERM or Ctrl-C; the second does what it always does."""
    stop = Event()
    before: dict[int, Any] = {}

    def end(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    for number in (int(signal.SIGTERM), int(signal.SIGINT)):
        before[number] = signal.signal(number, end)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def clock(run: Run) -> Callable[[], datetime]:
    """The time, going on from the one to go by."""
    began = datetime.now(UTC)
    return lambda: run.now + (datetime.now(UTC) - began)
