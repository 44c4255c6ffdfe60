"""Health checks for monitoring. The server answers them on threads of their own (``HEALTH``)."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from flask import Blueprint, current_app

from seatsync.ledger.failures import LedgerError
from seatsync.portal.web.site import Site, site

pages = Blueprint("health", __name__)

HEALTH = ("/healthz", "/readyz")
"""The paths of the health checks."""

_ANSWER = 3.0
"""Seconds that the ledger has to answer."""


@pages.get("/healthz")
def alive() -> str:
    """Answer if the process runs."""
    return "ok\n"


@pages.get("/readyz")
def ready() -> tuple[str, int]:
    """Answer 200 if the ledger can be read, else 503."""
    extensions = current_app.extensions
    if "ready" not in extensions:
        extensions.setdefault("ready", _Check(site()))
    check: _Check = extensions["ready"]
    try:
        check.asked().result(_ANSWER)
    except LedgerError as error:
        return f"not ready: the ledger cannot be used. {error.help}\n", 503
    except TimeoutError:
        return "not ready: the ledger does not answer.\n", 503
    return "ready\n", 200


class _Check:
    """Reads the ledger on a thread of its own, because a server that has fallen silent keeps it waiting."""

    def __init__(self, here: Site) -> None:
        self._here = here
        self._thread = ThreadPoolExecutor(1, "ready")
        self._lock = Lock()
        self._running: Future[None] | None = None

    def asked(self) -> Future[None]:
        """The reading that is under way, or else a new one."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = self._thread.submit(self._read)
            return self._running

    def _read(self) -> None:
        with self._here.reading():
            pass
