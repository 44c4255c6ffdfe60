"""Ports for servers that must be told theirs before they listen."""

from __future__ import annotations

import socket
import sys


def free_port() -> int:
    """A port of this machine at which nobody listens, and which no other process is given until this one ends.

    It stays bound here. A server can listen at it all the same, because both set SO_REUSEADDR and this socket never listens.
    Only Linux allows that; elsewhere the port is free again at once, and another process may come first.
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
