"""Student ids and e-mails as they were typed: without what programs put around or into them."""

from __future__ import annotations

import re

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+")
"""Soft hyphens, characters without width and direction marks: pasted along, and never part of an id or e-mail."""
_FORMULA = re.compile(r'="([^"=]*)"')
_MARKED = re.compile(r"'+(?=[^'])|#(?=\w)(?!(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)$)")


def plain_id(id: str) -> str:
    """The student id without invisible characters, a formula around it (``="0123"``), ``'`` or ``#`` before it."""
    if id.isalnum():
        return id
    return _without_guard(id)


def plain_email(email: str) -> str:
    """The e-mail without invisible characters and without a formula or ``'`` around it."""
    found = _INVISIBLE.sub("", email) if not email.isascii() else email
    if not found or found[0] not in "='":
        return found
    formula = _FORMULA.fullmatch(found)
    return (formula[1] if formula else found).lstrip("'").strip()


def _without_guard(id: str) -> str:
    found = _INVISIBLE.sub("", id).strip()
    if formula := _FORMULA.fullmatch(found):
        found = formula[1].strip()
    return _MARKED.sub("", found, count=1) if _MARKED.match(found) else found
