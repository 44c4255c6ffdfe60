"""Finding e-mails in any text, whole: as they stand, and as JSON, Markdown, HTML and URLs spell them.

No text takes long: every repetition here is possessive, so that a character is looked at a few times and no more.
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
"""A character but the @ itself, as JSON, a log or HTML writes it."""
_LOCAL = rf"(?:{_AS_CODE}|&(?!commat;|[lg]t;|quot;)\w{{1,31}};|\\[!#-'*-+\--/=?^_`{{-~]|{EMAIL_LOCAL})"
_LETTERS = rf"(?:{_AS_CODE}|\\-|%[89a-fA-F][0-9a-fA-F]|{EMAIL_LETTER})++"
_DOMAIN = rf"((?:{_LETTERS}(?:\\?\.{_LETTERS})++)|{_LETTERS}(?<=…))"
"""What stands behind the @: at least two parts, or what was left when the text was cut."""
_SIGN = r"@(?:<!-- -->)?"
_SIGN_AS_CODE = r"(?:%40|&(?:#0*64|#[xX]0*40|commat);|\\u0040|\\x40)"

_RUN = re.compile(rf"\\[bfnrt]|((?:{_SIGN}|{_SIGN_AS_CODE}|{_LOCAL})++)")
"""Whatever may be part of e-mails, in one piece."""
_PLAIN = re.compile(rf"({_LOCAL}++)(?:{_SIGN}{_DOMAIN})?")
_CODED = re.compile(rf"((?:(?!{_SIGN_AS_CODE}){_LOCAL})++)(?:{_SIGN_AS_CODE}{_DOMAIN})?")
_ANY_SIGN = re.compile(f"@|{_SIGN_AS_CODE}")
_BESIDE = "'`*_"
"""Signs that may be in an e-mail, and also stand around one: quotes, and Markdown's."""


def emails_replaced(text: str, replacement: Callable[[str], str]) -> str:
    """``text`` with ``replacement`` of each e-mail in its place, or of what is left of one that was cut off."""
    if _ANY_SIGN.search(text) is None:
        return text
    return _RUN.sub(partial(_in_run, replacement), text)


def _in_run(replacement: Callable[[str], str], run: re.Match[str]) -> str:
    if "@" in run[0]:  # then a sign that is written as a code is part of a name
        return _PLAIN.sub(partial(_replaced, replacement, False), run[0])
    if run[1] and _ANY_SIGN.search(run[0]) is not None:
        return _CODED.sub(partial(_replaced, replacement, True), run[0])
    return run[0]


def _replaced(replacement: Callable[[str], str], is_url: bool, found: re.Match[str]) -> str:
    local, domain = found.groups()
    if domain is None:
        return local
    beside = local[0] if local[0] in _BESIDE and found.string.startswith(local[0], found.end()) else ""
    return beside + replacement(_spelled(f"{local.removeprefix(beside)}@{domain}", is_url))


def _spelled(email: str, is_url: bool) -> str:
    """An e-mail as itself, without invisible characters."""
    email = re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda code: chr(int(code[1] or code[2], 16)), email)
    email = html.unescape(re.sub(r"\\([^\w\s]|_)", r"\1", email))
    email = unquote(email) if is_url else email
    return email if email.isascii() else "".join(c for c in email if category(c) != "Cf")
