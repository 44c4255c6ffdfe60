"""Lead from an institution's earlier id to its id of today: links in letters and claim pages keep working."""

from __future__ import annotations

from flask import Flask, Response, make_response, redirect, request, url_for

from seatsync.ledger.failures import LedgerError
from seatsync.ledger.read import renamed_to
from seatsync.portal.web.site import site


def register(app: Flask) -> None:
    """Look for the new id only where a page was not found."""
    app.after_request(_to_the_new_id)


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
