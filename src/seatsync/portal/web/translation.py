"""Translate the pages' texts into the reader's language."""

from __future__ import annotations

from typing import Any

import flask_babel
from flask import Flask

from seatsync.domain.text.days import to_the_minute
from seatsync.domain.text.languages import spelled
from seatsync.reports.html import with_code


def _(text: str, **values: Any) -> str:
    """Return the text in the reader's language, with its values filled in: ``_("until %(day)s", day=…)``."""
    return str(flask_babel.gettext(text, **values))


def later(text: str) -> Any:
    """Return the text so that it is translated when it is shown."""
    return flask_babel.lazy_gettext(text)


def day(iso: str) -> str:
    """Return ``2027-06-30`` as 30 June 2027, like the letters do, or as 30. Juni 2027."""
    return spelled(iso[:10], flask_babel.get_locale().language)


def register(app: Flask) -> None:
    """Add the filters for templates."""
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["to_the_minute"] = to_the_minute
    app.jinja_env.filters["number"] = flask_babel.format_decimal
    app.jinja_env.filters["with_code"] = with_code
