"""An institution's colour and logo, which its pages load as a style sheet and a picture of their own."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, abort, make_response, request

from seatsync.domain.brand.colors import shades
from seatsync.ledger.queries import offers
from seatsync.portal.web.site import site

pages = Blueprint("brand", __name__, url_prefix="/brand/<institution>")


@pages.get("/style.css")
def style(institution: str) -> Response:
    """Answer with the institution's colour: a band of it as it is, links and buttons in shades that can be read."""
    with site().reading() as connection:
        head = offers.letterhead(connection, institution)
    if head is None or not head.color:
        abort(404)
    light, dark = shades(head.color)
    rules = f":root {{ --link: {light}; }}\n@media (prefers-color-scheme: dark) {{ :root {{ --link: {dark}; }} }}\n"
    return _kept(f"{rules}.top {{ border-top: .35rem solid {head.color}; }}\n".encode(), "text/css")


@pages.get("/logo.png")
def logo(institution: str) -> Response:
    """Answer with the institution's logo."""
    with site().reading() as connection:
        picture = offers.logo(connection, institution)
    if picture is None:
        abort(404)
    return _kept(picture, "image/png")


def _kept(data: bytes, kind: str) -> Response:
    """Return data that is the same for everybody, and that a browser may keep for an hour."""
    response = make_response(data)
    response.mimetype = kind
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.make_conditional(request)
    return response
