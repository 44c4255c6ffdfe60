"""Limits the time and the memory for each input. The kernel measures both and stops code that exceeds them.

Only CPU time counts, so that a busy machine does not matter. Use it in a separate process: the limits stay, and code that can't be
interrupted is killed together with the process.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 1.0
KILLED_AFTER = 3.0
"""Seconds of CPU time until the process is killed, for code that never checks for signals."""
MEGABYTES = 256

_SIZES = Path("/proc/self/statm")


class TooSlow(BaseException):
    """Raised if an input takes too long. Not an ``Exception``, so that the slow code does not catch it."""


class Guard:
    """``with guard:`` allows a second of CPU time, and 256 MB more than were in use when the guard was created.

    It raises ``TooSlow`` or ``MemoryError``.
    """

    def __init__(self) -> None:
        self.is_over = False
        signal.signal(signal.SIGPROF, self._stop)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        if _SIZES.exists():  # other systems do not tell the size of a process
            now = int(_SIZES.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (now + MEGABYTES * 2**20, hard))

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self.is_over = False
        signal.setitimer(signal.ITIMER_VIRTUAL, KILLED_AFTER)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if self.is_over:  # the exception was raised, but caught by the code
            raise TooSlow

    def _stop(self, *_: object) -> None:
        self.is_over = True
        raise TooSlow
