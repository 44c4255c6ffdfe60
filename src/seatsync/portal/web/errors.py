"""Error pages. They say what happened and what to do, without technical details."""

from __future__ import annotations

import logging

from flask import Flask, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, SecurityError
from werkzeug.wrappers import Response

from seatsync.apply.apply import ForeignLedger
from seatsync.ledger.failures import LedgerError
from seatsync.portal.web import twice
from seatsync.portal.web.limits import TooManyTries
from seatsync.portal.web.site import previous_page
from seatsync.portal.web.translation import _

log = logging.getLogger("seatsync.pages")

ErrorResponse = tuple[str, int] | tuple[str, int, dict[str, str]]


class BadAddress(BadRequest):
    """The address of a list has a parameter that no link or form of these pages sends; ``parameter`` is its name."""

    def __init__(self, parameter: str) -> None:
        super().__init__()
        self.parameter = parameter


def register(app: Flask) -> None:
    """Show a page of our own for every error."""
    app.register_error_handler(SecurityError, _unknown_host)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(ForeignLedger, lambda _: _refused(NotFound()))  # the ledger has no such institution
    app.register_error_handler(TooManyTries, _too_many)
    app.register_error_handler(LedgerError, _no_ledger)
    app.register_error_handler(Exception, _broken)


_UNKNOWN_HOST = (
    "These pages have another address. Use the link in your letter, or ask your institution for the address.\n"
)


def _page(title: str, text: str, code: int, onward: str = "", label: str = "") -> tuple[str, int]:
    """Return the page, with a button back to where the visitor came from, or if that is not known, ``onward``.

    Of an administrator's page it leads to the administrators' pages too.
    """
    is_admins = request.path.startswith("/admin/")
    back = previous_page()
    if back != url_for("member.home"):
        onward, label = back, _("Back")
    elif not onward:
        onward, label = ("", "") if is_admins else (back, _("Your seats"))
    shown = {"again": onward, "label": label, "is_admins": is_admins}
    return render_template("message.html", title=title, text=text, **shown), code


def _unknown_host(error: SecurityError) -> ErrorResponse:
    """Return plain text: on an unknown host, a page could not link to anything."""
    return _UNKNOWN_HOST, 400, {"Content-Type": "text/plain; charset=utf-8"}


def _expired(error: CSRFError) -> ErrorResponse | Response:
    if (end := twice.end_of_first()) is not None:
        return redirect(end)
    return _page(
        _("This page was open too long"),
        _("Nothing was changed. Go back, reload the page and try again."),
        400,
    )


def _refused(error: HTTPException) -> ErrorResponse:
    code = error.code or 500
    if isinstance(error, SecurityError):  # an unknown host, as above
        return _UNKNOWN_HOST, code, {"Content-Type": "text/plain; charset=utf-8"}
    if code == 404 and request.path.startswith("/admin/"):
        text = _(
            "There is no such page, or you do not administer this institution. Search the lists for what you looked for."
        )
        return _page(_("Page not found"), text, code)
    if code == 404:
        return _page(
            _("Page not found"), _("Part of the address may be missing. Copy the whole link from the letter."), code
        )
    if isinstance(error, BadAddress):
        text = _(
            "In its address, “%(name)s” has a value that does not exist. Show all, and filter again.",
            name=error.parameter,
        )
        return _page(_("This list cannot be shown"), text, code, request.base_url, _("Show all"))
    if code == 413:
        return _page(
            _("This file is too large"),
            _("The file can have at most 8 MB. Split it, and upload the parts one by one."),
            code,
        )
    if code == 405:
        return _page(
            _("This page cannot be opened this way"),
            _("Go back to the previous page, and use the link or button there."),
            code,
        )
    return _page(
        _("That did not work"),
        _(
            "Something was wrong with what your browser sent. Nothing was changed. Go back, reload the page and try again."
        ),
        code,
    )


def _too_many(error: TooManyTries) -> ErrorResponse:
    minutes = max(1, round(error.seconds / 60))
    if minutes == 1:
        text = _("For security, the number of tries is limited. Try again in about a minute.")
    else:
        text = _(
            "For security, the number of tries is limited. Try again in about %(minutes)d minutes.", minutes=minutes
        )
    return *_page(_("Too many tries"), text, 429), {"Retry-After": str(error.seconds)}


def note_failure(error: LedgerError) -> None:
    """Log that the ledger can't be used now."""
    # The error's message may name the person who holds the lock. Its help names nobody.
    facts = {"request": g.get("request_id", ""), "help": error.help}
    log.error("ledger-out-of-reach", extra=facts, exc_info=error)


def _no_ledger(error: LedgerError) -> ErrorResponse:
    note_failure(error)
    text = _("We have a technical problem right now. Nothing was changed. Try again in a few minutes.")
    return *_page(_("Not available right now"), text, 503), {"Retry-After": "60"}


def _broken(error: Exception) -> ErrorResponse:
    log.error("broken", extra={"page": request.endpoint, "request": g.get("request_id", "")}, exc_info=error)
    text = _(
        "This is our mistake, not yours. Try again. If it happens again, send your institution this number: %(id)s.",
        id=g.get("request_id", "?"),
    )
    return _page(_("Something went wrong"), text, 500)
