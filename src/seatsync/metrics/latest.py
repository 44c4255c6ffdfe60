"""The latest result of a function that may be slow or hang, for callers that must not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, NamedTuple, TypeVar

log = logging.getLogger("seatsync.metrics")

FRESH = 15.0
"""Seconds for which a result is not asked for again."""

SHARE = 10
"""A call that took long is repeated only after this many times its own duration: so it uses a tenth of the time at most."""

DEADLINE = 5.0
"""Seconds that a caller waits for a new result. After that it gets the one before."""

PATIENCE = 30.0
"""Seconds that a result still counts after it should have been replaced."""

Result = TypeVar("Result")


class _Known(NamedTuple, Generic[Result]):
    result: Result | None
    due: float


class Latest(Generic[Result]):
    """Calls ``read`` when somebody asks, in a thread of its own and one call at a time."""

    def __init__(self, read: Callable[[], Result]) -> None:
        self._read = read
        self._lock = Lock()
        self._running: Thread | None = None
        self._known = _Known[Result](None, 0)

    def get(self) -> Result | None:
        """Return the latest result; None if the last call failed, or did not end in time."""
        if (running := self._started()) is not None:
            running.join(DEADLINE)
        known = self._known
        return known.result if time.monotonic() < known.due + PATIENCE else None

    def _started(self) -> Thread | None:
        """The running call; a new one if the result is not fresh; None if it is."""
        with self._lock:
            if self._running is not None and self._running.is_alive():
                return self._running
            if time.monotonic() < self._known.due:
                return None
            self._running = Thread(target=self._run, name="figures", daemon=True)  # may hang: must not keep the process
            self._running.start()
            return self._running

    def _run(self) -> None:
        began, result = time.monotonic(), None
        try:
            result = self._read()
        except Exception:  # whatever it is, the scraper must get the other metrics
            log.warning("figures-not-read", exc_info=True)
        ended = time.monotonic()
        self._known = _Known(result, ended + max(FRESH, SHARE * (ended - began)))
