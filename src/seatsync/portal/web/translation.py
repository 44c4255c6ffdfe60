"""Translate the pages' texts into the reader's language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import flask_babel
from flask import Flask
from markupsafe import Markup, escape

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
    """Return ``2027-06-30`` as 30 June 2027, like the letters do, or as 30. Juni 2027; empty for none."""
    return iso and spelled(iso[:10], flask_babel.get_locale().language)


def moment(instant: str, timezone: str) -> str:
    """Return an instant (ISO) as people of the time zone read it: 30 June 2027, 03:15 CDT."""
    iso, _, time = to_the_minute(instant, timezone).partition(" ")
    return f"{day(iso)}, {time}" if time else instant


def amount(value: Decimal) -> str:
    """Return an amount of money without its currency: 630 or 619.50, or as the reader's language writes it."""
    whole_sum = value == value.to_integral_value()
    return str(flask_babel.format_decimal(value, "#,##0" if whole_sum else "#,##0.00"))


MOST_WHOLE = 32
"""Letters of a word that is never broken; a longer one may not fit on a phone."""


def whole(text: str) -> Markup:
    """Return an e-mail or a command so that a browser does not break its words at their hyphens, and a long e-mail behind its @."""
    return Markup(" ").join(Markup().join(map(_unbroken, _parts(word))) for word in text.split(" "))


def _parts(word: str) -> list[str]:
    local, at, domain = word.rpartition("@")
    return [local + at, domain] if at and len(word) > MOST_WHOLE else [word]


def _unbroken(part: str) -> Markup:
    return Markup('<span class="whole">{}</span>').format(part) if 0 < len(part) <= MOST_WHOLE else escape(part)


def register(app: Flask) -> None:
    """Add the filters for templates."""
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["amount"] = amount
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.filters["whole"] = whole
    app.jinja_env.filters["number"] = flask_babel.format_decimal
    app.jinja_env.filters["with_code"] = with_code
