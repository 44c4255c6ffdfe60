"""Web addresses that members are sent to: https only, and nothing that a browser or a letter could read otherwise."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MAX_ADDRESS = 500
"""The most characters: enough for a claim page, and still whole in a letter."""

_WRITTEN = re.compile(r"[!#-;=?-Z\[\]_a-z~]*")
"""What RFC 3986 allows, so no quote, angle bracket, space or letter of another script."""


def web_address_fault(address: str) -> str:
    """Why members must not be sent to this address, without a full stop; empty if they may."""
    if len(address) > MAX_ADDRESS:
        return f"is longer than {MAX_ADDRESS} characters"
    if not _WRITTEN.fullmatch(address):
        return "has a space, or a character that no web address has"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not a web address"
    if parts.scheme != "https" or "." not in host.strip(".") or port == 0:
        return "is not an address that begins with https://"
    return "has a user name or password in it" if "@" in parts.netloc else ""
