"""Clients that send half a request, or read no answer, keep nobody else out, with and without a proxy in front."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest
from flask import Flask

from seatsync.portal.server import ListenOptions, serve
from seatsync.portal.web.connections import ConnectionLimits
from tests.support import letters
from tests.support.letters import ANN, PORTAL, applied
from tests.support.mail_server import Mailroom
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.served import served

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

FIRST = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALVES = {
    "nothing": b"",
    "half a line": b"GET /heal",
    "half of the headers": FIRST + b"X-A: b\r\n",
    "half of a body": FIRST + b"Content-Length: 8000000\r\n\r\n" + b"a" * 1_000,
    "half of a chunk": FIRST + b"Transfer-Encoding: chunked\r\n\r\nff\r\naaa",
    "a body that waits to be asked for": FIRST + b"Content-Length: 8000000\r\nExpect: 100-continue\r\n\r\n",
}


@pytest.fixture
def port(school: Path, room: Mailroom) -> Iterator[int]:
    """The port where `seatsync serve` answers."""
    applied(school, ANN)
    with served(school, room) as found:
        port = urlsplit(found.url).port
        assert port is not None
        yield port


def lines(port: int, number: int, sent: bytes, kept: ExitStack) -> list[socket.socket]:
    """Open ``number`` connections, send this on each, and keep them open."""
    found = []
    for _ in range(number):
        line = kept.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        with suppress(OSError):  # it may be closed already
            line.sendall(sent)
        found.append(line)
    return found


def is_well(port: int, source: str = "127.0.0.1") -> bool:
    """Whether the health check answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0)) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return line.makefile("rb").read().startswith(b"HTTP/1.1 200")


def is_closed(line: socket.socket, within: float = 30) -> bool:
    """Whether the server closes the connection in time."""
    line.settimeout(within)
    try:
        while line.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


# ── The server ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.sqlite_only("it is about connections")
def test_a_thousand_half_requests_keep_nobody_out(port: int) -> None:
    for number in (200, 1_000):
        with ExitStack() as kept:
            for sent in HALVES.values():
                lines(port, number // len(HALVES), sent, kept)
                assert is_well(port)
            assert is_well(port)
    assert is_well(port)


@pytest.mark.sqlite_only("it is about connections")
def test_whoever_sends_a_byte_now_and_then_keeps_nobody_out(port: int) -> None:
    with ExitStack() as kept:
        held = lines(port, 400, FIRST, kept)
        for _ in range(10):
            for line in held:
                with suppress(OSError):
                    line.send(b"X")
            assert is_well(port)


@pytest.mark.sqlite_only("it is about connections")
def test_half_bodies_hold_no_more_memory_than_is_allowed(port: int) -> None:
    with ExitStack() as kept:
        held = lines(port, 40, HALVES["half of a body"] + b"a" * 7_000_000, kept)
        assert is_well(port)
        tries = (sum(is_closed(line, within=0.1) for line in held) for _ in range(10))
        assert any(closed >= 20 for closed in tries)  # of 280 MB, 128 MiB remain


@contextmanager
def strict_server(app: Flask, **limits: float) -> Iterator[int]:
    """A server with these limits."""
    port, stop = free_port(), Event()
    given = (app, "http://127.0.0.1", ListenOptions("127.0.0.1", port, 2), stop, ConnectionLimits(**limits))  # type: ignore[arg-type]
    thread = Thread(target=serve, args=given)
    thread.start()
    try:
        until = time.monotonic() + 10
        while True:
            with suppress(ConnectionError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            assert thread.is_alive()
            assert time.monotonic() < until
            time.sleep(0.01)
        yield port
    finally:
        stop.set()
        thread.join(30)


def plain() -> Flask:
    """Pages with one answer that is larger than the system's send buffer."""
    app = Flask(__name__)
    app.add_url_rule("/healthz", "health", lambda: "ok")
    app.add_url_rule("/large", "large", lambda: app.response_class(b"a" * 1_000_000 for _ in range(60)))
    return app


def is_gone(line: socket.socket, byte: bytes) -> bool:
    """Whether nothing more can be sent, after a tenth of a second."""
    time.sleep(0.1)
    try:
        line.sendall(byte)
    except OSError:
        return True
    return False


@pytest.mark.parametrize("half", HALVES)
def test_a_request_that_trickles_has_its_time(half: str) -> None:
    with strict_server(plain(), request=1) as port, ExitStack() as kept:
        (line,) = lines(port, 1, HALVES[half], kept)
        assert any(is_gone(line, b"\r\n" if half == "nothing" else b"a") for _ in range(200)), "for twenty seconds"
        assert is_well(port)


def test_an_answer_that_nobody_takes_and_a_line_that_is_only_held_have_their_time() -> None:
    with strict_server(plain(), answer=1, idle=1) as port, ExitStack() as kept:
        asked = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        stalled = lines(port, 4, asked % b"large", kept)  # more than there are threads
        idle = lines(port, 2, asked % b"healthz", kept)
        assert is_well(port)
        assert all(map(is_closed, [*stalled, *idle]))


@pytest.mark.parametrize("limits", [{"stalled": 1}, {"buffered_bytes": 10_000_000}], ids=str)
def test_slow_readers_of_large_answers_keep_no_thread_and_no_memory(limits: dict[str, float]) -> None:
    with strict_server(plain(), **limits) as port, ExitStack() as kept:
        slow = []
        for _ in range(8):
            line = kept.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", port))
            line.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            slow.append(line)
        assert is_well(port)  # with two threads


# ── What is two requests to one, and one to another ─────────────────────────────────────────────────────────────────

CHUNKED = b"Transfer-Encoding: chunked\r\n"
SECOND = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.sqlite_only("it is about requests")
def test_a_request_that_can_be_read_in_two_ways_is_refused_and_the_line_is_closed(port: int) -> None:
    of_old = b"POST /sign-in HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n" + CHUNKED
    for headers in (
        b"Content-Length: 4\r\nContent-Length: 40\r\n",
        b"Content-Length: 4, 4\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 0x4\r\n",
        b"Content-Length: 4_0\r\n",
        b"Content-Length : 4\r\n",
        b"Content-Length: 4\n",
        CHUNKED + b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Transfer-Encoding: chunked, chunked, gzip\r\n",
        CHUNKED + b"Content-Length: 4\r\n",
        b"Host: evil.example\r\n",
        of_old,
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            with suppress(OSError):
                line.sendall((headers if headers is of_old else FIRST + headers) + b"\r\n0\r\n\r\n" + SECOND)
            line.shutdown(socket.SHUT_WR)
            answers = line.makefile("rb").read()
            assert answers.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 501", b"HTTP/1.0 501")), headers
            assert answers.count(b"HTTP/1.") == 1, (headers, answers)


@pytest.mark.sqlite_only("it is about requests")
def test_what_is_asked_for_is_no_part_of_a_line_of_the_log(school: Path, room: Mailroom) -> None:
    applied(school, ANN)
    with served(school, room) as pages:
        for first in (
            b"GET /\x1b[31m%0d%0a%1b]0;x%07 HTTP/1.1",
            b"EVIL\x1b / HTTP/1.1",
            b"GET / HTTP/1.1\r\nX-Request-Id: \x1b",
        ):
            with socket.create_connection(("127.0.0.1", urlsplit(pages.url).port or 0), timeout=30) as line:
                line.sendall(first + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                assert line.makefile("rb").read()
        pages.browser().open(f"{pages.url}/sign-in")
        whole = pages.log.read_bytes()
        assert pages.logged()  # one line of JSON each
    assert all(byte == 10 or 32 <= byte < 127 for byte in whole)
    assert b"EVIL" not in whole


@pytest.mark.sqlite_only("it is about requests")
def test_more_headers_or_cookies_than_the_server_takes_are_refused(port: int) -> None:
    for large in (b"Cookie: a=" + b"b" * 70_000, b"\r\n".join(b"X-%d: a" % number for number in range(9_000))):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            with suppress(OSError):
                line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + large + b"\r\n\r\n")
            with suppress(OSError):
                assert line.recv(100).startswith((b"HTTP/1.0 431", b"HTTP/1.1 431"))
    assert is_well(port)


# ── nginx before it ─────────────────────────────────────────────────────────────────────────────────────────────────

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
SAMPLE = ROOT / "docs" / "nginx.conf"
WHOLE = """\
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 2048; }}
http {{
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    {sample}
}}
"""


@contextmanager
def nginx(folder: Path, to: int) -> Iterator[int]:
    """Run nginx with the sample configuration of the docs, with only the addresses changed, in front of the server at this port."""
    port, key, certificate = free_port(), folder / "key.pem", folder / "certificate.pem"
    made = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=seats.grace.example",
        "-keyout",
        str(key),
    ]
    subprocess.run(["openssl", "req", "-x509", *made, "-out", str(certificate)], check=True, capture_output=True)
    sample = SAMPLE.read_text()
    for old, new in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "http://127.0.0.1:8000;": f"http://127.0.0.1:{to};",
        "/etc/ssl/seats.grace.example.pem": str(certificate),
        "/etc/ssl/seats.grace.example.key": str(key),
    }.items():
        assert sample.count(old) == 1, old
        sample = sample.replace(old, new)
    (folder / "nginx.conf").write_text(WHOLE.format(folder=folder, sample=sample))
    assert NGINX is not None
    with subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]) as process:
        try:
            until = time.monotonic() + 30
            while not is_open(port):
                assert process.poll() is None, (folder / "nginx.log").read_text()
                assert time.monotonic() < until
            yield port
        finally:
            process.kill()


def is_open(port: int) -> bool:
    with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def spoken(port: int, sent: bytes, source: str = "127.0.0.1") -> ssl.SSLSocket:
    """Return a TLS connection on which this was sent."""
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    line = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))
    safe = anybody.wrap_socket(line, server_hostname="seats.grace.example")
    safe.sendall(sent)
    return safe


@pytest.mark.sqlite_only("it is about connections")
@pytest.mark.skipif(NGINX is None, reason="nginx is not on this machine: the sample of the docs cannot be tried")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has all of 127.0.0.0/8")
def test_the_proxy_of_the_docs_hands_on_what_is_whole_and_drops_what_is_not(school: Path, room: Mailroom) -> None:
    applied(school, ANN)
    host = b"Host: seats.grace.example\r\n"
    asked = b"GET /sign-in HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n"

    def answer(source: str) -> bytes:
        with spoken(proxy, asked, source) as line:
            return line.makefile("rb").read()

    with (
        served(school, room, PORTAL_URL=PORTAL, TRUSTED_PROXY="127.0.0.1") as pages,
        nginx(school, urlsplit(pages.url).port or 0) as proxy,
        ExitStack() as kept,
    ):
        assert b"Sign in" in answer("127.0.0.1")
        half = b"POST /sign-in HTTP/1.1\r\n" + host + b"Content-Length: 8000000\r\n\r\naaa"
        for _ in range(5):  # on a busy machine the first may be dropped, after ten seconds, before the last is open
            began = time.monotonic()
            bodies = [kept.enter_context(spoken(proxy, half, "127.0.0.3")) for _ in range(100)]
            one_more = answer("127.0.0.3")
            if time.monotonic() - began < 9:
                break
            for line in bodies:
                line.close()
        assert one_more.startswith(b"HTTP/1.1 429"), "it has a hundred already"
        heads = [kept.enter_context(spoken(proxy, b"GET / HTTP/1.1\r\n" + host, "127.0.0.2")) for _ in range(100)]
        assert answer("127.0.0.2").startswith(b"HTTP/1.1 200")
        assert answer("127.0.0.4").startswith(b"HTTP/1.1 200")
        assert is_well(urlsplit(pages.url).port or 0)
        assert all(is_closed(line) for line in [heads[0], heads[-1], bodies[0], bodies[-1]]), "after ten seconds"
        asked_for = {line.get("page") for line in pages.logged() if line["event"] == "request"}
        assert asked_for == {"health.alive", "account.sign_in"}
