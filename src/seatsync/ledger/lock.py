"""Who holds the ledger's lock, and waiting for them."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from seatsync.domain.text.characters import printable
from seatsync.ledger.failures import LedgerError


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes: ``since`` is the clock's instant (ISO, UTC), ``process`` a number on ``host``, or on the server."""

    who: str
    host: str
    process: int
    since: str
    commit: str = ""

    @classmethod
    def here(cls, who: str, commit: str) -> Holder:
        """This process, from now on."""
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return cls(who, socket.gethostname(), os.getpid(), since, commit)

    def __str__(self) -> str:
        told = f"{self.who} on {self.host}, since {self.since}"
        return printable(f"{told}, for commit {self.commit[:10]}" if self.commit else told, 200)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the lock (``seconds``), and who is told that one waits, and for whom."""

    seconds: float
    notice: Callable[[str], None]

    def wait(self, ledger: object, attempt: Callable[[], bool], holder: Callable[[], Holder | None]) -> None:
        """Until ``attempt`` has the lock.

        Raises:
            LedgerError: it had not after ``seconds``.
        """
        began, told, pause = time.monotonic(), False, 0.005
        while not attempt():
            waited = time.monotonic() - began
            if waited >= self.seconds:
                message = f"The ledger {ledger} is locked by {holder() or 'another seatsync'}."
                help = "Wait until that is done, or give more time with --lock-timeout; `seatsync ledger unlock` tells more."
                raise LedgerError(message, help)
            if waited > 1 and not told:
                told = True
                self.notice(f"Waiting for {holder() or 'another seatsync'} …")
            time.sleep(min(pause, self.seconds - waited) * random.uniform(0.5, 1))  # noqa: S311
            pause = min(pause * 2, 0.25)
