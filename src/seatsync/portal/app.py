"""The application: what every page has in common."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import IO, Any
from urllib.parse import urlsplit

import flask
from babel import negotiate_locale
from flask import Flask, Request, Response, request
from flask_babel import Babel, get_locale
from flask_wtf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

from seatsync.domain.fields import MOST as LARGEST
from seatsync.portal.accounts import openid, sign_in
from seatsync.portal.accounts import settings as own_account
from seatsync.portal.accounts.forms import Empty
from seatsync.portal.accounts.sessions import visitor
from seatsync.portal.admin import routes as admin
from seatsync.portal.members import claim, home, link
from seatsync.portal.web import errors, health, request_log, translation
from seatsync.portal.web.languages import LANGUAGES
from seatsync.portal.web.limits import PER_ADDRESS, network
from seatsync.portal.web.request_log import RequestLog
from seatsync.portal.web.site import Settings, Site, site

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
MOST = 8 * 1024 * 1024
"""Bytes of a request: a selection by CSV, of as many members as one may have, with all columns of a portal's export."""


class _Number(IntegerConverter):
    """A number in a path, if the ledger can have it; all others name no page."""

    regex = "[0-9]{1,10}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST)


class _Name(UnicodeConverter):
    """An institution, a library or the token of a link in a path, as the ledger writes them; all else names no page."""

    def __init__(self, map: Map) -> None:
        super().__init__(map)
        self.regex = "[A-Za-z0-9_-]{1,63}"


class _InMemory(Request):
    """What is uploaded is read where it is, and never written to a disk; `server.py` sees to the bytes before that."""

    def _get_file_stream(self, *sizes_and_names: Any, **named: Any) -> IO[bytes]:
        return BytesIO()


def create_app(here: Site) -> Flask:
    """The pages of one ledger."""
    app = Flask(__name__)
    app.request_class = _InMemory
    settings = here.settings
    app.extensions["seatsync"] = here
    app.config.update(
        SECRET_KEY=settings.secrets[0],
        SECRET_KEY_FALLBACKS=list(settings.secrets[1:]),
        SESSION_COOKIE_NAME=_cookie_name(settings),
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # Strict would sign out whoever follows the link in a letter
        SESSION_COOKIE_PATH=settings.path or "/",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        MAX_CONTENT_LENGTH=MOST,
        MAX_FORM_PARTS=50,
        TRUSTED_HOSTS=[urlsplit(settings.url).hostname, "127.0.0.1", "localhost"],
        # Here the last one signs. So a form that is open outlives a rotation, as cookies do.
        WTF_CSRF_SECRET_KEY=[*reversed(settings.secrets)],
        WTF_CSRF_TIME_LIMIT=None,  # the session's own time holds
        WTF_CSRF_SSL_STRICT=False,  # it goes by the Referer, which these pages keep to themselves; Origin is looked at below
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters |= {"int": _Number, "default": _Name}
    app.before_request(_look_first)  # first indeed: forms without a token are tries as well
    CSRFProtect(app)
    Babel(app, locale_selector=_language)
    for room in (sign_in, admin, claim, health, link, home, openid, own_account):
        app.register_blueprint(room.pages)
    openid.register(app, here)
    errors.register(app)
    translation.register(app)
    app.after_request(_with_headers)
    app.context_processor(_shown_everywhere)
    app.wsgi_app = RequestLog(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _cookie_name(settings: Settings) -> str:
    """With the prefix that has browsers refuse one set by another host, or over plain http. ``__Host-`` allows no path."""
    if not settings.is_https:
        return "seatsync"
    return "__Secure-seatsync" if settings.path else "__Host-seatsync"


def _language() -> str | None:
    chosen = flask.session.get("language")
    if not chosen and (who := visitor()) is not None:
        chosen = who.language
    if chosen in LANGUAGES:
        return str(chosen)
    wanted = [tag for tag, quality in request.accept_languages if quality]
    return negotiate_locale(wanted, list(LANGUAGES), sep="-") or "en"


def _look_first() -> None:
    request_log.recognise()
    _refuse_nul(request.args)
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin = request.headers.get("Origin")
    if origin and origin != site().settings.origin:
        flask.abort(403)
    site().limits.spend(PER_ADDRESS, "address", network(request.remote_addr or ""))
    _refuse_nul(request.form)


def _refuse_nul(given: MultiDict[str, str]) -> None:
    if any("\0" in text for pair in given.items(multi=True) for text in pair):
        flask.abort(400)


def _with_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"  # links carry tokens; without any, browsers would not say the Origin
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["X-Robots-Tag"] = "noindex"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    if site().settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"  # not for subdomains, which are not ours to speak for
    return response


def _button() -> Empty:
    """A form with nothing but its token. It does not look at what was sent, which may be what was wrong."""
    return Empty(formdata=None)


def _shown_everywhere() -> dict[str, object]:
    return {
        "visitor": visitor,
        "languages": LANGUAGES,
        "language": str(get_locale()),
        "button": _button,
        "provider": site().settings.provider,
    }
