"""A real OpenID provider for the tests (oidc-provider-mock, as a process of its own), and people who sign in there."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from tests.support.ports import free_port

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"


class OpenIdProvider:
    """A provider at ``url``, which is also its issuer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False

    def knows(self, subject: str, **claims: Any) -> None:
        """Set the claims about a person."""
        self.http.put(f"{self.url}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def signs_in(self, subject: str, asked: str, **changed: str) -> str:
        """Sign a person in and return where the provider sends the browser. ``changed`` replaces parameters of the request."""
        return self._answered(asked, {"sub": subject}, changed)

    def denies(self, asked: str) -> str:
        """Refuse the sign-in and return where the provider sends the browser."""
        return self._answered(asked, {"action": "deny"}, {})

    def _answered(self, asked: str, pressed: dict[str, str], changed: dict[str, str]) -> str:
        parts = urlsplit(asked)
        assert f"{parts.scheme}://{parts.netloc}" == self.url
        query = {**dict(parse_qsl(parts.query)), **changed}
        whole = f"{self.url}{parts.path}?{urlencode(query)}"
        answer = self.http.post(whole, data=pressed, allow_redirects=False, timeout=10)
        assert answer.is_redirect, answer.text
        return answer.headers["Location"]


@contextmanager
def openid_provider(log: Path) -> Iterator[OpenIdProvider]:
    """Run a provider."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("oidc-provider-mock")), "--port", str(port)]
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            provider = OpenIdProvider(f"http://127.0.0.1:{port}")
            until = time.monotonic() + 30
            while not _is_there(provider):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.05)
            yield provider
        finally:
            process.kill()


class HostileProvider(ThreadingHTTPServer):
    """A provider at ``url`` that answers whatever ``answer`` writes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.says()
        self.asked = 0

    def says(self, **changed: Any) -> None:
        """Set the provider's metadata; None removes a field."""
        whole = {
            "issuer": self.url,
            **{name: f"{self.url}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")},
            **changed,
        }
        text = json.dumps({name: value for name, value in whole.items() if value is not None}).encode()
        self.sends(lambda: iter([HEAD + text]))

    def sends(self, parts: Callable[[], Iterator[bytes]]) -> None:
        """Set the raw bytes of all answers, including the status line."""
        self.answer = parts

    def handle_error(self, *args: object) -> None:
        """Ignore connections that were cut off."""


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, HostileProvider)
        self.server.asked += 1
        for part in self.server.answer():
            self.wfile.write(part)
        self.close_connection = True

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@contextmanager
def hostile_provider() -> Iterator[HostileProvider]:
    """Run a hostile provider."""
    with HostileProvider() as provider:
        thread = Thread(target=provider.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()


def _is_there(provider: OpenIdProvider) -> bool:
    try:
        return provider.http.get(f"{provider.url}/.well-known/openid-configuration", timeout=5).ok
    except requests.ConnectionError:
        return False
