"""The mail server: its address, one connection for many letters, and the meaning of its replies."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.letters import LetterState
from seatsync.domain.text.characters import printable
from seatsync.domain.text.ledger_addresses import ENCODED
from seatsync.domain.text.secrets import masked

TIMEOUT = 60.0
"""Seconds to wait for a reply."""

_EXAMPLE = "Write SEATSYNC_SMTP_URL as smtp://user:password@mail.school.example:587 or smtps://…:465."
_SIGNING_IN = (530, 534, 535, 538)
"""Replies about signing in. A server may give them for one recipient and accept all others."""

_MOST_IN_DOUBT = 3
"""After letters to this many recipients in a row have failed, the server counts as failing, and not the letters."""


class BadAddress(Failure):
    """The server's address is not valid or not safe. The message contains no part of a password."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str) -> None:
        super().__init__(message, "Correct SEATSYNC_SMTP_URL; nothing was sent.")


class Unsent(Failure):
    """The server accepts no letters at all. ``is_temporary``: it may accept them later."""

    def __init__(self, message: str, help: str, is_temporary: bool) -> None:
        super().__init__(message, help)
        self.is_temporary = is_temporary


class SenderRefused(Unsent):
    """The server accepts no letters from this sender."""


class Outcome(NamedTuple):
    """The result for a letter: sent, bounced or still pending, with the server's last reply."""

    state: LetterState
    reply: str


@dataclass(frozen=True)
class Server:
    """A mail server. ``security`` is ``tls`` (from the first byte), ``starttls`` (required), or ``none``."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Server:
        """Return the server for an ``smtp://`` or ``smtps://`` address.

        Raises:
            BadAddress: it is not valid, or it would send a password unencrypted.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # its message quotes the port, which may be a part of the password
            raise BadAddress(f"The port in SEATSYNC_SMTP_URL is not valid. {_EXAMPLE} {ENCODED}") from None
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.fragment:
            raise BadAddress(f"{_EXAMPLE} {ENCODED}")
        option = options.pop("starttls", "")
        if options or option not in ("", "required", "never") or (option and parts.scheme == "smtps"):
            raise BadAddress(
                "SEATSYNC_SMTP_URL has one option: ?starttls=required or, on a network that you trust, ?starttls=never."
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        is_here = is_loopback(parts.hostname)
        if user and option == "never" and not is_here:
            raise BadAddress(
                "With ?starttls=never anybody on the network could read the password. Remove the option or the user."
            )
        security = "starttls" if option == "required" or (not option and (user or not is_here)) else "none"
        if parts.scheme == "smtps":
            return cls(parts.hostname, port or 465, "tls", user, password)
        return cls(parts.hostname, port or (587 if user else 25), security, user, password)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """A connection that sends letters. It opens for the first one, stays open for all, and opens again after a loss."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._smtp: smtplib.SMTP | None = None
        self._in_doubt: set[str] = set()
        self._last_reply = ""

    def send(self, sender: str, to: str, message: bytes) -> Outcome:
        """Send one letter, given as the bytes of its message.

        Raises:
            Unsent: the server cannot be reached, or accepts no letters at all.
        """
        if len(self._in_doubt) >= _MOST_IN_DOUBT:
            self._in_doubt.clear()
            raise Unsent(
                f"The mail server {self.server} fails for one letter after another: {self._last_reply}.", _LATER, True
            )
        is_fresh = self._smtp is None
        smtp = self._smtp or self._open()
        try:
            return self._transaction(smtp, sender, to, message)
        except _Idle as idle:
            self.close()
            if not is_fresh:  # servers may close the connection between two letters
                return self.send(sender, to, message)
            return self._defer(to, str(idle))
        except smtplib.SMTPServerDisconnected:
            return self._interrupted(to, _LOST)
        except OSError as error:
            return self._interrupted(to, f"{_LOST}: {error.strerror or error}")

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._smtp.close()
            self._smtp = None

    def _transaction(self, smtp: smtplib.SMTP, sender: str, to: str, message: bytes) -> Outcome:
        options = []
        if not (sender.isascii() and to.isascii()):
            if not smtp.has_extn("smtputf8"):
                return Outcome(
                    LetterState.BOUNCED, "the mail server does not accept addresses with non-ASCII letters (SMTPUTF8)"
                )
            options.append("SMTPUTF8")
        smtp.command_encoding = "utf-8" if options else "ascii"
        reply: bytes | str
        try:
            code, reply = smtp.mail(sender, options)
        except (smtplib.SMTPServerDisconnected, ConnectionError) as error:
            raise _Idle(_LOST) from error
        if code == 421:
            raise _Idle(_reply_text(self.server, code, reply))
        # Otherwise the server rejects SMTPUTF8, and only this letter needs it.
        if code >= 500 and (to.isascii() or not sender.isascii()):
            raise SenderRefused(
                f"The mail server {self.server} accepts no letters from {sender}: {_reply_text(self.server, code, reply)}.",
                _CREDENTIALS if code in _SIGNING_IN else _SENDER,
                False,
            )
        if code == 250:
            code, reply = smtp.rcpt(to)
        if code in (250, 251, 252):
            try:
                code, reply = smtp.data(message)
            except smtplib.SMTPDataError as error:
                code, reply = error.smtp_code, error.smtp_error
        return self._outcome(smtp, code, reply, to)

    def _outcome(self, smtp: smtplib.SMTP, code: int, reply: bytes | str, to: str) -> Outcome:
        """Return the result for a letter. The server has accepted the sender, so the reply concerns only this letter."""
        text = _reply_text(self.server, code, reply, to)
        if code == 421:
            return self._interrupted(to, text)
        if not 200 <= code < 300:
            self._reset(smtp)
        if code in _SIGNING_IN:
            return self._defer(to, text)
        self._in_doubt.clear()
        if 200 <= code < 300:
            return Outcome(LetterState.SENT, text)
        return Outcome(LetterState.BOUNCED if code >= 500 else LetterState.PENDING, text)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Prepare the connection for the next letter."""
        with suppress(smtplib.SMTPException, OSError):
            if smtp.rset()[0] == 250:
                return
        self.close()

    def _interrupted(self, to: str, reply: str) -> Outcome:
        """Close the connection and defer the letter. The server may or may not have accepted it."""
        self.close()
        return self._defer(to, reply)

    def _defer(self, to: str, reply: str) -> Outcome:
        """Leave the letter pending. Either the letter or the server may be the cause."""
        self._in_doubt.add(to)
        self._last_reply = reply
        return Outcome(LetterState.PENDING, reply)

    def _open(self) -> smtplib.SMTP:
        server = self.server
        smtp = None
        try:
            smtp = self._connect()
            if server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        except (smtplib.SMTPException, OSError) as error:
            if smtp is not None:
                smtp.close()  # never use a connection without the requested security
            raise _unsent(server, error) from error
        self._smtp = smtp
        return smtp

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        if server.security == "tls":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        smtp.ehlo_or_helo_if_needed()
        return smtp


def _unsent(server: Server, error: Exception) -> Unsent:
    """Return the failure for an error while connecting."""
    match error:
        case smtplib.SMTPNotSupportedError():
            what = "signing in" if "AUTH" in str(error) else "STARTTLS"
            return Unsent(f"The mail server {server} does not offer {what}.", _NO_STARTTLS, False)
        case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=reply):
            message = f"The mail server {server} rejects the sign-in: {_reply_text(server, code, reply)}."
            return Unsent(message, _CREDENTIALS, code < 500)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=reply):
            message = f"The mail server {server} rejects the connection: {_reply_text(server, code, reply)}."
            return Unsent(message, _LATER, code < 500)
        case ssl.SSLCertVerificationError(verify_message=why):
            return Unsent(f"The certificate of the mail server {server} is not valid: {why}.", _CERTIFICATE, False)
    why = printable(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200).rstrip(".")
    return Unsent(f"The mail server {server} cannot be reached: {why}.", _LATER, True)


_LOST = "the connection was lost"
_CERTIFICATE = "Use the host name in the certificate. To trust your own certificate, set SSL_CERT_FILE."
_CREDENTIALS = "Check user and password in SEATSYNC_SMTP_URL. No letter was lost."
_LATER = "Check host and port in SEATSYNC_SMTP_URL, or send again later. No letter was lost."
_SENDER = (
    "Check SEATSYNC_MAIL_FROM (or `mail` in seatsync.yaml): the server must allow this user to send from that address."
)
_NO_STARTTLS = "Use port 587 (submission) or smtps://. On a network that you trust, you can use ?starttls=never."


class _Idle(Exception):
    """The server closed the connection before any part of the letter was sent."""


def without_addresses(reply: str, address: str) -> str:
    """Return a server's reply without the recipient's address or any other, because many people may read it."""
    text = re.sub(re.escape(address), "…", reply, flags=re.IGNORECASE)
    local = address.rpartition("@")[0]
    if len(local) > 2:
        text = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return re.sub(r"[^\s<>()\[\]:;,]+@[^\s<>()\[\]:;,]+", "…", text)


def _reply_text(server: Server, code: int, reply: bytes | str, to: str = "") -> str:
    """Return what the server says, without its password; and without addresses, if it is about a letter ``to`` somebody."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    secrets = [server.password, f"\0{server.user}\0{server.password}"] if server.password else []
    text = masked(f"{code} {' '.join(text.split())}", secrets)
    return printable(without_addresses(text, to) if to else text, 300).rstrip(".")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
