"""For whoever watches over the server: is it alive, is it ready?"""

from __future__ import annotations

from flask import Blueprint

from seatsync.ledger.failures import LedgerError
from seatsync.portal.web.site import site

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> str:
    """The process answers."""
    return "ok\n"


@pages.get("/readyz")
def ready() -> tuple[str, int]:
    """The ledger answers as well, so that pages can be shown."""
    try:
        with site().reading():
            return "ready\n", 200
    except LedgerError as error:
        return f"not ready: the ledger can't be used. {error.help}\n", 503
