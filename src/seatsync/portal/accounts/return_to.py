"""Where to go after signing in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import flask
from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from seatsync.portal.accounts.sessions import visitor

View = TypeVar("View", bound=Callable[..., Any])


_MAX_LENGTH = 1_000
"""The longest address to remember, in characters. A cookie has at most 4,096 bytes, and proxies allow little more."""


def remember_this_page() -> None:
    """Remember this page for after signing in. It is in the signed cookie, so no link can change where it leads."""
    page = request.full_path.rstrip("?") if request.method == "GET" else request.path
    flask.session["next"] = request.script_root + (page if len(page) <= _MAX_LENGTH else request.path)


def remember_letter(email: str) -> None:
    """Remember this page as ``remember_this_page`` does, and the e-mail that the letter with its link went to."""
    remember_this_page()
    expect(email)


def lead_to_last_step() -> None:
    """Note that creating an account leads to the remembered page, as the last step of a claim."""
    flask.session["steps_to"] = flask.session["next"]


def is_last_step() -> bool:
    """Whether the steps of a claim have led to this page."""
    return str(flask.session.get("steps_to", "")) == f"{request.script_root}{request.path}"


def is_from_letter() -> bool:
    """Whether signing in leads back to the personal link of a letter."""
    return str(flask.session.get("next", "")).startswith(f"{request.script_root}/l/")


def is_to_administration() -> bool:
    """Whether signing in leads to the administrators' pages."""
    return str(flask.session.get("next", "")).startswith(url_for("admin.institutions"))


def expect(email: str) -> None:
    """Remember the e-mail to fill in."""
    flask.session["email"] = email


def expected_email() -> str:
    """Return the e-mail that was last entered here, or that the letter or the claim page knows; empty for none."""
    return str(flask.session.get("email", ""))


def redirect_back() -> Response:
    """Redirect to the remembered page, or to the member's own page."""
    return redirect(flask.session.pop("next", None) or url_for("member.home"))


def to_sign_in() -> Response:
    """Redirect to the sign-in, which leads back to this page."""
    remember_this_page()
    return redirect(url_for("account.sign_in"))


def signed_in(view: View) -> View:
    """Allow a view to signed-in visitors only. Others sign in first and then come back."""

    @wraps(view)
    def guarded(*args: Any, **named: Any) -> Any:
        if visitor() is None:
            return to_sign_in()
        return view(*args, **named)

    return cast(View, guarded)
