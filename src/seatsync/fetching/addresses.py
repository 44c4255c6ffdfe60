"""Which addresses a live source may have: encrypted ones, or this machine."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from seatsync.domain.failure import ExitCode, Failure


class BadAddress(Failure):
    """An address that no secret may be sent to, or none at all."""

    exit_code = ExitCode.USAGE


_SIGNS = {"path": "/", "query": "?", "fragment": "#"}
"""What the parts of an address begin with that follow the host."""


def check_address(
    address: str,
    secure: str,
    plain: str,
    option: str = "--url",
    parts_after: Collection[str] = (),
    is_encrypted: bool = False,
) -> None:
    """Check that this is one address, and that it begins with the scheme ``secure``; or with ``plain``, if it ``is_encrypted`` all
    the same or is this machine's. ``parts_after`` are the parts that it may have after the host.

    Raises:
        BadAddress: it does not, has a password in it, or another part.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    # libldap takes a list of addresses, split at commas and spaces: a second one could be without encryption
    if not host or parts.scheme not in (secure, plain) or re.search(r"\s", address) or "," in parts.netloc:
        raise BadAddress(f"{option} is not an address of the form {secure}://host.example.", f"Correct {option}.")
    if parts.username or parts.password or "@" in parts.netloc:
        raise BadAddress(
            f"{option} has a user or password in it, which others could read.",
            "Take it out: secrets come from environment variables (docs/fetching.md).",
        )
    for part, sign in _SIGNS.items():
        if part not in parts_after and getattr(parts, part).strip("/"):
            raise BadAddress(f'{option} goes on with "{sign}", and that would not be asked for.', f"Correct {option}.")
    if parts.scheme == plain and not is_encrypted and not _is_this_machine(host):
        raise BadAddress(
            f"{option} begins with {plain}://, so anybody on the way could read the secret and the people.",
            f"Use {secure}://. Only this machine (localhost) is asked without encryption.",
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
