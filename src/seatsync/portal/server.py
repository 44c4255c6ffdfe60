"""Serve the pages from one process, with one thread per active request."""

from __future__ import annotations

import errno
import logging
import time
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.task import ThreadedTaskDispatcher

from seatsync.domain.failure import Failure
from seatsync.portal.app import MAX_REQUEST_BYTES
from seatsync.portal.web.connections import DEFAULT_LIMITS, Channel, ConnectionCleanup, ConnectionLimits
from seatsync.portal.web.health import HEALTH

log = logging.getLogger("seatsync.server")

_SHUTDOWN_SECONDS = 20.0
"""Seconds that running requests get to finish at shutdown."""

_MAX_BODY_BYTES = MAX_REQUEST_BYTES + 64 * 1024
"""The largest request body in bytes: the largest file and the form around it."""

_HEALTH_THREADS = 2

_NEVER = 10**9
"""Seconds. Switches waitress's own timeouts off; `connections.py` has stricter ones."""

_FORWARDED = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}


class _Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """``count`` threads that answer requests, and some for health checks, which never wait for the others."""

    def __init__(self, count: int, prefix: str) -> None:
        super().__init__()
        self._health = ThreadedTaskDispatcher()
        self._paths = {f"{prefix}{path}" for path in HEALTH}
        self._health.set_thread_count(_HEALTH_THREADS)
        self.set_thread_count(count)

    def add_task(self, task: Any) -> None:
        """Let a thread answer the first request of a channel."""
        if getattr(task.requests[0], "path", "") in self._paths:  # one that is not understood has no path
            self._health.add_task(task)
        else:
            super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> Any:
        """End the threads."""
        self._health.shutdown(cancel_pending, timeout)
        return super().shutdown(cancel_pending, timeout)


class CantListen(Failure):
    """The server cannot listen on the address; ``why`` completes the sentence."""

    def __init__(self, address: str, why: str) -> None:
        help = "Choose another address with --listen, or stop the program that uses it."
        super().__init__(f"The address {address} {why}.", help)


class ListenOptions(NamedTuple):
    """Where the server listens and how many ``threads`` answer requests.

    The headers X-Forwarded-For, -Proto and -Host count only from ``trusted_proxy``, and only their last value. From any other
    address, or with no trusted proxy, they are dropped.
    """

    host: str
    port: int
    threads: int
    trusted_proxy: str = ""


def serve(
    app: Flask, url: str, listening: ListenOptions, stop: Event, limits: ConnectionLimits = DEFAULT_LIMITS
) -> None:
    """Answer requests until ``stop`` is set, then finish the requests that have arrived.

    Raises:
        CantListen: the port is in use or not allowed.
    """
    channels: dict[int, Any] = {}
    server = _server(app, url, listening, limits, channels)
    server.channel_class = Channel
    where = f"{listening.host}:{server.effective_port}"
    log.info("listening", extra={"address": where, "threads": listening.threads})
    cleanup = ConnectionCleanup(limits)
    while not stop.is_set():
        _handle_events(channels)
        cleanup.run(server.active_channels.values())
    _finish(server, channels)
    log.info("ended")


def _server(app: Flask, url: str, listening: ListenOptions, limits: ConnectionLimits, channels: dict[int, Any]) -> Any:
    """Return a waitress server that is listening and keeps its connections in ``channels``."""
    host, port, threads, trusted_proxy = listening
    proxy: dict[str, Any] = {}
    if trusted_proxy:
        proxy = {"trusted_proxy": trusted_proxy, "trusted_proxy_count": 1, "trusted_proxy_headers": _FORWARDED}
    try:
        return waitress.create_server(
            app,
            map=channels,
            listen=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            _dispatcher=_Threads(threads, urlsplit(url).path),
            url_prefix=urlsplit(url).path,
            url_scheme=urlsplit(url).scheme,
            clear_untrusted_proxy_headers=True,
            max_request_header_size=64 * 1024,
            max_request_body_size=_MAX_BODY_BYTES,
            inbuf_overflow=2 * _MAX_BODY_BYTES,  # never reached: more would go to a temporary file
            connection_limit=2 * limits.connections,  # never reached: `ConnectionCleanup` closes some before
            channel_timeout=_NEVER,
            cleanup_interval=_NEVER,
            log_socket_errors=False,  # clients that disconnect are normal
            asyncore_use_poll=True,
            ident="",
            **proxy,
        )
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror or error}"
        raise CantListen(f"{host}:{port}", why) from error


def _handle_events(channels: dict[int, Any]) -> None:
    """Read and write what is ready. Wait at most a quarter of a second, so that a signal is noticed."""
    wasyncore.loop(timeout=0.25, use_poll=True, map=channels, count=1)


def _finish(server: Any, channels: dict[int, Any]) -> None:
    wasyncore.dispatcher.close(server)  # keep the trigger: threads use it to report their answers
    until = time.monotonic() + _SHUTDOWN_SECONDS
    while time.monotonic() < until and any(map(_is_busy, list(server.active_channels.values()))):
        _handle_events(channels)
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(channels)


def _is_busy(channel: Any) -> bool:
    return bool(channel.requests or channel.request or channel.total_outbufs_len)
