"""Keep secrets out of what others have said."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with each secret as ``***``, also as an address, a form or Base64 writes it.

    Mask before you cut: of a secret that is cut nobody knows that it is one.
    """
    written = {
        form
        for secret in secrets
        if secret
        for form in (secret, quote(secret, safe=""), quote_plus(secret), _base64(secret))
    }
    for form in sorted(written, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


def _base64(secret: str) -> str:
    return b64encode(secret.encode("utf-8", "surrogateescape")).decode().rstrip("=")
