"""Which addresses a live source may have: encrypted ones, or this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from seatsync.domain.failure import ExitCode, Failure


class BadAddress(Failure):
    """An address that no secret may be sent to, or none at all."""

    exit_code = ExitCode.USAGE


def check_address(address: str, secure: str, plain: str, option: str = "--url", is_encrypted: bool = False) -> None:
    """Check that an address begins with the scheme ``secure``; or with ``plain``, if it ``is_encrypted`` all the same or is this
    machine's.

    Raises:
        BadAddress: it does not, or has a password in it.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in (secure, plain):
        raise BadAddress(f"{option} is not an address of the form {secure}://host.example.", f"Correct {option}.")
    if parts.username or parts.password or "@" in parts.netloc:
        raise BadAddress(
            f"{option} has a user or password in it, which others could read.",
            "Take it out: secrets come from environment variables (docs/fetching.md).",
        )
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
