"""A line in the log for each request, and its number in the answer: nothing that it was sent, not even the path, which may be a
personal link; only which page it is.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import g, request
from werkzeug.datastructures import Headers
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("seatsync.requests")

_ID, _PAGE = "seatsync.request", "seatsync.page"
_BROKEN = b"Something broke. This is our mistake, not yours. Try again in a few minutes.\n"


class RequestLog:
    """Around an application: sees all that it is asked and answers, whatever breaks in it."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        id, began = secrets.token_hex(8), time.perf_counter()
        environ[_ID] = id
        answered = {"status": 500}

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            answered["status"] = int(status[:3])
            return start_response(status, [*headers, ("X-Request-Id", id)], error)

        def note() -> None:
            took = round((time.perf_counter() - began) * 1000, 1)
            method = environ["REQUEST_METHOD"]
            facts = {"request": id, "method": method if method in _METHODS else "?", "page": environ.get(_PAGE)}
            log.info("request", extra={**facts, **answered, "milliseconds": took})

        try:
            return ClosingIterator(self.app(environ, start), note)
        except Exception:  # even the page that says so could not be made
            log.exception("broken", extra={"request": id})
            start("500 INTERNAL SERVER ERROR", Headers({"Content-Type": "text/plain"}).to_wsgi_list())
            note()
            return [_BROKEN]


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def recognise() -> None:
    """To be called before each request: its number, and which page it is for."""
    g.request_id = request.environ.get(_ID, "")
    request.environ[_PAGE] = request.endpoint
