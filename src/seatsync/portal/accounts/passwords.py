"""Hash passwords with argon2id and reject those that are easy to guess (NIST SP 800-63B, OWASP ASVS 5, V6.2)."""

from __future__ import annotations

from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from seatsync.portal.web.translation import _

MIN_LENGTH, MAX_LENGTH = 8, 256
"""Length of a password in characters."""

HASHER = PasswordHash((Argon2Hasher(),))
DUMMY_HASH = "$argon2id$v=19$m=65536,t=3,p=4$UsmL3kPGDSC6D0MzhtwYqw$L8EbNwgv3QVRkbzXzqBGKvmNVSpqpHV2bxKDdxOiVSE"
"""A hash with the parameters of ``HASHER``. It is checked if there is no account, so that the answer takes as long."""


def hashed(password: str) -> str:
    """Return the hash to store, with its salt and parameters (a PHC string)."""
    return HASHER.hash(password)


def matches(password: str, hash: str) -> tuple[bool, str | None]:
    """Return whether the password matches ``hash`` (empty: no account), and a new hash if the old one is weaker than today's."""
    right, renewed = HASHER.verify_and_update(password, hash or DUMMY_HASH)
    return (right, renewed) if hash else (False, None)


def fault(password: str, *known: str) -> str:
    """Return what is wrong with a new password, as a message; empty if nothing. ``known``: what others know about the person."""
    folded = password.casefold()
    if len(password) < MIN_LENGTH:
        return _("Use at least %(number)d characters.", number=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        return _("Use at most %(number)d characters.", number=MAX_LENGTH)
    if folded in _common() or len(set(folded)) < 4:
        return _("This password is too easy to guess. Choose another one.")
    words = [word for whole in known for word in (whole.casefold(), *whole.casefold().split("@")) if len(word) > 3]
    if any(word in folded and len(folded) - len(word) < 5 for word in words):
        return _("This password is too similar to your e-mail. Choose another one.")
    return ""


@cache
def _common() -> frozenset[str]:
    """Return the thirty thousand most common passwords from past leaks."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
