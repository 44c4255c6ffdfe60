"""Addresses of ledgers (URLs): check them, and show them without passwords."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

_PART = r"[^\s@/#?:]*"
_HOST = r"(?:[\w.-]+|\[[\da-fA-F:.]+\])"
_PORT = r"\d{1,5}"
_PATH = r"[\w. ~+$,/-]*"
_ADDRESS = re.compile(
    rf"(?P<user>[A-Za-z][\w+.-]*://(?:{_PART}(?::(?P<password>{_PART}))?@)?)"
    rf"(?P<servers>{_HOST}?(?::{_PORT})?(?:,{_HOST}?(?::{_PORT})?)*)"
    r"(?:/(?P<path>[^\s@#?]*))?(?:\?(?P<query>[^\s@#]*))?"
)
_SERVER = rf"(?:{_HOST}(?::{_PORT})?|/[\w./~+-]*)"
_SHOWN = {
    "host": re.compile(rf"{_SERVER}(?:,{_SERVER})*"),
    "hostaddr": re.compile(r"[\da-fA-F:.,]*"),
    "port": re.compile(rf"{_PORT}(?:,{_PORT})*"),
    "dbname": re.compile(_PATH),
}
"""The options that say where a database is. They can be shown, if the value matches."""

_OPTIONS = frozenset(
    (
        *_SHOWN,
        *("user", "password", "passfile", "require_auth", "channel_binding", "connect_timeout", "client_encoding"),
        *("options", "application_name", "fallback_application_name", "keepalives", "keepalives_idle"),
        *("keepalives_interval", "keepalives_count", "tcp_user_timeout", "replication", "gssencmode", "sslmode"),
        *("requiressl", "sslnegotiation", "sslcompression", "sslcert", "sslkey", "sslkeylogfile", "sslpassword"),
        *("sslcertmode", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "requirepeer", "ssl_min_protocol_version"),
        *("ssl_max_protocol_version", "min_protocol_version", "max_protocol_version", "krbsrvname", "gsslib"),
        *("gssdelegation", "scram_client_key", "scram_server_key", "service", "servicefile", "target_session_attrs"),
        *("load_balance_hosts", "oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope"),
    )
)
"""All options of libpq, as of PostgreSQL 18."""

_SHORTEST = 4
"""Shorter values of options are not secrets, and are part of too many words."""

ENCODED = "Percent-encode special characters in the user, the password and the options: @ as %40, : as %3A, / as %2F, # as %23, ? as %3F."


def is_plain(address: str) -> bool:
    """Whether every part of the address has its proper form, so that no password can hide in a part that is shown.

    User and password have no unencoded special characters. Host, port and path, which are shown, have only the characters
    allowed there. Every option is one of PostgreSQL's.
    """
    found = _ADDRESS.fullmatch(address)
    return (
        found is not None
        and re.fullmatch(_PATH, unquote(found["path"] or "")) is not None
        and all(_may_be_option(*pair) for pair in _options(found["query"]))
    )


def with_servers_as_options(address: str) -> str:
    """The address in the only form with several servers that SQLAlchemy reads: postgresql:///db?host=one,two&port=5432,5433.

    libpq's own form is postgresql://one:5432,two:5433/db. Any other address is returned as it is.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or "," not in found["servers"]:
        return address
    servers = [re.fullmatch(rf"\[?(.*?)\]?(?::({_PORT}))?", server) for server in found["servers"].split(",")]
    hosts, ports = (",".join(server[part] or "" for server in servers if server) for part in (1, 2))
    options = [f"host={hosts}", *([f"port={ports}"] if ports.strip(",") else []), *filter(None, [found["query"]])]
    return f"{found['user']}/{found['path'] or ''}?{'&'.join(options)}"


def _options(query: str | None) -> list[tuple[str, str]]:
    pairs = [pair.partition("=")[::2] for pair in (query or "").split("&")]
    return [(name, value) for name, value in pairs if name or value]


def _may_be_option(name: str, value: str) -> bool:
    return name in _OPTIONS and (name not in _SHOWN or _SHOWN[name].fullmatch(unquote_plus(value)) is not None)


def may_hold_a_password(text: str) -> bool:
    """Whether a text that is not a valid address looks like one, or like a connection string with a password."""
    is_path = re.match(r"\.{0,2}/(?!/)", text) is not None
    return not is_path and re.search(r":.*@|pass\w*\s*=", text, re.DOTALL) is not None


def redacted(text: str) -> str:
    """Remove user, password, token and query from every address in the text."""
    return re.sub(r"(\w://[^\s?'\"]*)\?[^\s'\"]*", r"\1", re.sub(r"(\w+://)\S*@", r"\1", text))


def without_secrets(text: str, address: str) -> str:
    """Remove the password and the option values of ``address`` from a text, such as a driver's message."""
    if (found := _ADDRESS.fullmatch(address)) is None:
        return text
    options = _options(found["query"])
    values = {found["password"] or ""} | {
        value for name, value in options if name not in _SHOWN and len(value) >= _SHORTEST
    }
    forms = {form for value in values for form in (value, unquote(value), unquote_plus(value)) if form}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "…")
    return text
