"""Addresses (URLs): which are plain, and what of them may be told. What may be a password never is."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

_PART = r"[^\s@/#?:]*"
_PLAIN = re.compile(
    rf"[A-Za-z][\w+.-]*://(?:{_PART}(?::(?P<password>{_PART}))?@)?[^\s@/#?]*(?:/[^\s@#?]*)?(?:\?(?P<query>[^\s@#]*))?"
)
_TOLD = ("host", "hostaddr", "port", "dbname")
_SHORTEST = 4
"""A shorter value of an option is no secret, and part of too many words."""

ENCODED = "Write what is special in a user, a password or an option percent-encoded: @ as %40, : as %3A, / as %2F, # as %23, ? as %3F."


def is_plain(address: str) -> bool:
    """Whether it can't be misread where in an address user and password end: nothing special in them is left unencoded."""
    return _PLAIN.fullmatch(address) is not None


def may_hold_a_password(text: str) -> bool:
    """Whether a text that is no address looks as if it was meant for one, or for a connection string."""
    is_path = re.match(r"\.{0,2}/(?!/)", text) is not None
    return not is_path and re.search(r":.*@|pass\w*\s*=", text, re.DOTALL) is not None


def redacted(said: str) -> str:
    """A text without the user and password, or token, and without the query, of any address in it."""
    return re.sub(r"(\w://[^\s?'\"]*)\?[^\s'\"]*", r"\1", re.sub(r"(\w+://)\S*@", r"\1", said))


def without_secrets(said: str, address: str) -> str:
    """A text of somebody who was told ``address``, without its password and the values of its options."""
    if (found := _PLAIN.fullmatch(address)) is None:
        return said
    pairs = [pair.partition("=")[::2] for pair in (found["query"] or "").split("&")]
    values = {found["password"] or ""} | {
        value for name, value in pairs if name not in _TOLD and len(value) >= _SHORTEST
    }
    forms = {form for value in values for form in (value, unquote(value), unquote_plus(value)) if form}
    for form in sorted(forms, key=len, reverse=True):
        said = said.replace(form, "…")
    return said
