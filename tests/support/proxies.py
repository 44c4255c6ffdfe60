"""A network between a program and a PostgreSQL server that can fall silent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Passes bytes on, but keeps them while it is ``silent``, which begins when a client sends the ``last_word``."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._listening.getsockname()[1]
        self.connections = 0
        self.last_word = b""
        self.silent = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.last_word and self.last_word in data:
                    self.silent.set()
                self._wait()
                target.sendall(data)
            self._wait()
            target.shutdown(socket.SHUT_WR)

    def _wait(self) -> None:
        while self.silent.is_set():
            time.sleep(0.01)


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    between = Proxy(target)
    try:
        yield between
    finally:
        between.close()
