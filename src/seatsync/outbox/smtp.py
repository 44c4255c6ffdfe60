"""A mail server: its address, one connection for many letters, and what its answers mean."""

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
from seatsync.domain.text.characters import printable
from seatsync.domain.text.ledger_addresses import ENCODED
from seatsync.ledger.queries.outbox import LetterState

PATIENCE = 60.0
"""Seconds that an answer may take."""

_EXAMPLE = "SEATSYNC_SMTP_URL is written as smtp://user:password@mail.school.example:587 or smtps://…:465."
_SIGNING_IN = (530, 534, 535, 538)
"""Answers about who signs in and how. A server that gives them to one recipient may give them to no other."""

_MOST_IN_DOUBT = 3
"""To how many recipients in a row letters may fail before the server is what fails, and not they."""


class BadAddress(Failure):
    """The server's address can't be understood, or asks for what is not safe. The message has nothing of a password."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str) -> None:
        super().__init__(message, "Correct SEATSYNC_SMTP_URL; nothing was sent.")


class Unsent(Failure):
    """No letter can be sent, whosever it is. ``passes``: it may be otherwise soon."""

    def __init__(self, message: str, help: str, passes: bool) -> None:
        super().__init__(message, help)
        self.passes = passes


class Outcome(NamedTuple):
    """What became of a letter: sent, bounced, or still pending; and the server's last word."""

    state: LetterState
    reply: str


@dataclass(frozen=True)
class Server:
    """Where letters are handed in. ``security`` is ``tls`` from the first byte, ``starttls`` (refused without), or ``none``."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Server:
        """By ``smtp://`` or ``smtps://``.

        Raises:
            BadAddress: it can't be, or it would send a password that anybody can read.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # which quotes what stands there: it may be a part of the password
            raise BadAddress(f"The port in SEATSYNC_SMTP_URL is none. {_EXAMPLE} {ENCODED}") from None
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.fragment:
            raise BadAddress(f"{_EXAMPLE} {ENCODED}")
        wish = options.pop("starttls", "")
        if options or wish not in ("", "required", "never") or (wish and parts.scheme == "smtps"):
            raise BadAddress(
                "SEATSYNC_SMTP_URL knows one option: ?starttls=required or, on a network that you trust, ?starttls=never."
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        is_here = is_loopback(parts.hostname)
        if user and wish == "never" and not is_here:
            raise BadAddress(
                "With ?starttls=never anybody could read the password on its way: take it, or the user, out."
            )
        security = "starttls" if wish == "required" or (not wish and (user or not is_here)) else "none"
        if parts.scheme == "smtps":
            return cls(parts.hostname, port or 465, "tls", user, password)
        return cls(parts.hostname, port or (587 if user else 25), security, user, password)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """Hands letters in. It is opened for the first of them, kept for all, and opened anew when it was lost."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._smtp: smtplib.SMTP | None = None
        self._in_doubt: set[str] = set()
        self._said = ""

    def send(self, sender: str, to: str, message: bytes) -> Outcome:
        """Hand one letter in, as it goes over the wire.

        Raises:
            Unsent: the server can't be reached, or takes no letter at all.
        """
        if len(self._in_doubt) >= _MOST_IN_DOUBT:
            self._in_doubt.clear()
            raise Unsent(f"The mail server {self.server} fails letter after letter: {self._said}.", _LATER, True)
        is_fresh = self._smtp is None
        smtp = self._smtp or self._opened()
        try:
            return self._transaction(smtp, sender, to, message)
        except _Idle as idle:
            self.close()
            if not is_fresh:  # it had closed the connection between two letters, as servers do
                return self.send(sender, to, message)
            return self._doubted(to, str(idle))
        except smtplib.SMTPServerDisconnected:
            return self._interrupted(to, _LOST)
        except OSError as error:
            return self._interrupted(to, f"{_LOST}: {error.strerror or error}")

    def close(self) -> None:
        """Say goodbye, if there is anybody."""
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
                    LetterState.BOUNCED, "the mail server takes no address with letters beyond ASCII (SMTPUTF8)"
                )
            options.append("SMTPUTF8")
        smtp.command_encoding = "utf-8" if options else "ascii"
        reply: bytes | str
        try:
            code, reply = smtp.mail(sender, options)
        except (smtplib.SMTPServerDisconnected, ConnectionError) as error:
            raise _Idle(_LOST) from error
        if code == 421:
            raise _Idle(_told(code, reply))
        if code >= 500 and (
            to.isascii() or not sender.isascii()
        ):  # else SMTPUTF8 is refused, which this letter alone asks for
            raise Unsent(
                f"The mail server {self.server} takes no letter from {sender}: {_told(code, reply)}.",
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
        return self._judged(smtp, code, reply, to)

    def _judged(self, smtp: smtplib.SMTP, code: int, reply: bytes | str, to: str) -> Outcome:
        """What an answer means for the letter: the server has taken its sender, so no other letter waits for this one."""
        said = without_addresses(_told(code, reply), to)
        if code == 421:
            return self._interrupted(to, said)
        if not 200 <= code < 300:
            self._reset(smtp)
        if code in _SIGNING_IN:
            return self._doubted(to, said)
        self._in_doubt.clear()
        if 200 <= code < 300:
            return Outcome(LetterState.SENT, said)
        return Outcome(LetterState.BOUNCED if code >= 500 else LetterState.PENDING, said)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Make ready for the next letter."""
        with suppress(smtplib.SMTPException, OSError):
            if smtp.rset()[0] == 250:
                return
        self.close()

    def _interrupted(self, to: str, said: str) -> Outcome:
        """The server may have taken the letter, or not."""
        self.close()
        return self._doubted(to, said)

    def _doubted(self, to: str, said: str) -> Outcome:
        """The letter is for later: it may be to blame, or the server."""
        self._in_doubt.add(to)
        self._said = said
        return Outcome(LetterState.PENDING, said)

    def _opened(self) -> smtplib.SMTP:
        server = self.server
        smtp = None
        try:
            smtp = self._greeted()
            if server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        except (smtplib.SMTPException, OSError) as error:
            if smtp is not None:
                smtp.close()  # what is not as it was asked for must never be used
            raise _unsent(server, error) from error
        self._smtp = smtp
        return smtp

    def _greeted(self) -> smtplib.SMTP:
        server = self.server
        if server.security == "tls":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
        smtp.ehlo_or_helo_if_needed()
        return smtp


def _unsent(server: Server, error: Exception) -> Unsent:
    """Why no connection came about."""
    match error:
        case smtplib.SMTPNotSupportedError():
            what = "signing in" if "AUTH" in str(error) else "STARTTLS"
            return Unsent(f"The mail server {server} does not offer {what}.", _NO_STARTTLS, False)
        case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=reply):
            said = f"The mail server {server} does not let us sign in: {_told(code, reply)}."
            return Unsent(said, _CREDENTIALS, code < 500)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=reply):
            return Unsent(f"The mail server {server} refuses: {_told(code, reply)}.", _LATER, code < 500)
        case ssl.SSLCertVerificationError(verify_message=why):
            return Unsent(f"The certificate of the mail server {server} is not valid: {why}.", _CERTIFICATE, False)
    why = printable(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200).rstrip(".")
    return Unsent(f"The mail server {server} can't be reached: {why}.", _LATER, True)


_LOST = "the connection was lost"
_CERTIFICATE = "Give the name that its certificate has; a certificate of your own is trusted by SSL_CERT_FILE."
_CREDENTIALS = "Check user and password in SEATSYNC_SMTP_URL; no letter was lost."
_LATER = "Check host and port in SEATSYNC_SMTP_URL, or send again later; no letter was lost."
_SENDER = "Check SEATSYNC_MAIL_FROM (or `mail` in seatsync.yaml): the server must let this user send as that address."
_NO_STARTTLS = "Use the port for submission (587), or smtps://; in a network that you trust, ?starttls=never."


class _Idle(Exception):
    """The connection had been closed before anything of the letter was said."""


def without_addresses(reply: str, address: str) -> str:
    """A server's answer, which many may read, without the address it is about, nor any other."""
    told = re.sub(re.escape(address), "…", reply, flags=re.IGNORECASE)
    local = address.rpartition("@")[0]
    if len(local) > 2:
        told = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", told, flags=re.IGNORECASE)
    return re.sub(r"[^\s<>()\[\]:;,]+@[^\s<>()\[\]:;,]+", "…", told)


def _told(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return printable(f"{code} {' '.join(text.split())}", 300).rstrip(".")


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
