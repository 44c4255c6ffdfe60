"""Signing in by an institution's own OpenID provider."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("openid", __name__, url_prefix="/openid")


@pages.post("/begin")
def begin() -> str:
    """Over to the provider."""
    return ""
