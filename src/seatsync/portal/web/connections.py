"""Connections that keep the server waiting: a request that does not end, an answer that nobody takes, a line that is only held;
and requests that can be read in two ways.

Waitress drops a connection once nothing has come for a while; a byte every few seconds is enough to keep it for ever, and with as
many as the server takes nobody else gets in. So each has its time, whatever trickles; and where all places are taken, who has kept
the server waiting for longest makes room.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError

log = logging.getLogger("seatsync.server")

_BETWEEN, _SILENCE = 0.1, 10.0
"""Seconds from one look at all connections to the next, and from one line of the log to the next."""


@dataclass(frozen=True)
class Patience:
    """Seconds for a ``request`` to be whole from its first byte on, for an ``answer`` to be made and taken, for a
    ``stalled`` one to go on, and for the next request on a line that is kept (``idle``); and how many connections, and bytes of
    requests and answers, are held at once."""

    request: float = 60
    answer: float = 600
    stalled: float = 30
    idle: float = 150
    connections: int = 200
    held: int = 128 * 1024 * 1024


USUAL = Patience()


class Asked(HTTPRequestParser):  # type: ignore[misc]
    """A request. One of which a proxy could believe that it ends elsewhere, or is for another host, is none."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read its head.

        Raises:
            ParsingError: it can be read in two ways.
        """
        chunks = b"\ntransfer-encoding:" in header_plus.lower()
        super().parse_header(header_plus)
        if chunks and (self.version != "1.1" or "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Its length is said in two ways")
        if "," in self.headers.get("HOST", ""):
            raise ParsingError("It is for two hosts")


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when it has been at what it is at."""

    parser_class = Asked

    def __init__(self, *args: Any, **named: Any) -> None:
        self.is_asking, self.since = True, time.monotonic()  # who has connected is to say something
        self.moved = self.since
        super().__init__(*args, **named)

    def received(self, data: bytes) -> Any:
        """Some more of a request has come. Its first byte starts the clock, and no other does."""
        if not self.is_asking:
            self.is_asking, self.since = True, time.monotonic()
        return super().received(data)

    def service(self) -> None:
        """Answer the request that is whole; on a thread of its own."""
        self.is_asking, self.since = False, time.monotonic()
        super().service()
        if not self.total_outbufs_len:
            self.since = time.monotonic()

    def write_soon(self, data: Any) -> Any:
        """Some of the answer is there to be taken, from now on if nothing was."""
        if not self.total_outbufs_len:
            self.moved = time.monotonic()
        return super().write_soon(data)

    def send(self, data: bytes, do_close: bool = True) -> Any:
        """Some of the answer is taken, if the other side has room for it."""
        if sent := super().send(data, do_close):
            self.moved = time.monotonic()
        return sent

    @property
    def is_waited_for(self) -> bool:
        """Whether it is the other side's turn: to ask on, or to take what is there."""
        return not self.requests or bool(self.total_outbufs_len)

    @property
    def held(self) -> int:
        """Bytes of the request that is coming, and of the answer that is not taken yet."""
        coming = self.request.body_bytes_received if self.request is not None else 0
        return int(coming + self.total_outbufs_len)

    def is_overdue(self, patience: Patience, now: float) -> bool:
        """Whether its time is over."""
        if self.total_outbufs_len and now - self.moved > patience.stalled:
            return True
        is_answering = bool(self.requests or self.total_outbufs_len)
        limit = patience.answer if is_answering else patience.request if self.is_asking else patience.idle
        return now - self.since > limit


class Clearing:
    """Closes the connections whose time is over, and where there are too many, or too much is held, those that have kept us
    waiting for longest."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.looked = self.told = 0.0
        self.closed = 0

    def look(self, channels: Collection[Channel]) -> None:
        """To be called often; what there is to do is done at once, or in a tenth of a second."""
        now = time.monotonic()
        if len(channels) <= self.patience.connections and now - self.looked < _BETWEEN:
            return
        self.looked = now
        for channel in self._to_close(list(channels), now):
            channel.handle_close()
            self.closed += 1
        if self.closed and now - self.told > _SILENCE:
            log.warning("connections-dropped", extra={"connections": self.closed})
            self.closed, self.told = 0, now

    def _to_close(self, channels: list[Channel], now: float) -> Iterator[Channel]:
        places = len(channels) - self.patience.connections
        held = sum(channel.held for channel in channels) - self.patience.held
        for channel in sorted((each for each in channels if each.is_waited_for), key=lambda channel: channel.since):
            if places > 0 or (held > 0 and channel.held) or channel.is_overdue(self.patience, now):
                places, held = places - 1, held - channel.held
                yield channel
