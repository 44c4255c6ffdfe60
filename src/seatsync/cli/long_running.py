"""For commands that run until they are stopped: the stop signal, a running clock, and the address to listen on."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from threading import Event
from typing import Any

import click

from seatsync.cli.run import Run


@contextmanager
def stop_on_signal() -> Iterator[Event]:
    """An event that the first SIGTERM or Ctrl-C sets. The second signal has its usual effect."""
    stop = Event()
    handlers: dict[int, Any] = {}

    def end(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, handlers[number])

    for number in (int(signal.SIGTERM), int(signal.SIGINT)):
        handlers[number] = signal.signal(number, end)
    try:
        yield stop
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def clock(run: Run, timezone: str = "") -> Callable[[], datetime]:
    """A function that returns the current instant: ``run.now`` in this time zone plus the time since this call."""
    started, now = datetime.now(UTC), run.instant(timezone)
    return lambda: now + (datetime.now(UTC) - started)


def listen_at(option: str, text: str) -> tuple[str, int]:
    """``127.0.0.1:8000`` or ``[::1]:8000``, the value of an ``option``, as host and port; port 0 means any free port."""
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    if not is_address(host) or not port.isdecimal() or int(port) > 65535:
        raise click.UsageError(f"{option} must look like 127.0.0.1:8000: an address of this machine, and a port.")
    return host, int(port)


def is_address(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
