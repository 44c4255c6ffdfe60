"""Create the Flask application and set up what all pages share."""

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

from seatsync.domain.fields import MAX_NUMBER
from seatsync.domain.text.languages import LANGUAGES
from seatsync.portal.accounts import openid, settings_pages, sign_in
from seatsync.portal.accounts.forms import EmptyForm
from seatsync.portal.accounts.sessions import administers, visitor
from seatsync.portal.admin import routes, work_list
from seatsync.portal.members import brand, claim, home, link
from seatsync.portal.web import errors, health, letterhead, moved, request_log, translation, twice
from seatsync.portal.web.limits import PER_ADDRESS, network
from seatsync.portal.web.request_log import RequestLog, Took
from seatsync.portal.web.site import Site, SiteSettings, site

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
MAX_REQUEST_BYTES = 8 * 1024 * 1024
"""The largest request in bytes. Enough for a "Select by CSV" file with the most members and all columns of a portal's export."""


class _NumberConverter(IntegerConverter):
    """A number in a path that the ledger can store. Any other number is a 404."""

    regex = "[0-9]{1,10}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=MAX_NUMBER)


class _NameConverter(UnicodeConverter):
    """An institution, library or link token in a path, as the ledger writes them. Anything else is a 404."""

    def __init__(self, map: Map) -> None:
        super().__init__(map)
        self.regex = "[A-Za-z0-9_-]{1,63}"


class _InMemoryRequest(Request):
    """Keeps uploads in memory and never writes them to disk. `server.py` limits their size first."""

    def _get_file_stream(self, *sizes_and_names: Any, **named: Any) -> IO[bytes]:
        return BytesIO()


def create_app(here: Site, took: Took | None = None) -> Flask:
    """Return the application that serves the pages of ``here``. It calls ``took`` with the time of each request."""
    app = Flask(__name__)
    app.request_class = _InMemoryRequest
    settings = here.settings
    app.extensions["seatsync"] = here
    app.config.update(
        SECRET_KEY=settings.secrets[0],
        SECRET_KEY_FALLBACKS=list(settings.secrets[1:]),
        SESSION_COOKIE_NAME=_cookie_name(settings),
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # with Strict, following the link in a letter would sign people out
        SESSION_COOKIE_PATH=settings.path or "/",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_PARTS=50,
        TRUSTED_HOSTS=[urlsplit(settings.url).hostname, "127.0.0.1", "localhost"],
        # The last key signs here, the first one above. So open forms survive a key rotation, as cookies do.
        WTF_CSRF_SECRET_KEY=[*reversed(settings.secrets)],
        WTF_CSRF_TIME_LIMIT=None,  # the session has its own time limit
        WTF_CSRF_SSL_STRICT=False,  # it checks the Referer, which these pages do not send; `_check_request` checks Origin
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters |= {"int": _NumberConverter, "default": _NameConverter}
    app.before_request(_check_request)  # before CSRF protection, so that forms without a token count as tries
    CSRFProtect(app)
    Babel(app, locale_selector=_language)
    modules = (sign_in, routes, work_list, claim, health, link, home, brand, openid, settings_pages)
    for pages in dict.fromkeys(module.pages for module in modules):  # those for administrators share a blueprint
        app.register_blueprint(pages)
    openid.register(app, here)
    errors.register(app)
    translation.register(app)
    app.after_request(_with_headers)
    app.after_request(twice.note_end)
    moved.register(app)
    app.context_processor(_template_values)
    app.wsgi_app = RequestLog(app.wsgi_app, took)  # type: ignore[method-assign]
    return app


def _cookie_name(settings: SiteSettings) -> str:
    """Return the cookie's name. The prefix makes browsers reject a cookie set by another host or over plain http."""
    if not settings.is_https:
        return "seatsync"
    return "__Secure-seatsync" if settings.path else "__Host-seatsync"


def _language() -> str | None:
    chosen = flask.session.get("language")
    if not chosen and (who := visitor()) is not None:
        chosen = who.language
    if chosen in LANGUAGES:
        return str(chosen)
    if (of_letter := letterhead.language_of_letter()) in LANGUAGES:
        return of_letter
    wanted = [tag for tag, quality in request.accept_languages if quality]
    if found := negotiate_locale(wanted, list(LANGUAGES), sep="-"):
        return found
    head = letterhead.letterhead()
    return head.language if head is not None and head.language else "en"


def _check_request() -> None:
    request_log.note_page()
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
    headers["Referrer-Policy"] = "same-origin"  # links contain tokens; with no-referrer, browsers send no Origin
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["X-Robots-Tag"] = "noindex"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    if site().settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"  # this host only: subdomains may belong to others
    return response


def _button_form() -> EmptyForm:
    """Return a form that has only a CSRF token. It ignores the submitted data, which may be invalid."""
    return EmptyForm(formdata=None)


def _template_values() -> dict[str, object]:
    return {
        "visitor": visitor,
        "administers": administers,
        "languages": LANGUAGES,
        "language": str(get_locale()),
        "button": _button_form,
        "provider": site().settings.provider,
        "today": site().today,
        "letterhead": letterhead.letterhead,
        "code_sender": site().settings.sender.address,
    }
