"""Where somebody goes on to once they have signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import flask
from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from seatsync.portal.accounts.sessions import visitor

View = TypeVar("View", bound=Callable[..., Any])


_LONGEST = 1_000
"""Characters of a page that is remembered with what it was asked; a cookie has room for 4,096 bytes, and proxies for little more."""


def come_back_here() -> None:
    """Remember this page. It stands in the signed cookie, not in an address: nobody can make it lead elsewhere."""
    page = request.full_path.rstrip("?") if request.method == "GET" else request.path
    flask.session["next"] = request.script_root + (page if len(page) <= _LONGEST else request.path)


def go_on() -> Response:
    """To the page that was remembered, else to the member's own."""
    return redirect(flask.session.pop("next", None) or url_for("member.home"))


def signed_in(view: View) -> View:
    """A view for those who are signed in; others sign in first, and come back."""

    @wraps(view)
    def guarded(*args: Any, **named: Any) -> Any:
        if visitor() is None:
            come_back_here()
            return redirect(url_for("account.sign_in"))
        return view(*args, **named)

    return cast(View, guarded)
