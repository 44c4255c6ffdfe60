"""Pages for what went wrong: what is so, and what to do; never how it came about."""

from __future__ import annotations

import logging

from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, NotFound, SecurityError

from seatsync.apply.apply import ForeignLedger
from seatsync.ledger.failures import LedgerError
from seatsync.portal.web.limits import TooMany
from seatsync.portal.web.translation import _

log = logging.getLogger("seatsync.pages")

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]


def register(app: Flask) -> None:
    """Have every error answered by a page of ours."""
    app.register_error_handler(SecurityError, _elsewhere)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(ForeignLedger, lambda _: _refused(NotFound()))  # no institution of this ledger
    app.register_error_handler(TooMany, _too_many)
    app.register_error_handler(LedgerError, _no_ledger)
    app.register_error_handler(Exception, _broken)


def _page(title: str, text: str, code: int) -> tuple[str, int]:
    return render_template("message.html", title=title, text=text), code


def _elsewhere(error: SecurityError) -> Answer:
    """For a host that is not ours no page can be made: what should its links lead to?"""
    return "These pages are at another address.\n", 400, {"Content-Type": "text/plain; charset=utf-8"}


def _expired(error: CSRFError) -> Answer:
    return _page(
        _("This page was open for too long"),
        _("Nothing was done. Go back, load the page again, and try once more."),
        400,
    )


def _refused(error: HTTPException) -> Answer:
    code = error.code or 500
    if isinstance(error, SecurityError):  # a host that is not ours: no page, since none could name its own address
        return "There are no pages under this name.\n", code, {"Content-Type": "text/plain; charset=utf-8"}
    if code == 404:
        return _page(
            _("There is no such page"), _("Perhaps the address was cut off. Take the whole link from the letter."), code
        )
    if code == 413:
        return _page(_("That file is too large"), _("It may have 8 MB. Send it in parts."), code)
    if code == 405:
        return _page(_("This page takes no such request"), _("Open it by its link or button."), code)
    return _page(_("That did not work"), _("The request can't be answered as it was sent. Nothing was done."), code)


def _too_many(error: TooMany) -> Answer:
    minutes = max(1, round(error.seconds / 60))
    text = _("For everybody's safety there is a limit. Try again in about %(minutes)d min.", minutes=minutes)
    return *_page(_("That was tried too often"), text, 429), {"Retry-After": str(error.seconds)}


def _no_ledger(error: LedgerError) -> Answer:
    # What the error says may name who holds the lock; what to do about it names nobody.
    facts = {"request": g.get("request_id", ""), "help": error.help}
    log.error("ledger-out-of-reach", extra=facts, exc_info=error)
    text = _("The records can't be reached at the moment. Nothing was changed. Try again in a few minutes.")
    return *_page(_("Closed for the moment"), text, 503), {"Retry-After": "60"}


def _broken(error: Exception) -> Answer:
    log.error("broken", extra={"page": request.endpoint, "request": g.get("request_id", "")}, exc_info=error)
    text = _(
        "This is our mistake, not yours. Try again; if it stays, tell your library: %(id)s.",
        id=g.get("request_id", "?"),
    )
    return _page(_("Something broke"), text, 500)
