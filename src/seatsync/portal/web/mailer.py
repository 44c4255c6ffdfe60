"""Send mails with codes.

A thread sends them right away, so that no request waits for the mail server. They are not in the outbox: a code works for
ten minutes only, and the ledger has only its hash.
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

from seatsync.domain.letters import LetterState
from seatsync.outbox.message import Sender, Unwritable, finished, new_message, wire_address
from seatsync.outbox.smtp import Connection, Server, Unsent

CODE_LIFETIME = timedelta(minutes=10)
"""How long a code works. A mail with an older code is not sent."""

_MAX_QUEUED = 1000
_RETRY_PAUSES = (1.0, 5.0, 15.0, 60.0)
"""Seconds before the next try of a deferred mail. The last value repeats."""
_RECONNECT_PAUSES = (1.0, 5.0, 15.0)
"""Seconds before the next try of a server that cannot be reached. The last value repeats."""
_SHUTDOWN_SECONDS = 5.0
"""Seconds to send what is still queued at shutdown."""

log = logging.getLogger("seatsync.post")


class _Mail(NamedTuple):
    """A mail, when to try it next (``due``), and until when to send it. ``number`` orders mails that are due at the same time."""

    due: float
    number: int
    to: str
    message: bytes
    until: float
    tries: int = 0


class Mailer:
    """Sends mails one after the other. A mail that the server defers waits apart from the queue, so that it delays no other. A
    person who asks for codes at a domain that accepts none must not delay everyone's codes."""

    def __init__(self, server: Server, sender: Sender, clock: Callable[[], float] = time.monotonic) -> None:
        self.connection = Connection(server)
        self.sender = sender
        self.clock = clock
        self.queue: Queue[_Mail | None] = Queue(_MAX_QUEUED)
        self.deferred: list[_Mail] = []  # a heap; it takes no place in the queue
        self.numbers = count()
        self.failed_connects = 0
        self.thread: Thread | None = None
        self.stopping = Event()

    def start(self) -> None:
        """Start the thread that sends."""
        self.thread = Thread(target=self._run, name="post", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Send what is due, for a few seconds at most. The log says how many mails were not sent."""
        if self.thread is None:
            return
        self.stopping.set()
        with suppress(Full):
            self.queue.put(None, timeout=_SHUTDOWN_SECONDS)
        self.thread.join(_SHUTDOWN_SECONDS)
        if self.thread.is_alive() or self.deferred:
            self._log_dropped(len(self.deferred) + self.queue.qsize())

    def send(self, to: str, subject: str, text: str) -> None:
        """Queue a mail. If the queue is full or the mail cannot be written, drop the mail and log that."""
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
            self._log_dropped(_MAX_QUEUED)

    def _run(self) -> None:
        while (mail := self._next()) is not None:
            if mail.until <= self.clock():
                self._log_dropped(1)
            else:
                self._submit(mail)
            if self.queue.empty():
                self.connection.close()
        self.connection.close()

    def _next(self) -> _Mail | None:
        """Wait for the next mail that is due and return it; None at shutdown."""
        while True:
            wait = self.deferred[0].due - self.clock() if self.deferred else None
            if wait is not None and wait <= 0:
                return heappop(self.deferred)
            with suppress(Empty):
                return self.queue.get(timeout=wait)

    def _submit(self, mail: _Mail) -> None:
        try:
            outcome = self.connection.send(wire_address(self.sender.address), mail.to, mail.message)
        except Unsent as unsent:
            log.warning("mail-not-sent", extra={"help": unsent.help})
            if unsent.is_temporary and not self.stopping.is_set():
                heappush(self.deferred, mail)  # the mail is not at fault, so it stays first
                self.stopping.wait(_RECONNECT_PAUSES[min(self.failed_connects, len(_RECONNECT_PAUSES) - 1)])
                self.failed_connects += 1
            return
        except Exception:  # one bad mail must not end the thread that sends all codes
            log.exception("mail-failed")
            return
        self.failed_connects = 0
        if outcome.state is LetterState.SENT:
            log.info("mail-sent")
            return
        log.warning("mail-not-sent", extra={"reply": _status_code(outcome.reply)})
        if outcome.state is LetterState.PENDING:
            self._defer(mail)

    def _defer(self, mail: _Mail) -> None:
        if len(self.deferred) >= _MAX_QUEUED:
            self._log_dropped(1)
            return
        pause = _RETRY_PAUSES[min(mail.tries, len(_RETRY_PAUSES) - 1)]
        heappush(self.deferred, mail._replace(due=self.clock() + pause, tries=mail.tries + 1))

    def _log_dropped(self, mails: int) -> None:
        log.error("mail-dropped", extra={"waiting": mails})


def _status_code(reply: str) -> str:
    """Return the status code of a server's reply. Its text may contain an e-mail address."""
    found = re.match(r"\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?\b", reply)
    return found[0] if found is not None else "none"
