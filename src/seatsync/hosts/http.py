"""A client for a host's REST API. It retries for a limited time, reads answers of limited size, and sends its token to that host only."""

from __future__ import annotations

import re
import time
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from pydantic_core import from_json

from seatsync import __version__
from seatsync.domain.failure import Failure
from seatsync.domain.text.characters import printable
from seatsync.domain.text.secrets import masked

_TEMPORARY = {500, 502, 503, 504}
_MOST_REDIRECTS = 5
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LARGEST = 64 * 1024 * 1024
_MEGABYTE = 1024 * 1024
_PIECE = 64 * 1024
_DEFAULT_PAUSE = 60.0  # seconds to wait if a rate limit does not say how long, as GitHub's documentation recommends


class HostError(Failure):
    """Something could not be read or written. ``status`` is the HTTP status of the answer, or 0 without an answer."""

    def __init__(self, message: str, help: str, status: int = 0) -> None:
        super().__init__(message, help)
        self.status = status


class Lost(Exception):
    """A POST was sent, and it is unknown whether it took effect: check before you send it again."""

    def __init__(self, failure: HostError) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _TemporaryFailure(NamedTuple):
    """A failure after which a retry makes sense. ``pause`` is in seconds; ``perhaps_done``: the request may have taken effect."""

    failure: HostError
    pause: float
    perhaps_done: bool


class Api:
    """One host's API. All requests together may take about ``seconds``, a single answer a third of that. What is in ``secrets`` is
    never shown, not even if the host repeats it.

    Proxies and certificates come from the environment (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE).
    """

    def __init__(
        self,
        name: str,
        base: str,
        headers: Mapping[str, str],
        seconds: float,
        fix: Callable[[int, str], str | None],
        authentication: requests.auth.AuthBase | None = None,
    ) -> None:
        """Set up the client. ``headers``, or else the ``authentication``, authenticate each request; ``fix`` returns the help for an
        error status and what the request needs.
        """
        self.name = name
        self._base = base.rstrip("/") + "/"
        self._fix = fix
        self.secrets = [value.rpartition(" ")[2] for value in headers.values()]
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"seatsync/{__version__}"
        self._session.auth = authentication or _Authentication(headers)

    def send(
        self, method: str, path: str, payload: object = None, changes: bool = True, needs: str = ""
    ) -> requests.Response:
        """Return the host's answer. ``path`` is relative to the API's address, or an address on the same host. A ``payload`` is
        sent as JSON, or if it is text as a form. A POST that ``changes`` nothing may be sent twice. ``needs`` is the permission
        that the token needs, in the host's words.

        Raises:
            HostError: the host rejects the request, redirects elsewhere, or cannot be reached in time.
            Lost: a POST was sent, but the answer was lost.
        """
        address = self._checked(path)
        for attempt in count():
            answer = self._try(method, address, payload, attempt, needs)
            if isinstance(answer, requests.Response):
                return answer
            if method == "POST" and changes and answer.perhaps_done:
                raise Lost(answer.failure)
            self.wait(answer.pause, answer.failure)
        raise AssertionError  # count() never ends

    def _try(
        self, method: str, address: str, payload: object, attempt: int, needs: str
    ) -> requests.Response | _TemporaryFailure:
        try:
            response = self._followed(method, address, payload)
        except (requests.RequestException, ValueError) as error:
            failure = self._unreachable(method, address, error)
            if isinstance(error, (requests.exceptions.SSLError, ValueError)):
                raise failure from None  # a retry would not help, and a ValueError may show a proxy's password
            failure.__cause__ = error
            return _TemporaryFailure(failure, backoff(attempt), perhaps_done=True)
        if 200 <= response.status_code < 300:
            return response
        if _is_rate_limit(response):
            pause = _until_reset(response)
            return _TemporaryFailure(self._rate_limited(pause, response.status_code), pause, perhaps_done=False)
        failure = self._rejected(method, response, needs)
        if response.status_code not in _TEMPORARY:
            raise failure
        return _TemporaryFailure(failure, _retry_after(response) or backoff(attempt), perhaps_done=True)

    def _followed(self, method: str, address: str, payload: object) -> requests.Response:
        """Return the answer after redirects on the same host, each with the same method, as GitHub requires."""
        for _ in range(_MOST_REDIRECTS):
            body = {"data": payload, "headers": _FORM} if isinstance(payload, str) else {"json": payload}
            response = self._session.request(
                method, address, **body, timeout=self._timeout(), allow_redirects=False, stream=True
            )
            self._read(response, time.monotonic() + self._timeout())
            if not response.is_redirect:
                break
            address = self._checked(urljoin(address, response.headers["Location"]))
        return response

    def _read(self, response: requests.Response, until: float) -> None:
        """Read the whole answer into ``response.content``, until a time.

        Raises:
            HostError: it is too large.
            Timeout: it comes too slowly.
        """
        pieces = bytearray()
        for piece in response.iter_content(_PIECE):
            pieces += piece
            if len(pieces) > _LARGEST:
                response.close()
                raise HostError(
                    f"{_plain(response.url)}: the answer is larger than {_LARGEST // _MEGABYTE} MB.",
                    "Check the API's address, and any proxy between it and this job.",
                )
            if time.monotonic() > until:
                response.close()
                raise requests.Timeout
        response._content = bytes(pieces)

    def wait(self, pause: float, failure: HostError) -> None:
        """Wait before a retry.

        Raises:
            HostError: ``failure``, if there is not enough time left.
        """
        if time.monotonic() + pause >= self._until:
            raise failure
        time.sleep(pause)

    def read(self, path: str, needs: str = "") -> Any:
        """Return the JSON of a GET request."""
        return self.parsed(self.send("GET", path, needs=needs))

    def query(self, name: str, text: str, needs: str = "", **variables: str) -> Mapping[str, Any]:
        """Return the object called ``name`` in the answer to a GraphQL query.

        Raises:
            HostError: the answer does not have it.
        """
        base = re.sub(r"/api/v\d+$", "/api", self._base.rstrip("/"))
        answer = self.parsed(
            self.send("POST", f"{base}/graphql", {"query": text, "variables": variables}, changes=False, needs=needs)
        )
        data = answer.get("data") if isinstance(answer, dict) and not answer.get("errors") else None
        found = data.get(name) if isinstance(data, dict) else None
        if not isinstance(found, dict):
            said = self._shown(_error_text(answer))
            reason = f": {said}" if said else ""
            raise HostError(
                f"{self.name}'s GraphQL API does not answer the query{reason}.",
                "Check what the token can read, and the host's version (docs/ci.md).",
            )
        return found

    def parsed(self, response: requests.Response) -> Any:
        """Return the JSON of an answer.

        Raises:
            HostError: it is not JSON.
        """
        try:
            return _json(response)
        except ValueError:
            raise HostError(
                f"{self._base} is not the address of an API: the answer is not JSON.",
                "Check the API's address, and any proxy between it and this job.",
            ) from None

    def _timeout(self) -> float:
        return max(0.1, min(self._seconds / 3, self._until - time.monotonic()))

    def _checked(self, path: str) -> str:
        """Return the full address of ``path``. It must be on this host, because no other host may see the token."""
        address = urljoin(self._base, path)
        if origin(address) != origin(self._base):
            raise HostError(
                f"{self.name} at {self._base} redirects to {_plain(address)}, but the token must not be sent there.",
                "Set the API's own address.",
            )
        return address

    def _unreachable(self, method: str, address: str, error: Exception) -> HostError:
        match error:
            case requests.exceptions.SSLError():
                why, help = (
                    "its certificate is not trusted",
                    "Set REQUESTS_CA_BUNDLE to the certificate of its authority.",
                )
            case requests.exceptions.ProxyError():
                why, help = "the proxy rejects the connection", "Check HTTPS_PROXY and NO_PROXY."
            case requests.Timeout():
                why, help = "no answer came in time", "Run the job again, or allow more time with --timeout."
            case ValueError():
                why, help = (
                    "its address, the proxy's, or that of a redirect is not valid",
                    "Check the API's address and HTTPS_PROXY.",
                )
            case _:
                why, help = "the connection failed", "Check the API's address and the network, and run the job again."
        return HostError(f"{method} {_plain(address)}: {why}.", help)

    def _rate_limited(self, pause: float, status: int) -> HostError:
        return HostError(
            f"{self.name}'s rate limit for this token is used up for another {pause:,.0f} seconds.",
            "Run the job again after that time.",
            status,
        )

    def _rejected(self, method: str, response: requests.Response, needs: str) -> HostError:
        text = self._shown(_message(response))
        status = response.status_code
        default = "Run the job again." if status >= 500 else "Read the host's message, and see docs/ci.md."
        return HostError(
            f"{method} {_plain(response.url)}: {self.name} answers {status}{text and f' ({text})'}.",
            self._fix(status, needs) or default,
            status,
        )

    def _shown(self, text: str) -> str:
        """Return what the host says, without secrets that it repeats."""
        return printable(masked(text, self.secrets), 300)


class _Authentication(requests.auth.AuthBase):
    """Adds the token. Because it is set, requests does not use credentials from ~/.netrc."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def backoff(attempt: int) -> float:
    """Return the seconds to wait after a failure. ``attempt`` counts the failures in a row, from 0."""
    return float(min(0.5 * 2**attempt, 10))


def origin(address: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of a web address, or None if it is not valid."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return (parts.scheme, parts.hostname, port or default) if default and parts.hostname else None


def _plain(address: str) -> str:
    """Return an address without its query, safe to show."""
    return printable(address.partition("?")[0], 300)


def _is_rate_limit(response: requests.Response) -> bool:
    """Return whether this is a rate limit. GitHub also reports one as 403 with headers, or only in the message."""
    if response.status_code != 403:
        return response.status_code == 429
    used_up = response.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in response.headers
    return used_up or "rate limit" in _message(response).lower()


def _retry_after(response: requests.Response) -> float:
    """Return the seconds that the host asks to wait, for which it may name a time; 0 if it does not."""
    after = response.headers.get("retry-after", "")
    with suppress(ValueError, OverflowError):
        return float(after) if after.isdecimal() else max(1.0, _utc(parsedate_to_datetime(after)) - time.time())
    return 0


def _utc(moment: datetime) -> float:
    """Return the seconds since 1970 of a moment, which is in UTC if it does not say otherwise."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _until_reset(response: requests.Response) -> float:
    """Return the seconds until the end of a rate limit, as its headers say."""
    reset = response.headers.get("x-ratelimit-reset", response.headers.get("ratelimit-reset", ""))
    left = max(1.0, int(reset) + 1 - time.time()) if reset.isdecimal() else _DEFAULT_PAUSE
    return _retry_after(response) or left


def _json(response: requests.Response) -> Any:
    """Return the JSON of an answer.

    Raises:
        ValueError: it is not JSON, or nested too deeply: this reader counts levels, so no answer uses up Python's stack.
    """
    return from_json(response.content.removeprefix(BOM_UTF8))


def _message(response: requests.Response) -> str:
    """Return the host's error message in one line."""
    try:
        return _error_text(_json(response))
    except ValueError:
        return ""


def _error_text(data: Any) -> str:
    """Return the error messages in an answer's JSON."""
    if not isinstance(data, dict):
        return ""
    messages = [data.get("message"), data.get("error_description") or data.get("error"), data.get("imsx_description")]
    lists = [given for name in ("errors", "statusInfoSet") if isinstance(given := data.get(name), list)]
    several = [error for given in lists for error in given if isinstance(error, dict)]
    messages += [error.get("message") or error.get("imsx_description") for error in several]
    return ": ".join(str(message) for message in messages if message)
