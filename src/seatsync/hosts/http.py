"""Talking to a host's REST API: patiently, but not for ever, and with a token that goes nowhere else."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests

from seatsync import __version__
from seatsync.domain.failure import Failure
from seatsync.domain.text.characters import printable

_PASSING = {500, 502, 503, 504}
_MOST_REDIRECTS = 5
_ASKED_FOR_BY_NONE = 60.0  # seconds to wait where a rate limit does not say how long, as GitHub's documentation asks


class HostError(Failure):
    """Something could not be read or written. ``status`` is what the host answered, or 0 where it did not."""

    def __init__(self, message: str, help: str, status: int = 0) -> None:
        super().__init__(message, help)
        self.status = status


class Lost(Exception):
    """A POST went out, and nobody knows whether it was carried out: look before sending it again."""

    def __init__(self, failure: HostError) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _Setback(NamedTuple):
    """Something that may pass after a pause of so many seconds; perhaps what was asked for was done all the same."""

    failure: HostError
    pause: float
    perhaps_done: bool


class Api:
    """One host's API. All that is sent and waited for takes at most about ``seconds`` together, a single answer a third of it.

    Proxies and certificates are those of the environment (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE).
    """

    def __init__(
        self, name: str, base: str, headers: Mapping[str, str], seconds: float, mends: Mapping[int, str]
    ) -> None:
        """``headers`` sign a request, ``mends`` say by status what to do about a refusal."""
        self.name = name
        self._base = base.rstrip("/") + "/"
        self._mends = mends
        self._secrets = [value.rpartition(" ")[2] for value in headers.values()]
        self._patience = seconds
        self._until = time.monotonic() + seconds
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"seatsync/{__version__}"
        self._session.auth = _Signed(headers)

    def send(self, method: str, where: str, payload: object = None, changes: bool = True) -> requests.Response:
        """The host's answer; ``where`` is a path below the API's address, or an address on the same host. What ``changes``
        nothing may be sent twice, although it is a POST.

        Raises:
            HostError: the host refused, sends elsewhere, or can't be reached in time.
            Lost: a POST was lost on the way there or back.
        """
        address = self._here(where)
        for attempt in count():
            answer = self._ask(method, address, payload, attempt)
            if isinstance(answer, requests.Response):
                return answer
            if method == "POST" and changes and answer.perhaps_done:
                raise Lost(answer.failure)
            self.wait(answer.pause, answer.failure)
        raise AssertionError  # count() never ends

    def _ask(self, method: str, address: str, payload: object, attempt: int) -> requests.Response | _Setback:
        try:
            response = self._followed(method, address, payload)
        except requests.RequestException as error:
            failure = self._unreachable(method, address, error)
            if isinstance(error, (requests.exceptions.SSLError, ValueError)):
                raise failure from None  # it is the same the next time; and a ValueError may show a proxy's password
            failure.__cause__ = error
            return _Setback(failure, backoff(attempt), perhaps_done=True)
        if 200 <= response.status_code < 300:
            return response
        if _is_rate_limit(response):
            pause = _until_reset(response)
            return _Setback(self._limited(pause, response.status_code), pause, perhaps_done=False)
        failure = self._refused(method, response)
        if response.status_code not in _PASSING:
            raise failure
        return _Setback(failure, _asked(response) or backoff(attempt), perhaps_done=True)

    def _followed(self, method: str, address: str, payload: object) -> requests.Response:
        """The answer behind redirects on the same host, each with the same method, as GitHub asks for."""
        for _ in range(_MOST_REDIRECTS):
            response = self._session.request(
                method, address, json=payload, timeout=self._timeout(), allow_redirects=False
            )
            if not response.is_redirect:
                break
            address = self._here(urljoin(address, response.headers["Location"]))
        return response

    def wait(self, pause: float, failure: HostError) -> None:
        """Wait before trying again.

        Raises:
            HostError: ``failure``, where that would take longer than there is time for.
        """
        if time.monotonic() + pause >= self._until:
            raise failure
        time.sleep(pause)

    def read(self, where: str) -> Any:
        """What a GET gives, as JSON."""
        return self.parsed(self.send("GET", where))

    def query(self, name: str, text: str, **variables: str) -> Mapping[str, Any]:
        """What the host's GraphQL API says of the object called ``name`` in a query.

        Raises:
            HostError: it does not say.
        """
        base = re.sub(r"/api/v\d+$", "/api", self._base.rstrip("/"))
        answer = self.parsed(
            self.send("POST", f"{base}/graphql", {"query": text, "variables": variables}, changes=False)
        )
        data = answer.get("data") if isinstance(answer, dict) and not answer.get("errors") else None
        found = data.get(name) if isinstance(data, dict) else None
        if not isinstance(found, dict):
            said = re.sub("^: $", "", f": {_told(answer)}")
            raise HostError(
                f"{self.name}'s GraphQL API does not say what is asked of it{said}.",
                "Check what the token may read, and the host's version (docs/ci.md).",
            )
        return found

    def parsed(self, response: requests.Response) -> Any:
        """The JSON of an answer.

        Raises:
            HostError: it is none.
        """
        try:
            return response.json()
        except ValueError:
            raise HostError(
                f"what answers at {self._base} is no API: it sent something other than JSON.",
                "Check the API's address, and what stands between it and this job.",
            ) from None

    def _timeout(self) -> float:
        return max(0.1, min(self._patience / 3, self._until - time.monotonic()))

    def _here(self, where: str) -> str:
        """The address of ``where``, which must be on this host: nobody else is to see the token."""
        address = urljoin(self._base, where)
        if origin(address) != origin(self._base):
            raise HostError(
                f"{self.name} at {self._base} sends on to {_plain(address)}, where its token must not go.",
                "Give the API's own address.",
            )
        return address

    def _unreachable(self, method: str, address: str, error: requests.RequestException) -> HostError:
        match error:
            case requests.exceptions.SSLError():
                why, mend = "its certificate is not trusted", "Name the authority's certificate in REQUESTS_CA_BUNDLE."
            case requests.exceptions.ProxyError():
                why, mend = "the proxy does not let it through", "Check HTTPS_PROXY and NO_PROXY."
            case requests.Timeout():
                why, mend = "no answer came in time", "Run the job again, or give it longer with --timeout."
            case ValueError():
                why, mend = "the address, or that of the proxy, is none", "Check the API's address and HTTPS_PROXY."
            case _:
                why, mend = "the connection failed", "Check the API's address and the network, and run the job again."
        return HostError(f"{method} {_plain(address)}: {why}.", mend)

    def _limited(self, pause: float, status: int) -> HostError:
        return HostError(
            f"{self.name}'s rate limit for this token is used up for {pause:,.0f} seconds more.",
            "Run the job again after that.",
            status,
        )

    def _refused(self, method: str, response: requests.Response) -> HostError:
        said = _message(response)
        for secret in self._secrets:
            said = said.replace(secret, "***")
        status = response.status_code
        passing = "It may pass: run the job again." if status >= 500 else "Read what it says, and see docs/ci.md."
        return HostError(
            f"{method} {_plain(response.url)}: {self.name} answers {status}{said and f' ({said})'}.",
            self._mends.get(status, passing),
            status,
        )


class _Signed(requests.auth.AuthBase):
    """Adds the token. As an authentication it also keeps requests from taking another one from ~/.netrc."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def backoff(attempt: int) -> float:
    """Seconds to wait after the ``attempt``-th failure in a row, the first being 0."""
    return float(min(0.5 * 2**attempt, 10))


def origin(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address on the web, or None where it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return (parts.scheme, parts.hostname, port or usual) if usual and parts.hostname else None


def _plain(address: str) -> str:
    """An address without its query, fit to be shown."""
    return printable(address.partition("?")[0], 300)


def _is_rate_limit(response: requests.Response) -> bool:
    """GitHub says so by 403 as well, with headers, and now and then by words alone."""
    if response.status_code != 403:
        return response.status_code == 429
    used_up = response.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in response.headers
    return used_up or "rate limit" in _message(response).lower()


def _asked(response: requests.Response) -> float:
    """Seconds that the host asks to wait; 0 where it does not."""
    after = response.headers.get("retry-after", "")
    return float(after) if after.isdecimal() else 0


def _until_reset(response: requests.Response) -> float:
    """Seconds until a rate limit lets something pass again, as its headers say."""
    reset = response.headers.get("x-ratelimit-reset", response.headers.get("ratelimit-reset", ""))
    left = max(1.0, int(reset) + 1 - time.time()) if reset.isdecimal() else _ASKED_FOR_BY_NONE
    return _asked(response) or left


def _message(response: requests.Response) -> str:
    """What the host says of a refusal, in one line."""
    try:
        return _told(response.json())
    except ValueError:
        return ""


def _told(told: Any) -> str:
    """What an answer's JSON says of what went wrong."""
    if not isinstance(told, dict):
        return ""
    words = [told.get("message"), told.get("error_description") or told.get("error")]
    words += [error.get("message") for error in told.get("errors") or [] if isinstance(error, dict)]
    return printable(": ".join(str(word) for word in words if word), 300)
