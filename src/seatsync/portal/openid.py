"""Signing in by an institution's own OpenID provider."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("openid", __name__, url_prefix="/openid")
