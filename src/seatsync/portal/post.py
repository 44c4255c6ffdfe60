"""Mails with codes: handed to the mail server at once, by a thread beside the requests, so that no answer takes longer because a
mail goes out. They are not in the outbox: a code lives ten minutes, and the ledger has its hash alone.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from queue import Full, Queue
from threading import Event, Thread

from seatsync.outbox.message import Sender, new_message, wire_address
from seatsync.outbox.queue import State
from seatsync.outbox.smtp import Connection, Server, Unsent

_WAITING = 1000
_PAUSES = (1.0, 5.0, 15.0)
"""Seconds before a mail is tried again; after the last it is given up, as whoever waits for it will have."""
_LAST = 5.0
"""Seconds for what still waits when the server ends."""

log = logging.getLogger("seatsync.post")


class Post:
    """Hands mails in, one after the other."""

    def __init__(self, server: Server, sender: Sender) -> None:
        self.connection = Connection(server)
        self.sender = sender
        self.queue: Queue[EmailMessage | None] = Queue(_WAITING)
        self.thread: Thread | None = None
        self.stopping = Event()

    def start(self) -> None:
        """Begin to send."""
        self.thread = Thread(target=self._run, name="post", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Send what waits, once and for a few seconds at most; the log says how many mails were not."""
        if self.thread is None:
            return
        self.stopping.set()
        with suppress(Full):
            self.queue.put(None, timeout=_LAST)
        self.thread.join(_LAST)
        if self.thread.is_alive():
            log.error("mail-dropped", extra={"waiting": self.queue.qsize()})

    def send(self, to: str, subject: str, text: str) -> None:
        """Have a mail sent. Where too many wait, this one is dropped, and the log says so."""
        message = new_message(self.sender, "", to, subject)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=wire_address(self.sender.address).rpartition("@")[2])
        message.set_content(text)
        try:
            self.queue.put_nowait(message)
        except Full:
            log.error("mail-dropped", extra={"waiting": _WAITING})

    def _run(self) -> None:
        while (message := self.queue.get()) is not None:
            self._hand_in(message)
            if self.queue.empty():
                self.connection.close()
        self.connection.close()

    def _hand_in(self, message: EmailMessage) -> None:
        address = message["To"].addresses[0].addr_spec
        for pause in (*_PAUSES, 0):
            try:
                outcome = self.connection.send(wire_address(self.sender.address), address, message)
                passes, facts = outcome.state is State.PENDING, {"reply": _code(outcome.reply)}
                if outcome.state is State.SENT:
                    log.info("mail-sent")
                    return
            except Unsent as unsent:
                passes, facts = unsent.passes, {"help": unsent.help}
            except Exception:  # one bad mail must not end the thread that all codes go through
                log.exception("mail-failed")
                return
            log.warning("mail-not-sent", extra=facts)
            if not passes or self.stopping.wait(pause):
                return


def _code(reply: str) -> str:
    """The numbers that a server's answer begins with; its words may name whom it is about."""
    found = re.match(r"\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?\b", reply)
    return found[0] if found is not None else "none"
