"""Log one line per request and send the request's number in the answer.

The line names the page and nothing that was sent, not even the path, which may be a personal link.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import g, request
from werkzeug.datastructures import Headers
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("seatsync.requests")

_ID, _PAGE = "seatsync.request", "seatsync.page"
_BROKEN = b"Something went wrong. This is our mistake, not yours. Try again in a few minutes.\n"


Took = Callable[[str, str, int, float], None]
"""Notes a request: its page (empty where there is none), method, status and seconds."""


class RequestLog:
    """WSGI middleware that logs every request and answers even if the application raises."""

    def __init__(self, app: WSGIApplication, took: Took | None = None) -> None:
        self.app = app
        self.took = took

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        id, began = secrets.token_hex(8), time.perf_counter()
        environ[_ID] = id
        outcome = {"status": 500}

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            outcome["status"] = int(status[:3])
            return start_response(status, [*headers, ("X-Request-Id", id)], error)

        def log_request() -> None:
            seconds, page = time.perf_counter() - began, environ.get(_PAGE)
            method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in _METHODS else "?"
            facts = {"request": id, "method": method, "page": page}
            log.info("request", extra={**facts, **outcome, "milliseconds": round(seconds * 1000, 1)})
            if self.took is not None:
                self.took(page or "", method, outcome["status"], seconds)

        try:
            return ClosingIterator(self.app(environ, start), log_request)
        except Exception:  # even the error page could not be created
            log.exception("broken", extra={"request": id})
            start("500 INTERNAL SERVER ERROR", Headers({"Content-Type": "text/plain"}).to_wsgi_list())
            log_request()
            return [_BROKEN]


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def note_page() -> None:
    """Note the request's number and page. Call it before each request."""
    g.request_id = request.environ.get(_ID, "")
    request.environ[_PAGE] = request.endpoint
