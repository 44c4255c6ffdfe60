"""The administrators' pages, to look at."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("admin", __name__, url_prefix="/admin")


@pages.get("/")
def institutions() -> str:
    """Those that one looks after."""
    return ""
