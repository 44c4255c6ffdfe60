"""Passwords: hashed with argon2id, and refused where everybody would guess them (NIST SP 800-63B, OWASP ASVS 5, V6.2)."""

from __future__ import annotations

from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from seatsync.portal.web.translation import _

SHORTEST, LONGEST = 8, 256
"""Characters of a password."""

HASHER = PasswordHash((Argon2Hasher(),))
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$UsmL3kPGDSC6D0MzhtwYqw$L8EbNwgv3QVRkbzXzqBGKvmNVSpqpHV2bxKDdxOiVSE"
"""A hash with the parameters of ``HASHER``. It is checked where there is no account, so that the answer takes as long."""


def hashed(password: str) -> str:
    """The hash to keep, with its salt and parameters (a PHC string)."""
    return HASHER.hash(password)


def matches(password: str, hash: str) -> tuple[bool, str | None]:
    """Whether it is the password of ``hash`` (empty: of nobody), and a new hash where the old one is weaker than today's."""
    right, renewed = HASHER.verify_and_update(password, hash or NOBODYS)
    return (right, renewed) if hash else (False, None)


def fault(password: str, *known: str) -> str:
    """What is wrong with a new password, in words for who chose it; empty for nothing. ``known``: what others know of them."""
    folded = password.casefold()
    if len(password) < SHORTEST:
        return _("Choose at least %(number)d characters.", number=SHORTEST)
    if len(password) > LONGEST:
        return _("Choose at most %(number)d characters.", number=LONGEST)
    if folded in _common() or len(set(folded)) < 4:
        return _("This password is among the first that anybody would try. Choose another.")
    words = [word for whole in known for word in (whole.casefold(), *whole.casefold().split("@")) if len(word) > 3]
    if any(word in folded and len(folded) - len(word) < 5 for word in words):
        return _("This password is your e-mail, or nearly. Choose another.")
    return ""


@cache
def _common() -> frozenset[str]:
    """Thirty thousand passwords out of those that were stolen elsewhere, the most common ones."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
