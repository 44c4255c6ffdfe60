"""Find whole e-mails in any text: plain, or as JSON, Markdown, HTML and URLs write them.

Every repetition here is possessive, so that the time stays linear in the length of the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from unicodedata import category
from urllib.parse import unquote

from seatsync.domain.text.characters import EMAIL_LETTER, EMAIL_LOCAL

_AS_CODE = r"\\u(?!0040)[0-9a-fA-F]{4}|\\x(?!40)[0-9a-fA-F]{2}|&(?!#0*64;|#[xX]0*40;)\#\w{1,31};"
"""A character other than @, as JSON, a log or HTML encodes it."""
_LOCAL = rf"(?:{_AS_CODE}|&(?!commat;|[lg]t;|quot;)\w{{1,31}};|\\[!#-'*-+\--/=?^_`{{-~]|{EMAIL_LOCAL})"
_LETTERS = rf"(?:{_AS_CODE}|\\-|%[89a-fA-F][0-9a-fA-F]|{EMAIL_LETTER})++"
_DOMAIN = rf"((?:{_LETTERS}(?:\\?\.{_LETTERS})++)|{_LETTERS}(?<=…))"
"""The part after the @: at least two parts, or the rest before the text was cut off."""
_SIGN = r"@(?:<!-- -->)?"
_SIGN_AS_CODE = r"(?:%40|&(?:#0*64|#[xX]0*40|commat);|\\u0040|\\x40)"

_RUN = re.compile(rf"\\[bfnrt]|((?:{_SIGN}|{_SIGN_AS_CODE}|{_LOCAL})++)")
"""A run of characters that can all be part of e-mails."""
_PLAIN = re.compile(rf"({_LOCAL}++)(?:{_SIGN}{_DOMAIN})?")
_CODED = re.compile(rf"((?:(?!{_SIGN_AS_CODE}){_LOCAL})++)(?:{_SIGN_AS_CODE}{_DOMAIN})?")
_ANY_SIGN = re.compile(f"@|{_SIGN_AS_CODE}")
_QUOTES = "'`*_"
"""Characters that can be in an e-mail but also around one: quotes and Markdown's marks."""


def emails_replaced(text: str, replacement: Callable[[str], str]) -> str:
    """Replace each e-mail in ``text`` by ``replacement(email)``, also one that was cut off."""
    if _ANY_SIGN.search(text) is None:
        return text
    return _RUN.sub(partial(_in_run, replacement), text)


def _in_run(replacement: Callable[[str], str], run: re.Match[str]) -> str:
    if "@" in run[0]:  # then an encoded @ is part of the local part
        return _PLAIN.sub(partial(_replaced, replacement, False), run[0])
    if run[1] and _ANY_SIGN.search(run[0]) is not None:
        return _CODED.sub(partial(_replaced, replacement, True), run[0])
    return run[0]


def _replaced(replacement: Callable[[str], str], is_url: bool, found: re.Match[str]) -> str:
    local, domain = found.groups()
    if domain is None:
        return local
    quote = local[0] if local[0] in _QUOTES and found.string.startswith(local[0], found.end()) else ""
    return quote + replacement(_decoded(f"{local.removeprefix(quote)}@{domain}", is_url))


def _decoded(email: str, is_url: bool) -> str:
    """The e-mail decoded, without invisible characters."""
    email = re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda code: chr(int(code[1] or code[2], 16)), email)
    email = html.unescape(re.sub(r"\\([^\w\s]|_)", r"\1", email))
    email = unquote(email) if is_url else email
    return email if email.isascii() else "".join(c for c in email if category(c) != "Cf")
