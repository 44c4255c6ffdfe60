"""Real mail servers for the tests: aiosmtpd on a port of this machine, with replies that a test chooses."""

from __future__ import annotations

import os
import signal
import socket
import ssl
from asyncio import AbstractServer, WriteTransport
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Answer = Callable[[str], str]
"""Return the reply for an address: empty to accept it, ``break`` to cut the connection."""


class Mailroom:
    """The letters that a server received, and its behavior.

    ``at_rcpt`` and ``at_data`` replace its replies, ``after`` replaces the reply after it has stored a letter. ``victim`` is a
    process that is killed ``after_250`` seconds after the acknowledgement of a letter.
    """

    def __init__(self, at_rcpt: Answer = lambda to: "", at_data: Answer = lambda to: "") -> None:
        self.at_rcpt = at_rcpt
        self.at_data = at_data
        self.after: Answer = lambda to: ""
        self.at_mail = ""
        self.at_smtputf8 = ""
        self.port = 0
        self.letters: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.to: list[str] = []
        self.sessions: set[int] = set()
        self.signed_in: list[bytes] = []
        self.victim = 0
        self.spared = 0
        self.after_250 = 0.0
        self._lock = Lock()

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if self.at_mail or (self.at_smtputf8 and "SMTPUTF8" in options):
            return self.at_mail or self.at_smtputf8
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if answer := self.at_rcpt(address):
            return _answered(server, answer)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (to,) = envelope.rcpt_tos
        if answer := self.at_data(to):
            return _answered(server, answer)
        content = envelope.content
        assert isinstance(content, bytes)
        with self._lock:
            self.to.append(to)
            self.sessions.add(id(session))
            self.raw.append(content)
            self.letters.append(message_from_bytes(content, policy=policy.SMTP))
        if answer := self.after(to):
            return _answered(server, answer)
        if self.victim:
            self.spared -= 1
            if self.spared < 0:
                server.loop.call_later(self.after_250, _kill, self.victim)
                self.victim = 0
        return "250 OK: taken"

    def check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.signed_in.append(data.login)
        return AuthResult(success=data.password == b"a secret/of ours", handled=False)

    def ids(self) -> list[str]:
        return [letter["Message-ID"] for letter in self.letters]


def _answered(server: SMTP, answer: str) -> str:
    if answer == "break":
        assert isinstance(server.transport, WriteTransport)
        server.transport.abort()
    return answer


def _kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


class _Listening(Controller):
    """A server on a socket that is already bound, so that no other process can take its port before it listens."""

    def __init__(self, room: Mailroom, port: int, **settings: Any) -> None:
        self.bound = socket.create_server(("127.0.0.1", port))
        super().__init__(room, hostname="127.0.0.1", port=self.bound.getsockname()[1], **settings)

    def _create_server(self) -> Coroutine[Any, Any, AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.bound)


@contextmanager
def mail_server(room: Mailroom, tls: ssl.SSLContext | None = None, port: int = 0, **settings: Any) -> Iterator[int]:
    """Run a server and yield its port, by default a free one. With ``tls`` it requires STARTTLS and a sign-in."""
    if tls is not None:
        settings |= {"tls_context": tls, "require_starttls": True, "authenticator": room.check, "auth_required": True}
    controller = _Listening(room, port, **{"enable_SMTPUTF8": True, **settings})
    controller.start()
    room.port = controller.port
    try:
        yield room.port
    finally:
        controller.stop()
