"""Lead to the page that was meant: from an institution's earlier id to its id of today, and from an address with trifles."""

from __future__ import annotations

from flask import Flask, Response, make_response, redirect, request, url_for

from seatsync.ledger.failures import LedgerError
from seatsync.ledger.read import renamed_to
from seatsync.portal.web.site import site

_AFTER_LINKS = " .,;:!?)>]}'\"»”’…。，"
"""What stands after a link in a sentence, and is copied with it. No address of these pages ends so."""


def register(app: Flask) -> None:
    """Look for the new id, and for what was copied along with a link, only where a page was not found."""
    app.after_request(_to_the_page_that_was_meant)
    app.after_request(_to_the_new_id)  # runs first


def _to_the_page_that_was_meant(response: Response) -> Response:
    """Lead on without the punctuation after a link in a sentence, and with the institution's id in small letters."""
    is_from_letter = request.path.startswith(("/claim/", "/l/"))
    if response.status_code != 404 or request.method not in ("GET", "HEAD") or not is_from_letter:
        return response
    institution = (request.view_args or {}).get("institution", "")
    meant = request.path.rstrip(_AFTER_LINKS).replace(f"/{institution}", f"/{institution.lower()}", 1)
    if meant == request.path:
        return response
    return make_response(redirect(request.root_path + meant, code=302))


def _to_the_new_id(response: Response) -> Response:
    institution = (request.view_args or {}).get("institution")
    if response.status_code != 404 or not institution or request.endpoint is None:
        return response
    try:
        with site().reading() as connection:
            now = renamed_to(connection, institution)
    except LedgerError:
        return response
    if not now:
        return response
    there = url_for(request.endpoint, **{**(request.view_args or {}), "institution": now})
    query = request.query_string.decode("ascii", "replace")
    return make_response(redirect(f"{there}?{query}" if query else there, code=307))
