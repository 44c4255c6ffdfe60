"""What ``serve`` is told, by options and, where it is a secret, by the environment alone."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.outbox.settings import portal_address

if TYPE_CHECKING:
    from seatsync.outbox.message import Sender
    from seatsync.outbox.smtp import Server
    from seatsync.portal.web.site import Provider

SHORTEST = 32
"""Characters of a secret key: as random letters, digits and signs some 190 bits, as hexadecimal digits 128."""

_FEWEST = 10
"""Different characters that a key which is random has in any case."""

NEW_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


def address_of(url: str | None) -> str:
    """The address of the pages, without a slash at its end."""
    if not (found := portal_address(url)):
        raise click.UsageError("Say where the pages are for those who look at them: SEATSYNC_PORTAL_URL=https://….")
    if "[" in found:
        raise click.UsageError("SEATSYNC_PORTAL_URL needs a name in place of the IPv6 address; localhost is one.")
    if re.search(r"[^\w./~-]|//|/\.", found.split("://")[1].partition("/")[2]):
        raise click.UsageError("The path in SEATSYNC_PORTAL_URL may have letters, digits, hyphens and single slashes.")
    return found


def listen_at(text: str) -> tuple[str, int]:
    """``127.0.0.1:8000`` or ``[::1]:8000``, as host and port; port 0 is any that is free."""
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    if not _is_address(host) or not port.isdecimal() or int(port) > 65535:
        raise click.UsageError("--listen is written as 127.0.0.1:8000: an address of this machine, and a port.")
    return host, int(port)


def proxy_of(text: str | None, url: str) -> str:
    """The address of the proxy whose word counts; empty for none, which https can't be: somebody has to speak it."""
    if text and not _is_address(text):
        raise click.UsageError("--trusted-proxy is the address that the proxy's connections come from, as 127.0.0.1.")
    if not text and url.startswith("https:"):
        raise click.UsageError(
            "The pages are https, which a proxy before them speaks: name its address, SEATSYNC_TRUSTED_PROXY=127.0.0.1. "
            "Otherwise all visitors would count as one."
        )
    return text or ""


def secret_keys() -> tuple[str, ...]:
    """The keys that sign, the first one new cookies, from the environment."""
    keys = tuple(re.split(r"[,\s]+", os.environ.get("SEATSYNC_SECRET_KEYS", "").strip(", \t\r\n")))
    if keys == ("",):
        raise click.UsageError(f"Say in the environment what signs cookies: SEATSYNC_SECRET_KEYS. Make it by {NEW_KEY}")
    for number, key in enumerate(keys, 1):
        fault = "is in there twice" if key in keys[: number - 1] else _weakness(key)
        if fault:
            raise click.UsageError(f"SEATSYNC_SECRET_KEYS: key {number} of {len(keys)} {fault}. Make it by {NEW_KEY}")
    return keys


def _weakness(key: str) -> str:
    if len(key) < SHORTEST:
        return f"has {len(key)} characters, and needs {SHORTEST}"
    return "repeats itself, so it is not random" if len(set(key)) < _FEWEST else ""


def mail_server() -> Server:
    """Where codes are handed in, from the environment."""
    from seatsync.outbox.smtp import Server

    if not (url := os.environ.get("SEATSYNC_SMTP_URL", "")):
        raise click.UsageError("Say in the environment where mail is handed in: SEATSYNC_SMTP_URL=smtp://host:587.")
    return Server.parse(url)


def sender_of(text: str | None) -> Sender:
    """Whom the mails with codes are from."""
    from seatsync.outbox.message import as_sender

    if not text:
        raise click.UsageError("Say whom the mails with codes are from: SEATSYNC_MAIL_FROM='Name <address>'.")
    sender = as_sender(text)
    if isinstance(sender, str):
        raise click.UsageError(f"SEATSYNC_MAIL_FROM: {sender}.")
    return sender if sender.name else replace(sender, name=sender.address)


def source_of(url: str | None) -> str:
    """Where a line of a file can be looked at."""
    if not url:
        return ""
    from seatsync.portal.admin.source_links import source_url_fault

    if fault := source_url_fault(url):
        raise click.UsageError(
            f"SEATSYNC_SOURCE_URL can't be understood: {fault}. Write it as "
            "https://git.grace.example/seats/blob/{commit}/{institution}/{file}#L{line}; it knows these four, and needs none."
        )
    return url


def provider() -> Provider | None:
    """The OpenID provider to sign in with, from the environment; None where it names none."""
    from seatsync.outbox.smtp import is_loopback
    from seatsync.portal.web.site import Provider

    names = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "DOMAINS", "NAME")
    issuer, id, secret, domains, name = (os.environ.get(f"SEATSYNC_OIDC_{name}", "").strip() for name in names)
    if not any((issuer, id, secret, domains, name)):
        return None
    missing = [
        f"SEATSYNC_OIDC_{name}"
        for name, value in zip(names[:4], (issuer, id, secret, domains), strict=True)
        if not value
    ]
    if missing:
        raise click.UsageError(f"To sign in by OpenID Connect these are needed as well: {', '.join(missing)}.")
    from urllib.parse import urlsplit

    parts = urlsplit(issuer)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise click.UsageError("SEATSYNC_OIDC_ISSUER is the provider's https address, exactly as it says itself.")
    known = tuple(domain.casefold().removeprefix("@") for domain in re.split(r"[,\s]+", domains) if domain)
    if not all(re.fullmatch(r"[\w-]+(\.[\w-]+)+", domain) for domain in known):
        raise click.UsageError("SEATSYNC_OIDC_DOMAINS is written as grace.example students.grace.example.")
    return Provider(name or parts.hostname, issuer, id, secret, known)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
