"""The languages of letters and pages, and how each writes a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "ko": "한국어", "pt": "Português"}
"""Each language's own name, by its tag. English texts are in the code, each other language has catalogs in ``translations``."""

LANGUAGE_TAG = "language:"
"""Prefix of the tag that says in which language somebody gets letters: ``language:ko``."""


def language_of(tags: Iterable[str]) -> str:
    """The language that a member's tags say; empty if they say none."""
    said = (tag.removeprefix(LANGUAGE_TAG) for tag in tags if tag.startswith(LANGUAGE_TAG))
    return next((language for language in said if language in LANGUAGES), "")


NO_BREAK = "\N{NO-BREAK SPACE}"

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
_DAYS = {
    "en": "{day} {month} {year}",
    "de": "{day}. {month} {year}",
    "es": "{day} de {month} de {year}",
    "ko": "{year}년 {number}월 {day}일",
    "pt": "{day} de {month} de {year}",
}


def spelled(day: str, language: str = "en") -> str:
    """Spell ``2027-06-30`` as "30 June 2027", or as "30. Juni 2027". A language that is not known is English.

    Its spaces are no-break spaces: on no screen does a day end in another line than it begins.
    """
    found = date.fromisoformat(day)
    language = language if language in _DAYS else "en"
    months = _MONTHS.get(language, "").split()
    month = months[found.month - 1] if months else ""
    words = _DAYS[language].format(day=found.day, month=month, number=found.month, year=found.year)
    return words.replace(" ", NO_BREAK)
