"""Days and the like in the reader's own language."""

from __future__ import annotations

from datetime import date

from flask import Flask
from flask_babel import format_date


def register(app: Flask) -> None:
    """Filters for templates."""
    app.jinja_env.filters["day"] = day


def day(iso: str) -> str:
    """``2027-06-30`` as 30 June 2027, or 30. Juni 2027."""
    return format_date(date.fromisoformat(iso[:10]), "long")
