"""Mails with codes: handed to the mail server at once, by a thread beside the requests, so that no answer takes longer because a
mail goes out. They are not in the outbox: a code lives ten minutes, and the ledger has its hash alone.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import formatdate, make_msgid
from heapq import heappop, heappush
from itertools import count
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import NamedTuple

from seatsync.ledger.queries.outbox import LetterState
from seatsync.outbox.message import Sender, Unwritable, finished, new_message, wire_address
from seatsync.outbox.smtp import Connection, Server, Unsent

CODE_LIFETIME = timedelta(minutes=10)
"""How long a code is good, and so how long a mail with one is worth being sent."""

_WAITING = 1000
_PAUSES = (1.0, 5.0, 15.0, 60.0)
"""Seconds before a mail that was deferred is tried again; after the last it is the last again."""
_AWAY = (1.0, 5.0, 15.0)
"""Seconds before a server that can't be reached is tried again; after the last it is the last again."""
_LAST = 5.0
"""Seconds for what still waits when the server ends."""

log = logging.getLogger("seatsync.post")


class _Mail(NamedTuple):
    """A mail, from when on it is to be tried, and until when it is worth anything; ``number`` has those due at once in order."""

    due: float
    number: int
    to: str
    message: bytes
    until: float
    tries: int = 0


class Post:
    """Hands mails in, one after the other. One that the server defers steps aside until it is due again, so that it holds up no
    other: whoever asks for codes at a domain that takes none must not delay everybody's.
    """

    def __init__(self, server: Server, sender: Sender, clock: Callable[[], float] = time.monotonic) -> None:
        self.connection = Connection(server)
        self.sender = sender
        self.clock = clock
        self.queue: Queue[_Mail | None] = Queue(_WAITING)
        self.deferred: list[_Mail] = []  # a heap, beside the queue: however many wait here, new ones have their place
        self.numbers = count()
        self.away = 0
        self.thread: Thread | None = None
        self.stopping = Event()

    def start(self) -> None:
        """Begin to send."""
        self.thread = Thread(target=self._run, name="post", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Send what is due, once and for a few seconds at most; the log says how many mails were not."""
        if self.thread is None:
            return
        self.stopping.set()
        with suppress(Full):
            self.queue.put(None, timeout=_LAST)
        self.thread.join(_LAST)
        if self.thread.is_alive() or self.deferred:
            self._tell_dropped(len(self.deferred) + self.queue.qsize())

    def send(self, to: str, subject: str, text: str) -> None:
        """Have a mail sent. Where too many wait, or it can't be written, this one is dropped, and the log says so."""
        try:
            message = new_message(self.sender, "", to, subject)
            message["Date"] = formatdate()
            message["Message-ID"] = make_msgid(domain=wire_address(self.sender.address).rpartition("@")[2])
            mail = finished(message, text)
        except Unwritable:
            log.error("mail-failed")
            return
        now = self.clock()
        try:
            self.queue.put_nowait(
                _Mail(now, next(self.numbers), wire_address(to), mail, now + CODE_LIFETIME.total_seconds())
            )
        except Full:
            self._tell_dropped(_WAITING)

    def _run(self) -> None:
        while (mail := self._next()) is not None:
            if mail.until <= self.clock():
                self._tell_dropped(1)
            else:
                self._hand_in(mail)
            if self.queue.empty():
                self.connection.close()
        self.connection.close()

    def _next(self) -> _Mail | None:
        """The mail that is due, once there is one; None at the end."""
        while True:
            wait = self.deferred[0].due - self.clock() if self.deferred else None
            if wait is not None and wait <= 0:
                return heappop(self.deferred)
            with suppress(Empty):
                return self.queue.get(timeout=wait)

    def _hand_in(self, mail: _Mail) -> None:
        try:
            outcome = self.connection.send(wire_address(self.sender.address), mail.to, mail.message)
        except Unsent as unsent:
            log.warning("mail-not-sent", extra={"help": unsent.help})
            if unsent.passes and not self.stopping.is_set():
                heappush(self.deferred, mail)  # it is no fault of the mail's, which stays the first
                self.stopping.wait(_AWAY[min(self.away, len(_AWAY) - 1)])
                self.away += 1
            return
        except Exception:  # one bad mail must not end the thread that all codes go through
            log.exception("mail-failed")
            return
        self.away = 0
        if outcome.state is LetterState.SENT:
            log.info("mail-sent")
            return
        log.warning("mail-not-sent", extra={"reply": _code(outcome.reply)})
        if outcome.state is LetterState.PENDING:
            self._defer(mail)

    def _defer(self, mail: _Mail) -> None:
        if len(self.deferred) >= _WAITING:
            self._tell_dropped(1)
            return
        pause = _PAUSES[min(mail.tries, len(_PAUSES) - 1)]
        heappush(self.deferred, mail._replace(due=self.clock() + pause, tries=mail.tries + 1))

    def _tell_dropped(self, mails: int) -> None:
        log.error("mail-dropped", extra={"waiting": mails})


def _code(reply: str) -> str:
    """The numbers that a server's answer begins with; its words may name whom it is about."""
    found = re.match(r"\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?\b", reply)
    return found[0] if found is not None else "none"
