"""Settings of ``serve``, from options; secrets only from the environment."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.outbox.settings import portal_address
from seatsync.cli.long_running import is_address

if TYPE_CHECKING:
    from seatsync.outbox.message import Sender
    from seatsync.outbox.smtp import Server
    from seatsync.portal.web.site import Provider

SHORTEST = 32
"""The fewest characters of a secret key: 128 bits as random hexadecimal digits, about 190 bits as letters, digits and signs."""

_FEWEST = 10
"""The fewest different characters of a key: a random key has more."""

NEW_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


def address_of(url: str | None) -> str:
    """The public address of the pages, without a slash at the end."""
    if not (found := portal_address(url)):
        raise click.UsageError("Set the public address of the pages: SEATSYNC_PORTAL_URL=https://….")
    if "[" in found:
        raise click.UsageError(
            "SEATSYNC_PORTAL_URL needs a host name instead of the IPv6 address, for example localhost."
        )
    if re.search(r"[^\w./~-]|//|/\.", found.split("://")[1].partition("/")[2]):
        raise click.UsageError(
            "The path in SEATSYNC_PORTAL_URL can only have letters, digits, hyphens and single slashes."
        )
    return found


def proxy_of(text: str | None, url: str) -> str:
    """The address of the trusted proxy; empty for none. https needs a proxy, because ``serve`` itself only speaks http."""
    if text and not is_address(text):
        raise click.UsageError(
            "--trusted-proxy must be the address that the proxy connects from, for example 127.0.0.1."
        )
    if not text and url.startswith("https:"):
        raise click.UsageError(
            "The pages use https, so there must be a proxy in front of them: set its address, SEATSYNC_TRUSTED_PROXY=127.0.0.1. "
            "Without it all visitors would count as one."
        )
    return text or ""


def secret_keys() -> tuple[str, ...]:
    """The keys for signatures, from the environment. The first one signs, all are accepted."""
    keys = tuple(re.split(r"[,\s]+", os.environ.get("SEATSYNC_SECRET_KEYS", "").strip(", \t\r\n")))
    if keys == ("",):
        raise click.UsageError(
            f"Set the key that signs cookies in the environment: SEATSYNC_SECRET_KEYS. Make it with {NEW_KEY}"
        )
    for number, key in enumerate(keys, 1):
        fault = "is there twice" if key in keys[: number - 1] else _weakness(key)
        if fault:
            raise click.UsageError(f"SEATSYNC_SECRET_KEYS: key {number} of {len(keys)} {fault}. Make it with {NEW_KEY}")
    return keys


def _weakness(key: str) -> str:
    if len(key) < SHORTEST:
        return f"has {len(key)} characters, and needs {SHORTEST}"
    return "repeats itself, so it is not random" if len(set(key)) < _FEWEST else ""


def mail_server() -> Server:
    """The mail server for mails with codes, from the environment."""
    from seatsync.outbox.smtp import Server

    if not (url := os.environ.get("SEATSYNC_SMTP_URL", "")):
        raise click.UsageError("Set the mail server in the environment: SEATSYNC_SMTP_URL=smtp://host:587.")
    return Server.parse(url)


def sender_of(text: str | None) -> Sender:
    """The sender of mails with codes."""
    from seatsync.outbox.message import as_sender

    if not text:
        raise click.UsageError("Set the sender of mails with codes: SEATSYNC_MAIL_FROM='Name <address>'.")
    sender = as_sender(text)
    if isinstance(sender, str):
        raise click.UsageError(f"SEATSYNC_MAIL_FROM: {sender}.")
    return sender if sender.name else replace(sender, name=sender.address)


def source_of(url: str | None) -> str:
    """The template for the web address of a line of a file; empty if not set."""
    if not url:
        return ""
    from seatsync.portal.admin.source_links import source_url_fault

    if fault := source_url_fault(url):
        raise click.UsageError(
            f"SEATSYNC_SOURCE_URL is not valid: {fault}. Write it like "
            "https://git.grace.example/seats/blob/{commit}/{institution}/{file}#L{line}. It may use these four names and no others."
        )
    return url


def provider() -> Provider | None:
    """The OpenID provider for sign-in, from the environment; None if not set."""
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
        raise click.UsageError(f"For sign-in with OpenID Connect, these are needed as well: {', '.join(missing)}.")
    from urllib.parse import urlsplit

    parts = urlsplit(issuer)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise click.UsageError(
            "SEATSYNC_OIDC_ISSUER must be the provider's https address, exactly as the provider states it."
        )
    known = tuple(domain.casefold().removeprefix("@") for domain in re.split(r"[,\s]+", domains) if domain)
    if not all(re.fullmatch(r"[\w-]+(\.[\w-]+)+", domain) for domain in known):
        raise click.UsageError("SEATSYNC_OIDC_DOMAINS must look like: grace.example students.grace.example.")
    return Provider(name or parts.hostname, issuer, id, secret, known)
