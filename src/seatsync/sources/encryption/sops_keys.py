"""Which keys may decrypt SOPS files here. The institution decides, not the file.

A file names key services, and SOPS would send each of them its credentials from the environment: a token, cloud credentials.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from seatsync.sources.encryption.forks import is_from_a_fork

SETTING = "SEATSYNC_SOPS_KEYS"

KeyEntry = dict[str, Any]


class BadSetting(Exception):
    """SEATSYNC_SOPS_KEYS is not valid."""


class NotPlain(Exception):
    """A file does not describe its keys in the form that SOPS writes. The message says what differs."""


class KeyKind(NamedTuple):
    """A kind of key.

    ``texts``: the fields that SOPS needs of an entry → a pattern. ``address`` returns the key service's address in comparable
    form; None for kinds without a service. ``variables``: prefixes of the environment variables that it needs.
    """

    texts: Mapping[str, str]
    address: Callable[[KeyEntry], str] | None
    variables: tuple[str, ...]


def origin(url: str) -> str:
    """Return ``https://host`` or ``https://host:port`` for an address that has no other parts.

    Raises:
        NotPlain: the address has other parts, or is not valid.
    """
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError as error:
        raise NotPlain("an address is not valid") from error
    host = found.hostname or ""
    if found.scheme not in _PORTS or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]*:[0-9a-f:.]*", host):
        raise NotPlain("an address is not valid")
    place = f"[{host}]" if ":" in host else host
    canonical = f"{found.scheme}://{place}" + (f":{port}" if port not in (None, _PORTS[found.scheme]) else "")
    written = url.lower().removesuffix("/")
    if written not in (canonical, f"{found.scheme}://{place}:{port}"):
        raise NotPlain("an address has more than a host and a port")
    return canonical


_PORTS = {"https": 443, "http": 80}

_ANY = r"[\x20-\x7e\n]+"
_SEGMENT = r"[A-Za-z0-9_-][\w.-]*"
_SERVICES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_")

KINDS: Mapping[str, KeyKind] = {
    "age": KeyKind({"recipient": _ANY}, None, ("SOPS_AGE_",)),
    "pgp": KeyKind({"fp": r"[0-9A-Fa-f]+"}, None, ("GNUPGHOME", "GPG_", "SOPS_GPG_EXEC")),
    # The file's profile is left out: the user chooses the account, with AWS_PROFILE.
    "kms": KeyKind(
        {"arn": r"[\w:/-]+", "role": r"[\w:/+=,.@-]*"},
        lambda entry: "+".join(filter(None, (entry["arn"], entry["role"]))),
        ("AWS_", *_SERVICES),
    ),
    "gcp_kms": KeyKind(
        {"resource_id": r"[\w/.:-]+"}, lambda entry: entry["resource_id"], ("GOOGLE_", "CLOUDSDK_", *_SERVICES)
    ),
    "azure_kv": KeyKind(
        {"vault_url": _ANY, "name": _SEGMENT, "version": r"\w*"},
        lambda entry: origin(entry["vault_url"]),
        ("AZURE_", "IDENTITY_", "MSI_", *_SERVICES),
    ),
    # A path with .. in it would lead to another path of the same server, which gets the same token.
    "hc_vault": KeyKind(
        {"vault_address": _ANY, "engine_path": rf"{_SEGMENT}(/{_SEGMENT})*", "key_name": _SEGMENT},
        lambda entry: origin(entry["vault_address"]),
        ("VAULT_", *_SERVICES),
    ),
    "hckms": KeyKind({"key_id": r"[\w:-]+"}, lambda entry: entry["key_id"], ("HUAWEICLOUD_", *_SERVICES)),
}


class AllowedKeys(NamedTuple):
    """The allowed kinds of keys, each with its allowed addresses (an empty string for kinds without a service)."""

    addresses: Mapping[str, frozenset[str]]
    is_fork: bool

    def includes(self, kind: str, address: str) -> bool:
        """Whether keys of this kind at this address are allowed."""
        return address in self.addresses.get(kind, ())


def allowed_keys(environment: Mapping[str, str]) -> AllowedKeys:
    """Return what SEATSYNC_SOPS_KEYS allows; for a proposal from a fork, only age keys.

    Raises:
        BadSetting: the variable is not valid.
    """
    addresses: dict[str, set[str]] = {}
    for word in (environment.get(SETTING) or "age").split():
        name, _, address = word.partition("=")
        kind = KINDS.get(name)
        if kind is None:
            raise BadSetting(f"{name} is not one of {', '.join(KINDS)}")
        if (kind.address is None) == bool(address):
            raise BadSetting(f"{name} {'has no address' if address else 'needs an address, as in ' + name + '=…'}")
        addresses.setdefault(name, set()).add(_comparable(name, address))
    is_fork = is_from_a_fork(environment)
    kept = {name: frozenset(found) for name, found in addresses.items() if name == "age" or not is_fork}
    return AllowedKeys(kept, is_fork)


def _comparable(kind: str, address: str) -> str:
    if kind not in ("azure_kv", "hc_vault"):
        return address
    try:
        return origin(address)
    except NotPlain as error:
        raise BadSetting(f"{kind}={address} must have the form https://host or https://host:port") from error


def checked_key(kind: str, found: object) -> tuple[KeyEntry, str]:
    """Return the key with only the fields that SOPS needs, and its address (empty for kinds without a service).

    Raises:
        NotPlain: it is not a valid key of that kind.
    """
    key_kind = KINDS[kind]
    if not isinstance(found, dict):
        raise NotPlain(f"a key of {kind} is not valid")
    kept: KeyEntry = {name: _text(found, name, pattern) for name, pattern in key_kind.texts.items()}
    kept["enc"] = _text(found, "enc", _ANY)
    if kind != "age":
        kept["created_at"] = _text(found, "created_at", _ANY)
    if kind == "kms" and found.get("context"):
        kept["context"] = _context(found["context"])
    address = key_kind.address(kept) if key_kind.address is not None else ""
    for name in ("vault_url", "vault_address"):  # exactly the spelling that was compared
        if name in kept:
            kept[name] = address
    return kept, address


def _text(found: KeyEntry, name: str, pattern: str) -> str:
    value = found.get(name)
    text = "" if value is None else value
    if not isinstance(text, str) or not re.fullmatch(pattern, text, re.ASCII):
        raise NotPlain(f'the "{name}" of a key is not valid')
    return text


def _context(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise NotPlain('the "context" of a key is not valid')
    return {str(name): _text(found, name, _ANY) for name in found if re.fullmatch(_ANY, str(name))}
