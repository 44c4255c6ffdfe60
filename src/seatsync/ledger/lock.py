"""The ledger's lock: who holds it, and waiting for it."""

from __future__ import annotations

import os
import random
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from seatsync.domain.text.characters import printable
from seatsync.ledger.failures import Locked

_SESSION = re.compile(r"seatsync (\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?: ([0-9a-f]{7}))? (.*)@(.*)")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: ``since`` is an instant (ISO, UTC), ``process`` a process id on ``host`` or on the server."""

    who: str
    host: str
    process: int
    since: str
    commit: str = ""

    @classmethod
    def here(cls, who: str, commit: str) -> Holder:
        """Return this process as the holder, from now on."""
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return cls(who, socket.gethostname(), os.getpid(), since, commit)

    @classmethod
    def of_session(cls, name: str, process: int) -> Holder:
        """Return the holder that a session on PostgreSQL names (``as_session``)."""
        if (found := _SESSION.fullmatch(name)) is None:
            return cls("another seatsync", "an unknown machine", process, "a moment ago")
        since = f"{found[1]}-{found[2]}-{found[3]}T{found[4]}:{found[5]}:{found[6]}Z"
        return cls(found[8], found[9], process, since, found[7] or "")

    def as_session(self) -> str:
        """Return the holder in the 63 ASCII characters that PostgreSQL keeps of a session's name."""
        commit = f" {self.commit[:7]}" if re.match(r"[0-9a-f]{7}", self.commit) else ""
        start = f"seatsync {re.sub('[-:]', '', self.since)}{commit} "
        who, host = self.who.replace("@", " at "), self.host.replace("@", "")
        room = 62 - len(start)
        who = who[: max(room - len(host), room // 2)]
        return f"{start}{who}@{host[: room - len(who)]}".encode("ascii", "replace").decode()

    def __str__(self) -> str:
        text = f"{self.who} on {self.host}, since {self.since}"
        return printable(f"{text}, for commit {self.commit[:10]}" if self.commit else text, 200)


@dataclass(frozen=True, slots=True)
class LockWait:
    """How long to wait for the lock (``seconds``). ``notice`` is called once with a line that says who is waited for."""

    seconds: float
    notice: Callable[[str], None]

    def wait(self, ledger: object, attempt: Callable[[], bool], holder: Callable[[], Holder | None]) -> None:
        """Call ``attempt`` until it has the lock.

        Raises:
            Locked: it does not have the lock after ``seconds``.
        """
        start, has_noticed, pause = time.monotonic(), False, 0.005
        while not attempt():
            waited = time.monotonic() - start
            if waited >= self.seconds:
                message = f"The ledger {ledger} is locked by {holder() or 'another seatsync'}."
                help = "Wait until it is done, or allow more time with --lock-timeout. `seatsync ledger unlock` shows the holder."
                raise Locked(message, help)
            if waited > 1 and not has_noticed:
                has_noticed = True
                self.notice(f"Waiting for {holder() or 'another seatsync'} …")
            time.sleep(min(pause, self.seconds - waited) * random.uniform(0.5, 1))  # noqa: S311
            pause = min(pause * 2, 0.25)
