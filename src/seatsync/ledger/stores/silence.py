"""Connections to PostgreSQL that do not wait for ever for a server that has fallen silent."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg import Connection, OperationalError

if TYPE_CHECKING:
    from psycopg.abc import PQGen

Result = TypeVar("Result")

SILENCE = 10.0
"""Seconds without a word on a connection before its server is asked whether it still answers."""

ANSWER = 5.0
"""Seconds that the server then has to answer."""

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""PostgreSQL and poolers answer it with one byte, before anybody signs in and even if they accept no more connections."""


class WatchedConnection(Connection[Any]):
    """A connection that is closed when its server no longer answers anybody.

    A statement may take as long as it needs: nobody can tell a long one from a lost one by its time. So the server is asked over
    a new connection, as soon as a statement has been silent for ``SILENCE``. The keepalives of the system do not find a server
    that hangs, or is behind a proxy that does: the system itself answers them.

    Raises:
        OperationalError: the server is silent (from any method that waits for it).
    """

    def wait(self, gen: PQGen[Result], *args: Any, **options: Any) -> Result:
        return super().wait(self._watched(gen), *args, **options)

    def _watched(self, gen: PQGen[Result]) -> PQGen[Result]:
        """Pass on what ``gen`` waits for. psycopg resumes it with 0 ten times a second while nothing arrives."""
        heard = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENCE:
                    self._must_answer()
                    heard = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            result: Result = end.value
            return result

    def _must_answer(self) -> None:
        info = self.info
        try:
            with _connected(info.hostaddr or info.host, info.port) as other:
                other.sendall(_SSL_REQUEST)
                other.recv(1)
        except TimeoutError:
            self.pgconn.finish()
            raise OperationalError("the server is silent") from None
        except OSError:  # an answer, too: if the server is gone, this connection will break by itself
            return


def _connected(host: str, port: int) -> socket.socket:
    """A new connection to a server: at an address, or for a path at the socket in that folder."""
    if not host.startswith("/"):
        return socket.create_connection((host, port), timeout=ANSWER)
    other = socket.socket(socket.AF_UNIX)
    other.settimeout(ANSWER)
    try:
        other.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        other.close()
        raise
    return other
