"""Ports for servers that must know their port before they listen."""

from __future__ import annotations

import socket
import sys


def free_port() -> int:
    """Return a free port of this machine that no other process gets until this one ends.

    It stays bound here. A server can still listen on it, because both set SO_REUSEADDR and this socket never listens. Only
    Linux allows that. Elsewhere the port is free again immediately, and another process may take it first.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port = int(probe.getsockname()[1])
    if sys.platform == "linux":
        probe.detach()  # stays open until the process ends
    else:
        probe.close()
    return port
