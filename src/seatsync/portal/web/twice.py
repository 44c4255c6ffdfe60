"""A form that is sent twice, by a double click: the second time ends where the first one ended.

Signing in and out begins a new session, whose forms have other tokens. So the second time, the form looks as if it was open too long.
"""

from __future__ import annotations

import flask
from flask import Response, request

_KEY, _TOKEN = "sent", "csrf_token"


def note_end(response: Response) -> Response:
    """Note in a new session which form began it, and where that form led."""
    if request.method == "POST" and response.location and _TOKEN not in flask.session:
        flask.session[_KEY] = [*_form(), response.location]
    return response


def end_of_first() -> str | None:
    """Return where this form led when it began the session; None if it did not. Nothing is done a second time."""
    *form, end = flask.session.get(_KEY, ("", "", ""))
    return str(end) if form == _form() else None


def _form() -> list[str]:
    return [request.path, request.form.get(_TOKEN, "")]
