"""Health checks for monitoring."""

from __future__ import annotations

from flask import Blueprint

from seatsync.ledger.failures import LedgerError
from seatsync.portal.web.site import site

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> str:
    """Answer if the process runs."""
    return "ok\n"


@pages.get("/readyz")
def ready() -> tuple[str, int]:
    """Answer 200 if the ledger can be read, else 503."""
    try:
        with site().reading():
            return "ready\n", 200
    except LedgerError as error:
        return f"not ready: the ledger cannot be used. {error.help}\n", 503
