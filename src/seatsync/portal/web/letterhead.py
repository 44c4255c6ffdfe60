"""Whose pages these are: the institution whose letter or claim page somebody has opened."""

from __future__ import annotations

from contextlib import suppress

from flask import g, request, session

from seatsync.ledger.failures import LedgerError
from seatsync.ledger.queries import offers
from seatsync.ledger.queries.offers import Letterhead
from seatsync.portal.web.site import site

_KEY, _LANGUAGE_KEY = "institution", "letter_language"


def on_pages_of(institution: str) -> None:
    """Show this page, and those that follow in this browser, with the institution's letterhead; with none for an empty id."""
    session[_KEY] = institution
    g.pop("letterhead", None)


def in_language_of_letter(language: str) -> None:
    """Speak the language of the letter from which somebody comes, where they have chosen none; empty for none."""
    session[_LANGUAGE_KEY] = language


def language_of_letter() -> str:
    """Return the language of the letter from which this browser came; empty for none."""
    return str(session.get(_LANGUAGE_KEY, ""))


def letterhead() -> Letterhead | None:
    """Return the letterhead of this page; None on the pages of no single institution. It stops no page, least of all an error's."""
    institution = session.get(_KEY)
    if request.blueprint == "admin" or not isinstance(institution, str) or not institution:
        return None
    if "letterhead" not in g:
        g.letterhead = None
        with suppress(LedgerError), site().reading() as connection:
            g.letterhead = offers.letterhead(connection, institution)
    found: Letterhead | None = g.letterhead
    return found
