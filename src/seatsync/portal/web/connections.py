"""Close connections that keep the server waiting, and reject ambiguous requests.

A connection can keep the server waiting with a request that never ends, with an answer that it does not read, or by staying
idle. Waitress closes a connection only when it is silent, so one byte every few seconds keeps it open, and enough of them
keep everyone else out. Here each connection has a time limit whatever it sends. When all places are taken, the connection
that has kept the server waiting longest is closed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import RequestEntityTooLarge

log = logging.getLogger("seatsync.server")

_CHECK_INTERVAL, _LOG_INTERVAL = 0.1, 10.0
"""Seconds between two checks of all connections, and between two log lines."""


_TOO_LARGE = "This file is too large. It can have at most 8 MB. Go back, split it, and upload the parts one by one.\n"


@dataclass(frozen=True)
class ConnectionLimits:
    """Time limits in seconds, and how much is held at once.

    ``request``: from the first byte until the request is complete. ``answer``: to create the answer and send all of it.
    ``stalled``: without any progress in sending. ``idle``: until the next request. ``connections`` and ``buffered_bytes``
    (of unfinished requests and unsent answers) are for all connections together.
    """

    request: float = 60
    answer: float = 600
    stalled: float = 30
    idle: float = 150
    connections: int = 200
    buffered_bytes: int = 128 * 1024 * 1024


DEFAULT_LIMITS = ConnectionLimits()


class UnambiguousRequest(HTTPRequestParser):  # type: ignore[misc]
    """Rejects a request that a proxy could read differently: with another end or for another host."""

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the header.

        Raises:
            ParsingError: the request is ambiguous.
        """
        chunks = b"\ntransfer-encoding:" in header_plus.lower()
        super().parse_header(header_plus)
        if chunks and (self.version != "1.1" or "CONTENT_LENGTH" in self.headers):
            raise ParsingError("The request gives its length in two ways")
        if "," in self.headers.get("HOST", ""):
            raise ParsingError("The request names two hosts")


class _TooLarge(RequestEntityTooLarge):  # type: ignore[misc]
    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        status, headers, _ = super().to_response(ident)
        return status, headers, _TOO_LARGE.encode()


class Refusal(ErrorTask):  # type: ignore[misc]
    """Answers a request that the pages never see, because it is not understood or too large. Whoever sent a file is told in words."""

    def execute(self) -> None:
        """Send the answer."""
        if isinstance(self.request.error, RequestEntityTooLarge):
            self.request.error = _TooLarge("")
        super().execute()


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows what it waits for and since when."""

    parser_class = UnambiguousRequest
    error_task_class = Refusal

    def __init__(self, *args: Any, **named: Any) -> None:
        self.is_receiving, self.since = True, time.monotonic()  # a new connection must send a request
        self.progressed_at = self.since
        super().__init__(*args, **named)

    def received(self, data: bytes) -> Any:
        """Take more bytes of a request. Only its first byte starts the clock."""
        if not self.is_receiving:
            self.is_receiving, self.since = True, time.monotonic()
        return super().received(data)

    def service(self) -> None:
        """Answer the complete request, on a thread of its own."""
        self.is_receiving, self.since = False, time.monotonic()
        super().service()
        if not self.total_outbufs_len:
            self.since = time.monotonic()

    def write_soon(self, data: Any) -> Any:
        """Queue a part of the answer. If nothing was queued, the time for progress starts now."""
        if not self.total_outbufs_len:
            self.progressed_at = time.monotonic()
        return super().write_soon(data)

    def send(self, data: bytes, do_close: bool = True) -> Any:
        """Send a part of the answer, as far as the client accepts it."""
        if sent := super().send(data, do_close):
            self.progressed_at = time.monotonic()
        return sent

    @property
    def is_waiting_for_client(self) -> bool:
        """Whether the client must act next: send more of a request, or read the answer."""
        return not self.requests or bool(self.total_outbufs_len)

    @property
    def buffered_bytes(self) -> int:
        """Bytes of the incomplete request and of the unsent answer."""
        coming = self.request.body_bytes_received if self.request is not None else 0
        return int(coming + self.total_outbufs_len)

    def is_overdue(self, limits: ConnectionLimits, now: float) -> bool:
        """Whether a time limit has passed."""
        if self.total_outbufs_len and now - self.progressed_at > limits.stalled:
            return True
        is_answering = bool(self.requests or self.total_outbufs_len)
        limit = limits.answer if is_answering else limits.request if self.is_receiving else limits.idle
        return now - self.since > limit


class ConnectionCleanup:
    """Closes overdue connections.

    If too many are open or too much is buffered, it also closes those that have kept the server waiting longest.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self.checked_at = self.logged_at = 0.0
        self.closed = 0

    def run(self, channels: Collection[Channel]) -> None:
        """Close what must be closed. Call it often.

        It checks every tenth of a second, or at once if there are too many connections.
        """
        now = time.monotonic()
        if len(channels) <= self.limits.connections and now - self.checked_at < _CHECK_INTERVAL:
            return
        self.checked_at = now
        for channel in self._overdue(list(channels), now):
            channel.handle_close()
            self.closed += 1
        if self.closed and now - self.logged_at > _LOG_INTERVAL:
            log.warning("connections-dropped", extra={"connections": self.closed})
            self.closed, self.logged_at = 0, now

    def _overdue(self, channels: list[Channel], now: float) -> Iterator[Channel]:
        places = len(channels) - self.limits.connections
        held = sum(channel.buffered_bytes for channel in channels) - self.limits.buffered_bytes
        for channel in sorted(
            (each for each in channels if each.is_waiting_for_client), key=lambda channel: channel.since
        ):
            if places > 0 or (held > 0 and channel.buffered_bytes) or channel.is_overdue(self.limits, now):
                places, held = places - 1, held - channel.buffered_bytes
                yield channel
