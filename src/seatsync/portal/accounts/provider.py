"""The HTTP client for the OpenID provider. It trusts no answer.

Each answer must arrive within ten seconds in total and have at most a megabyte. At most two requests run at once. Of the
provider's metadata, only the needed fields are kept, after a check, because Authlib would use all of them as settings.
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

TIMEOUT = 10.0
"""Seconds that an answer can take, from its first byte to its last."""

_MAX_BYTES = 1024 * 1024
"""The largest answer in bytes."""

_MAX_CONCURRENT, _WAIT_SECONDS = 2, 0.2
"""Requests to the provider at once, and seconds that the next one waits for its turn. The other threads stay free."""

_ENDPOINTS = {"authorization_endpoint": True, "token_endpoint": True, "jwks_uri": True, "userinfo_endpoint": False}
"""The endpoints in the provider's metadata, and whether each is required."""

_PUBLIC_KEYS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""The accepted signatures of tokens: never unsigned, and never with a shared secret."""

_SIGNED_BY = "id_token_signing_alg_values_supported"


class WrongProvider(Exception):
    """The answer comes from another provider, or is not valid."""


class TooLarge(RequestException):
    """The answer is larger than any valid one."""


class Busy(RequestException):
    """Other requests to the provider are already waiting."""


class _Adapter(HTTPAdapter):
    """Ends every request by ``until``. A socket timeout alone would start again with each byte."""

    def __init__(self, slots: BoundedSemaphore) -> None:
        self.slots, self.until = slots, time.monotonic() + TIMEOUT
        self.sockets: list[socket.socket] = []
        self.is_late = False
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **named: Any) -> Any:
        """Return a connection pool whose sockets this adapter knows."""
        pool: Any = super().get_connection_with_tls_context(*args, **named)
        adapter = self

        class TrackedConnection(pool.ConnectionCls):  # type: ignore[misc]
            def _new_conn(self) -> socket.socket:
                sock: socket.socket = super()._new_conn()
                adapter.sockets.append(sock.dup())  # TLS detaches the original socket
                if adapter.is_late:
                    adapter.cut()
                return sock

        pool.ConnectionCls = TrackedConnection
        return pool

    def send(self, request: PreparedRequest, *args: Any, **named: Any) -> Response:
        """Send the request and read the whole answer.

        Raises:
            RequestException: the answer is late or too large, or too many requests are running.
        """
        if not self.slots.acquire(timeout=_WAIT_SECONDS):
            raise Busy
        timer = Timer(max(0.0, self.until - time.monotonic()), self.cut)
        timer.daemon = True
        timer.start()
        try:
            response = super().send(request, *args, **{**named, "stream": True})
            content = self._read(response)
        finally:
            timer.cancel()
            self.slots.release()
            while self.sockets:
                self.sockets.pop().close()
        response._content = content
        return response

    def _read(self, response: Response) -> bytes:
        content = bytearray()
        with response:
            for part in response.iter_content(64 * 1024):
                content += part
                if len(content) > _MAX_BYTES:
                    raise TooLarge
        if self.is_late:  # a truncated answer may look complete
            raise ReadTimeout
        return bytes(content)

    def cut(self) -> None:
        """Close all open sockets."""
        self.is_late = True
        for sock in list(self.sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class Client(FlaskOAuth2App):  # type: ignore[misc]
    """The client for one provider. It keeps the provider's metadata until something fails."""

    def __init__(self, *args: Any, issuer: str, **named: Any) -> None:
        slots, self.issuer = BoundedSemaphore(_MAX_CONCURRENT), issuer

        class Session(OAuth2Session):  # type: ignore[misc]
            """Sends one request to the provider."""

            def __init__(self, *args: Any, **named: Any) -> None:
                super().__init__(*args, default_timeout=TIMEOUT, **named)
                for scheme in ("https://", "http://"):
                    self.mount(scheme, _Adapter(slots))

        self.client_cls = Session
        super().__init__(*args, **named)
        self.server_metadata: dict[str, Any] = {}

    def load_server_metadata(self) -> dict[str, Any]:
        """Return the provider's metadata.

        Raises:
            WrongProvider: the metadata is another provider's, or not valid.
            RequestException: the provider cannot be reached.
        """
        known = self.server_metadata
        if not known:
            with self._get_session() as session:
                answer = session.request("GET", self._server_metadata_url, withhold_token=True)
                answer.raise_for_status()
                known = self.server_metadata = _checked_metadata(answer.json(), self.issuer)
        return known

    def forget(self) -> None:
        """Forget the provider's metadata and keys, so that they are fetched again."""
        self.server_metadata = {}


def _checked_metadata(metadata: Any, issuer: str) -> dict[str, Any]:
    if not isinstance(metadata, dict) or metadata.get("issuer") != issuer:
        raise WrongProvider
    found = {name: metadata[name] for name, is_needed in _ENDPOINTS.items() if is_needed or name in metadata}
    if not all(map(_is_safe, found.values())):
        raise WrongProvider
    offered = metadata.get(_SIGNED_BY) or ()
    return {"issuer": issuer, **found, _SIGNED_BY: [way for way in _PUBLIC_KEYS if way in offered] or ["RS256"]}


def _is_safe(url: object) -> bool:
    """Whether a URL is safe to fetch or to send a browser to: https, or on this machine."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return False
    parts = urlsplit(url)
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
