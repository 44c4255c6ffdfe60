"""The client that asks an OpenID provider, and expects anything of what it answers.

Each answer has ten seconds in all and a megabyte, whatever trickles; two are waited for at once. Of what the provider says of
itself only what is needed is kept, if it is what it has to be: Authlib takes all of it as settings.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import BoundedSemaphore, Timer
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_client import FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from requests import PreparedRequest, ReadTimeout, RequestException, Response
from requests.adapters import HTTPAdapter

from seatsync.outbox.smtp import is_loopback

PATIENCE = 10.0
"""Seconds that the provider has for an answer, from the first word to the last."""

_LARGEST = 1024 * 1024
"""Bytes of an answer."""

_AT_ONCE, _WAIT = 2, 0.2
"""Answers that are waited for at once, and seconds that the next one waits to be asked for: the other threads are for others."""

_ENDPOINTS = {"authorization_endpoint": True, "token_endpoint": True, "jwks_uri": True, "userinfo_endpoint": False}
"""What it says of itself, and whether it must."""

_PUBLIC_KEYS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""How its tokens may be signed: never not at all, nor with a secret that we know as well."""

_SIGNED_BY = "id_token_signing_alg_values_supported"


class WrongProvider(Exception):
    """Who answers is another provider than the one named, or gives no such answer as it has to."""


class TooLarge(RequestException):
    """An answer is larger than any that makes sense."""


class Busy(RequestException):
    """Others wait for the provider already."""


class _Adapter(HTTPAdapter):
    """Whatever is asked through it is answered by ``until``, or cut off: a timeout of sockets begins anew with each byte."""

    def __init__(self, turns: BoundedSemaphore) -> None:
        self.turns, self.until = turns, time.monotonic() + PATIENCE
        self.lines: list[socket.socket] = []
        self.is_late = False
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **named: Any) -> Any:
        """The pool to ask through, of whose connections we know."""
        pool: Any = super().get_connection_with_tls_context(*args, **named)
        adapter = self

        class Known(pool.ConnectionCls):  # type: ignore[misc]
            def _new_conn(self) -> socket.socket:
                line: socket.socket = super()._new_conn()
                adapter.lines.append(line.dup())  # TLS takes the socket itself away
                if adapter.is_late:
                    adapter.cut()
                return line

        pool.ConnectionCls = Known
        return pool

    def send(self, request: PreparedRequest, *args: Any, **named: Any) -> Response:
        """Ask, and read the whole answer.

        Raises:
            RequestException: there is none in time, or it is too large, or others wait for theirs.
        """
        if not self.turns.acquire(timeout=_WAIT):
            raise Busy
        timer = Timer(max(0.0, self.until - time.monotonic()), self.cut)
        timer.daemon = True
        timer.start()
        try:
            response = super().send(request, *args, **{**named, "stream": True})
            content = self._read(response)
        finally:
            timer.cancel()
            self.turns.release()
            while self.lines:
                self.lines.pop().close()
        response._content = content
        return response

    def _read(self, response: Response) -> bytes:
        content = bytearray()
        with response:
            for part in response.iter_content(64 * 1024):
                content += part
                if len(content) > _LARGEST:
                    raise TooLarge
        if self.is_late:  # what was cut off may look whole
            raise ReadTimeout
        return bytes(content)

    def cut(self) -> None:
        """End what is under way."""
        self.is_late = True
        for line in list(self.lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class Client(FlaskOAuth2App):  # type: ignore[misc]
    """Asks one provider, and keeps what it says of itself until something fails."""

    def __init__(self, *args: Any, issuer: str, **named: Any) -> None:
        turns, self.issuer = BoundedSemaphore(_AT_ONCE), issuer

        class Session(OAuth2Session):  # type: ignore[misc]
            """All that is asked of the provider is asked by one of these, which asks one thing."""

            def __init__(self, *args: Any, **named: Any) -> None:
                super().__init__(*args, default_timeout=PATIENCE, **named)
                for scheme in ("https://", "http://"):
                    self.mount(scheme, _Adapter(turns))

        self.client_cls = Session
        super().__init__(*args, **named)
        self.server_metadata: dict[str, Any] = {}

    def load_server_metadata(self) -> dict[str, Any]:
        """What the provider says of itself.

        Raises:
            WrongProvider: it says that it is another, or nothing sensible.
            RequestException: it can't be reached.
        """
        known = self.server_metadata
        if not known:
            with self._get_session() as session:
                answer = session.request("GET", self._server_metadata_url, withhold_token=True)
                answer.raise_for_status()
                known = self.server_metadata = _sensible(answer.json(), self.issuer)
        return known

    def forget(self) -> None:
        """Something went wrong: ask anew what it says of itself, and for its keys."""
        self.server_metadata = {}


def _sensible(said: Any, issuer: str) -> dict[str, Any]:
    if not isinstance(said, dict) or said.get("issuer") != issuer:
        raise WrongProvider
    found = {name: said[name] for name, is_needed in _ENDPOINTS.items() if is_needed or name in said}
    if not all(map(_is_safe, found.values())):
        raise WrongProvider
    offered = said.get(_SIGNED_BY) or ()
    return {"issuer": issuer, **found, _SIGNED_BY: [way for way in _PUBLIC_KEYS if way in offered] or ["RS256"]}


def _is_safe(url: object) -> bool:
    """Whether it is an address to ask at, or to send a browser to: https, or on this machine."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return False
    parts = urlsplit(url)
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
