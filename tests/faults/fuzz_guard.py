"""Holds every input to its second and its memory, for real: the kernel counts both and stops who takes more.

It is CPU time that counts, so that a busy machine is no fault of the input. Meant for a process of its own: the limits
stay, and what can't be interrupted is killed together with it.
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
"""Seconds of the program's own, for code that never looks at signals."""
MEGABYTES = 256

_SIZES = Path("/proc/self/statm")


class TooSlow(BaseException):
    """Not an ``Exception``, lest the code that is too slow takes it for one of its own."""


class Guard:
    """``with guard:`` around what may take a second of CPU time and 256 MB more than there were when it was made.

    Too slow is told by ``TooSlow``, too large by ``MemoryError``.
    """

    def __init__(self) -> None:
        self.is_over = False
        signal.signal(signal.SIGPROF, self._stop)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        if _SIZES.exists():  # elsewhere there is no telling how large a process is
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
        if self.is_over:  # and somebody swallowed what was raised
            raise TooSlow

    def _stop(self, *_: object) -> None:
        self.is_over = True
        raise TooSlow
