"""One process that serves the pages, with a thread for each request that is worked on."""

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

from seatsync.domain.failure import Failure
from seatsync.portal.app import MOST
from seatsync.portal.web.connections import USUAL, Channel, Clearing, Patience

log = logging.getLogger("seatsync.server")

_GRACE = 20.0
"""Seconds that requests have to be finished in once the end has come."""

_LARGEST = MOST + 64 * 1024
"""Bytes of a request's body: the largest file, and the form around it."""

_NEVER = 10**9
"""Seconds: what waitress drops by itself it drops too late."""

_FORWARDED = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}


class CantListen(Failure):
    """The address to listen at can't be had; ``why`` follows it in a sentence."""

    def __init__(self, address: str, why: str) -> None:
        help = "Name another with --listen, or end the program that has it."
        super().__init__(f"The address {address} {why}.", help)


class Listening(NamedTuple):
    """Where a server listens, and how many ``threads`` answer.

    What a proxy says of who asks (X-Forwarded-For, -Proto, -Host) counts only from ``trusted_proxy``, whose last word it is;
    from all others, and where it is empty, it is dropped.
    """

    host: str
    port: int
    threads: int
    trusted_proxy: str = ""


def serve(app: Flask, url: str, listening: Listening, stop: Event, patience: Patience = USUAL) -> None:
    """Answer requests until ``stop`` is set; then those that have come, and no more.

    Raises:
        CantListen: somebody else has the port, or it is not for us.
    """
    channels: dict[int, Any] = {}
    server = _server(app, url, listening, patience, channels)
    server.channel_class = Channel
    where = f"{listening.host}:{server.effective_port}"
    log.info("listening", extra={"address": where, "threads": listening.threads})
    clearing = Clearing(patience)
    while not stop.is_set():
        _turn(channels)
        clearing.look(server.active_channels.values())
    _finish(server, channels)
    log.info("ended")


def _server(app: Flask, url: str, listening: Listening, patience: Patience, channels: dict[int, Any]) -> Any:
    """A waitress that listens, and puts its connections into ``channels``."""
    host, port, threads, trusted_proxy = listening
    proxy: dict[str, Any] = {}
    if trusted_proxy:
        proxy = {"trusted_proxy": trusted_proxy, "trusted_proxy_count": 1, "trusted_proxy_headers": _FORWARDED}
    try:
        return waitress.create_server(
            app,
            map=channels,
            listen=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            threads=threads,
            url_prefix=urlsplit(url).path,
            url_scheme=urlsplit(url).scheme,
            clear_untrusted_proxy_headers=True,
            max_request_header_size=64 * 1024,
            max_request_body_size=_LARGEST,
            inbuf_overflow=2 * _LARGEST,  # never: what overflows is written to a temporary file
            connection_limit=2 * patience.connections,  # never: ours are told apart, and cleared
            channel_timeout=_NEVER,
            cleanup_interval=_NEVER,
            log_socket_errors=False,  # whoever goes away is no matter
            asyncore_use_poll=True,
            ident="",
            **proxy,
        )
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"can't be had: {error.strerror or error}"
        raise CantListen(f"{host}:{port}", why) from error


def _turn(channels: dict[int, Any]) -> None:
    """Read and write what there is; a signal ends the wait, if only after a moment."""
    wasyncore.loop(timeout=0.25, use_poll=True, map=channels, count=1)


def _finish(server: Any, channels: dict[int, Any]) -> None:
    wasyncore.dispatcher.close(server)  # the trigger stays: threads wake us by it when they have an answer
    until = time.monotonic() + _GRACE
    while time.monotonic() < until and any(map(_is_busy, list(server.active_channels.values()))):
        _turn(channels)
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(channels)


def _is_busy(channel: Any) -> bool:
    return bool(channel.requests or channel.request or channel.total_outbufs_len)
