"""`seatsync serve` as a separate process, and browsers that use it over HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from tests.support.databases import environment
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, Browser, Page, code_of, mail_to
from tests.support.ports import free_port

KEY, OLD_KEY = "0123456789abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba9876543210"


class Visitor(Browser):
    """A browser at a server's address. It also opens whole URLs on other hosts."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update(headers)

    def open(self, path: str, follow: bool = True, **headers: str) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._arrived(self.http.get(self._at(path), headers=named, allow_redirects=follow, timeout=30))

    def send(self, path: str, follow: bool = True, headers: dict[str, str] | None = None, **fields: Any) -> Page:
        answer = self.http.post(self._at(path), data=fields, headers=headers, allow_redirects=follow, timeout=30)
        return self._arrived(answer)

    def _at(self, path: str) -> str:
        return urljoin(self.url, path)

    def _arrived(self, answer: requests.Response) -> Page:
        self.url = answer.url
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        request = SimpleNamespace(path=urlsplit(answer.url).path)
        response = SimpleNamespace(
            status_code=answer.status_code, request=request, headers=answer.headers, mimetype=kind
        )
        response.get_data, response.close = lambda: answer.content, answer.close
        return self._shown(response)


class Served:
    """A running server, its mails and its log."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], log: Path, room: Mailroom) -> None:
        self.url = url
        self.process = process
        self.log = log
        self.room = room

    def browser(self, **headers: str) -> Visitor:
        return Visitor(f"{self.url}/", **headers)

    def account(self, email: str, password: str = PASSWORD) -> Visitor:
        """Return a browser in which someone has just created an account."""
        browser = self.browser()
        browser.open(f"{self.url}/account/new")
        browser.press("Send me a code", email=email)
        browser.press("Save and sign in", code=self.code(email), password=password)
        assert browser.page.code == 200, browser.page.text
        return browser

    def code(self, email: str) -> str:
        return code_of(mail_to(self.room, email, "is your code"))

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(30)

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def served(folder: Path, room: Mailroom, *args: str, path: str = "", **variables: str) -> Iterator[Served]:
    """Serve the pages of a folder's ledger on a free port. ``variables`` are environment variables without SEATSYNC_."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}{path}", folder / "serve.log"
    named = {"PORTAL_URL": url, "SECRET_KEYS": KEY, "SMTP_URL": f"smtp://127.0.0.1:{room.port}", **variables}
    surroundings = {**environment(folder), **{f"SEATSYNC_{name}": value for name, value in named.items()}}
    command = [sys.executable, "-m", "seatsync", "serve", "--listen", f"127.0.0.1:{port}", *args]
    with log.open("wb") as errors, subprocess.Popen(command, cwd=folder, env=surroundings, stderr=errors) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
            yield Served(f"http://127.0.0.1:{port}{path}", process, log, room)
        finally:
            if process.poll() is None:
                process.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        try:
            requests.get(url, timeout=5, proxies=dict.fromkeys(("http", "https"), ""))
            return
        except requests.ConnectionError:
            time.sleep(0.05)
