"""Which keys a file that SOPS encrypted may be opened by here: what the institution allows, never what the file asks for.

The file names key services, and SOPS would show each of them what the environment has for it: a token, cloud credentials.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from seatsync.sources.encryption.forks import is_from_a_fork

SETTING = "SEATSYNC_SOPS_KEYS"

Entry = dict[str, Any]


class BadSetting(Exception):
    """What SEATSYNC_SOPS_KEYS says can't be understood."""


class NotPlain(Exception):
    """What a file says of its keys is not written as SOPS writes it."""


class Kind(NamedTuple):
    """A kind of key: the ``texts`` that SOPS needs of an entry, each with what it may be; ``address`` finds where it would be
    asked (None: nowhere), as it is compared; ``variables`` begin the names of what the environment may have for it."""

    texts: Mapping[str, str]
    address: Callable[[Entry], str] | None
    variables: tuple[str, ...]


def origin(url: str) -> str:
    """``https://host`` or ``https://host:port`` of an address that has nothing else.

    Raises:
        NotPlain: it is no such address.
    """
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError as error:
        raise NotPlain("an address is none") from error
    host = found.hostname or ""
    if found.scheme not in _PORTS or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]*:[0-9a-f:.]*", host):
        raise NotPlain("an address is none")
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

KINDS: Mapping[str, Kind] = {
    "age": Kind({"recipient": _ANY}, None, ("SOPS_AGE_",)),
    "pgp": Kind({"fp": r"[0-9A-Fa-f]+"}, None, ("GNUPGHOME", "GPG_", "SOPS_GPG_EXEC")),
    # The profile is left out: which of somebody's accounts is used is theirs to say, by AWS_PROFILE.
    "kms": Kind(
        {"arn": r"[\w:/-]+", "role": r"[\w:/+=,.@-]*"},
        lambda entry: "+".join(filter(None, (entry["arn"], entry["role"]))),
        ("AWS_", *_SERVICES),
    ),
    "gcp_kms": Kind(
        {"resource_id": r"[\w/.:-]+"}, lambda entry: entry["resource_id"], ("GOOGLE_", "CLOUDSDK_", *_SERVICES)
    ),
    "azure_kv": Kind(
        {"vault_url": _ANY, "name": _SEGMENT, "version": r"\w*"},
        lambda entry: origin(entry["vault_url"]),
        ("AZURE_", "IDENTITY_", "MSI_", *_SERVICES),
    ),
    # A path with .. in it would be another one of the same server, to which the token is shown as well.
    "hc_vault": Kind(
        {"vault_address": _ANY, "engine_path": rf"{_SEGMENT}(/{_SEGMENT})*", "key_name": _SEGMENT},
        lambda entry: origin(entry["vault_address"]),
        ("VAULT_", *_SERVICES),
    ),
    "hckms": Kind({"key_id": r"[\w:-]+"}, lambda entry: entry["key_id"], ("HUAWEICLOUD_", *_SERVICES)),
}


class Allowed(NamedTuple):
    """The kinds of keys that may be used, and of those that are asked somewhere, where."""

    addresses: Mapping[str, frozenset[str]]
    is_fork: bool

    def takes(self, kind: str, address: str) -> bool:
        return address in self.addresses.get(kind, ())


def allowed(environment: Mapping[str, str]) -> Allowed:
    """What the environment allows: SEATSYNC_SOPS_KEYS, and of a proposal from a fork nothing but age.

    Raises:
        BadSetting: that can't be understood.
    """
    addresses: dict[str, set[str]] = {}
    for word in (environment.get(SETTING) or "age").split():
        name, _, address = word.partition("=")
        kind = KINDS.get(name)
        if kind is None:
            raise BadSetting(f"{name} is none of {', '.join(KINDS)}")
        if (kind.address is None) == bool(address):
            raise BadSetting(f"{name} {'has no address' if address else 'needs its address, as in ' + name + '=…'}")
        addresses.setdefault(name, set()).add(_comparable(name, address))
    is_fork = is_from_a_fork(environment)
    kept = {name: frozenset(found) for name, found in addresses.items() if name == "age" or not is_fork}
    return Allowed(kept, is_fork)


def _comparable(kind: str, address: str) -> str:
    if kind not in ("azure_kv", "hc_vault"):
        return address
    try:
        return origin(address)
    except NotPlain as error:
        raise BadSetting(f"{kind}={address} must be as https://host or https://host:port") from error


def entry(kind: str, found: object) -> tuple[Entry, str]:
    """A key as SOPS is to see it, with nothing in it but what it needs; and its address, empty where it is asked nowhere.

    Raises:
        NotPlain: it is no key of that kind.
    """
    about = KINDS[kind]
    if not isinstance(found, dict):
        raise NotPlain(f"a key of {kind} is none")
    kept: Entry = {name: _text(found, name, pattern) for name, pattern in about.texts.items()}
    kept["enc"] = _text(found, "enc", _ANY)
    if kind != "age":
        kept["created_at"] = _text(found, "created_at", _ANY)
    if kind == "kms" and found.get("context"):
        kept["context"] = _context(found["context"])
    address = about.address(kept) if about.address is not None else ""
    for name in ("vault_url", "vault_address"):  # what was compared, and no other spelling of it
        if name in kept:
            kept[name] = address
    return kept, address


def _text(found: Entry, name: str, pattern: str) -> str:
    value = found.get(name)
    text = "" if value is None else value
    if not isinstance(text, str) or not re.fullmatch(pattern, text, re.ASCII):
        raise NotPlain(f'the "{name}" of a key is none')
    return text


def _context(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise NotPlain('the "context" of a key is none')
    return {str(name): _text(found, name, _ANY) for name in found if re.fullmatch(_ANY, str(name))}
