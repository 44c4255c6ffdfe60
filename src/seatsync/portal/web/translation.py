"""What pages say, in the reader's own language."""

from __future__ import annotations

from datetime import date
from typing import Any

import flask_babel
from flask import Flask


def _(text: str, **values: Any) -> str:
    """The text in the reader's language, with the values that it names: ``_("until %(day)s", day=…)``."""
    return str(flask_babel.gettext(text, **values))


def later(text: str) -> Any:
    """The text, to be translated only when it is shown."""
    return flask_babel.lazy_gettext(text)


def day(iso: str) -> str:
    """``2027-06-30`` as 30 June 2027, as letters write it, or 30. Juni 2027."""
    is_english = flask_babel.get_locale().language == "en"
    return str(flask_babel.format_date(date.fromisoformat(iso[:10]), "d MMMM y" if is_english else "long"))


def register(app: Flask) -> None:
    """Filters for templates."""
    app.jinja_env.filters["day"] = day
