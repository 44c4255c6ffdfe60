"""Ask an LDAP server: always encrypted, with its certificate checked, page by page, without following it elsewhere."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ["LDAPNOINIT"] = "1"  # libldap would obey an ldaprc in the current folder, which may be a stranger's
import ldap
from ldap.controls import SimplePagedResultsControl

from seatsync.domain.failure import Failure
from seatsync.domain.text.characters import printable
from seatsync.domain.text.secrets import masked

PAGE = 500
"""Entries a page. Active Directory gives at most 1,000."""
_MOST = 2_000_000
_MOST_BYTES = 1024**3
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
_FROM_ENVIRONMENT = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

Values = Mapping[str, list[bytes]]


class Directory(NamedTuple):
    """How to ask a directory. Without ``bind_dn`` nobody signs in. ``seconds`` is the time for everything together."""

    address: str
    base: str
    filter: str
    bind_dn: str = ""
    password: str = ""
    start_tls: bool = False
    seconds: float = 1800.0


class Entries(NamedTuple):
    """The entries by their DN, and how many references to other servers were not followed."""

    found: dict[str, Values]
    elsewhere: int


class DirectoryError(Failure):
    """The directory rejects a request, cannot be reached, or gives half an answer."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(f"{message} Nothing was written.", help)


def search(
    directory: Directory, attributes: Sequence[str], told: Callable[[str], object] = lambda what: None, page: int = PAGE
) -> Entries:
    """Return all entries that the filter finds below the base, with these attributes (by their names in lower case).

    Raises:
        DirectoryError: something went wrong.
    """
    until = time.monotonic() + directory.seconds
    connection = None
    try:
        connection = _connected(directory, until)
        return _paged(connection, directory, [*attributes], told, until, page)
    except ldap.LDAPError as error:
        raise _explained(error, directory) from None
    finally:
        if connection is not None:
            connection.unbind_ext()


def _connected(directory: Directory, until: float) -> Any:
    connection = ldap.initialize(directory.address)
    seconds = max(1, min(30, int(until - time.monotonic())))
    options = [
        (ldap.OPT_PROTOCOL_VERSION, 3),
        (ldap.OPT_REFERRALS, 0),
        (ldap.OPT_NETWORK_TIMEOUT, seconds),
        (ldap.OPT_TIMEOUT, seconds),
        (ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND),
        (ldap.OPT_X_TLS_CACERTFILE, certificates(os.environ)),
        (ldap.OPT_X_TLS_NEWCTX, 0),
    ]
    for option, value in options:
        connection.set_option(option, value)
    if directory.start_tls:
        connection.start_tls_s()
    connection.simple_bind_s(directory.bind_dn, directory.password)
    return connection


def certificates(environment: Mapping[str, str]) -> str:
    """Return the file with the authorities that are trusted: the environment's, as for HTTPS, or the system's.

    Raises:
        DirectoryError: the file is not there.
    """
    for name in _FROM_ENVIRONMENT:
        if path := environment.get(name):
            if not Path(path).is_file():
                raise DirectoryError(f"{name} is {path}, which is not a file.", f"Correct {name}.")
            return path
    known = (ssl.get_default_verify_paths().cafile, *_BUNDLES)
    if found := next((path for path in known if path and Path(path).is_file()), None):
        return found
    raise DirectoryError(
        "This machine has no file of trusted authorities.", "Set REQUESTS_CA_BUNDLE to one, or install ca-certificates."
    )


def _paged(
    connection: Any,
    directory: Directory,
    attributes: list[str],
    told: Callable[[str], object],
    until: float,
    size: int,
) -> Entries:
    """Read page after page, until the server says that there are no more."""
    found: dict[str, Values] = {}
    elsewhere = bytes_read = 0
    control = SimplePagedResultsControl(True, size=size, cookie="")
    while True:
        asked = connection.search_ext(
            directory.base, ldap.SCOPE_SUBTREE, directory.filter, attributes, serverctrls=[control]
        )
        left = until - time.monotonic()
        if left <= 0:
            raise ldap.TIMEOUT
        _, data, _, controls = connection.result3(asked, timeout=left)
        for dn, values in data:
            if dn is None:
                elsewhere += 1
                continue
            found[dn] = {name.lower(): given for name, given in values.items()}
            bytes_read += sum(len(value) for given in values.values() for value in given)
        told(f"Reading the directory: {len(found):,}")
        if len(found) > _MOST or bytes_read > _MOST_BYTES:
            raise DirectoryError("The directory has too many entries.", "Narrow --base or --filter.")
        cookies = [one.cookie for one in controls if one.controlType == SimplePagedResultsControl.controlType]
        if not cookies or not cookies[0]:
            return Entries(found, elsewhere)
        control.cookie = cookies[0]


def _explained(error: ldap.LDAPError, directory: Directory) -> DirectoryError:
    """Return what a person can do about an error of the library."""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    said = [str(details.get(name, "")).strip() for name in ("desc", "info")]
    text = ": ".join(filter(None, said)) or type(error).__name__
    help = next(
        (help for kinds, help in _HELP if isinstance(error, kinds)), "Read the server's message, and check --url."
    )
    return DirectoryError(f"{directory.address}: {printable(masked(text, [directory.password]), 300)}.", help)


_HELP: list[tuple[Any, str]] = [
    (ldap.INVALID_CREDENTIALS, "Check --bind-dn and SEATSYNC_FETCH_PASSWORD."),
    (ldap.NO_SUCH_OBJECT, "Check --base: there is no such entry, or this account may not see it."),
    (ldap.FILTER_ERROR, "Check --filter: its parentheses must match, as in (&(objectClass=person)(mail=*))."),
    (
        (ldap.INVALID_DN_SYNTAX, ldap.DECODING_ERROR),
        "Check --base and --bind-dn: a DN looks like ou=People,dc=school,dc=example.",
    ),
    (
        (ldap.INSUFFICIENT_ACCESS, ldap.INAPPROPRIATE_AUTH, ldap.OPERATIONS_ERROR),
        "Sign in with --bind-dn and SEATSYNC_FETCH_PASSWORD, as an account that may read people.",
    ),
    ((ldap.CONFIDENTIALITY_REQUIRED, ldap.STRONG_AUTH_REQUIRED), "Use ldaps://, or give --start-tls."),
    (
        (ldap.SIZELIMIT_EXCEEDED, ldap.ADMINLIMIT_EXCEEDED),
        "The server gives this account only a part. Ask whoever runs it for a higher limit, or narrow --base or --filter.",
    ),
    ((ldap.TIMEOUT, ldap.TIMELIMIT_EXCEEDED), "Allow more time with --timeout, or narrow --base or --filter."),
    (
        (ldap.SERVER_DOWN, ldap.CONNECT_ERROR),
        "Check --url and the network. If the server's certificate comes from an authority of your own, set REQUESTS_CA_BUNDLE to "
        "the authority's certificate.",
    ),
]
