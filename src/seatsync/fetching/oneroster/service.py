"""A OneRoster service: its collections, read whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import requests

from seatsync.domain.diagnostic import counted
from seatsync.fetching.oneroster.signing import SIGNATURES, Bearer, Client, signature, token
from seatsync.hosts.http import Api, HostError

Record = Mapping[str, Any]
Kept = TypeVar("Kept")

PAGE = 1000
"""How many records a request asks for. A server may give fewer."""
_MOST = 5_000_000
_MOST_BYTES = 4 * 1024**3
_ORDERS = ("", "&sort=sourcedId&orderBy=asc", "&sort=sourcedId&orderBy=asc")
"""How the pages are asked for, try by try: not every server sorts, and not every server keeps an order unless it is asked to."""


class Access(NamedTuple):
    """How to ask a service: its address, the version of OneRoster (1.1 or 1.2), and who asks. ``signing`` is ``oauth2`` or one of
    the signatures of OAuth 1.0a; ``seconds`` is the time for all requests together.
    """

    address: str
    version: str
    client: Client
    token_address: str = ""
    signing: str = "oauth2"
    seconds: float = 1800.0


class _Moved(Exception):
    """The collection changed while it was read."""


class Service:
    """Reads collections of one service."""

    def __init__(self, access: Access, page: int = PAGE) -> None:
        self._access, self._page, self._bytes = access, page, 0
        self._bearer = Bearer() if access.signing not in SIGNATURES else None
        authentication: requests.auth.AuthBase = self._bearer or signature(access.client, access.signing)
        self._api = Api("OneRoster", access.address, {}, access.seconds, _fix, authentication)
        self._api.secrets.append(access.client.secret)

    def records(
        self, collection: str, keep: Callable[[Record], Kept], told: Callable[[str], object] = lambda what: None
    ) -> list[Kept]:
        """Return what ``keep`` makes of each record of a collection, such as ``users``. A collection that changes while it is read is
        read again.

        Raises:
            HostError: it cannot be read completely.
        """
        for order in _ORDERS:
            try:
                return self._once(collection, order, keep, told)
            except _Moved as moved:
                failure = HostError(
                    f"{self._place(collection)}: {moved} Nothing was written.",
                    "Run the command again, at a time when nobody works in the student information system.",
                )
        raise failure

    def _once(
        self, collection: str, order: str, keep: Callable[[Record], Kept], told: Callable[[str], object]
    ) -> list[Kept]:
        found: dict[str, Kept] = {}
        promised = None
        for page, promised in self._pages(collection, order):  # noqa: B007 the last page's is needed
            for record in page:
                if (id := record["sourcedId"]) in found:
                    raise _Moved(f"a record came twice, so others may be missing: {len(found):,} were read.")
                found[id] = keep(record)
            told(f"Reading {collection}: {len(found):,}")
            if len(found) > _MOST:
                raise HostError(f"{self._place(collection)} has more than {_MOST:,} records.", "Check --url.")
        if promised is not None and promised != len(found):
            raise _Moved(f"the server says that there are {counted(promised, 'record')}, but gave {len(found):,}.")
        return list(found.values())

    def _pages(self, collection: str, order: str) -> Iterator[tuple[list[Record], int | None]]:
        """Yield the pages, each with the number of all records, if the server tells it.

        The next page begins where the last one ended: the address in the server's link is not followed.
        """
        offset, first = 0, None
        while True:
            response = self._send(f"{collection}?limit={self._page}&offset={offset}{order}")
            page = self._list(response, collection)
            total = _total(response)
            if offset and total != first:
                raise _Moved("their number changed while they were read.")
            first, offset = total, offset + len(page)
            yield page, total
            if not page or (total is not None and offset >= total):
                return
            if total is None and response.links and "next" not in response.links:
                return

    def _send(self, path: str) -> requests.Response:
        if self._bearer is not None and not self._bearer.token:
            self._renew(self._bearer)
        try:
            response = self._api.send("GET", path)
        except HostError as error:
            if self._bearer is None or error.status != 401:
                raise
            self._renew(self._bearer)  # it may have ended while pages were read
            response = self._api.send("GET", path)
        self._bytes += len(response.content)
        if self._bytes > _MOST_BYTES:
            raise HostError(f"{self._access.address} sends more than 4 GB.", "Check --url.")
        return response

    def _renew(self, bearer: Bearer) -> None:
        bearer.token = token(self._access.token_address, self._access.client, self._access.seconds)
        self._api.secrets.append(bearer.token)

    def _list(self, response: requests.Response, collection: str) -> list[Record]:
        """Return the records of a page.

        Raises:
            HostError: the answer does not have them, or one has no id.
        """
        answer = self._api.parsed(response)
        page = answer.get(collection) if isinstance(answer, dict) else None
        if not isinstance(page, list):
            raise HostError(
                f'{self._place(collection)} is no OneRoster collection: the answer has no list "{collection}".',
                f"Check --url: it ends with {ENDINGS[self._access.version]}.",
            )
        for record in page:
            if not (isinstance(record, dict) and isinstance(record.get("sourcedId"), str) and record["sourcedId"]):
                raise HostError(
                    f"{self._place(collection)}: a record has no sourcedId, so nobody can say whose it is.",
                    "Tell whoever runs the server: OneRoster requires a sourcedId in every record.",
                )
        return page

    def _place(self, collection: str) -> str:
        return f"{self._access.address.rstrip('/')}/{collection}"


ENDINGS = {"1.1": "/ims/oneroster/v1p1", "1.2": "/ims/oneroster/rostering/v1p2"}
"""How the addresses of a version's services end."""
SCOPES = {
    name: f"https://purl.imsglobal.org/spec/or/v{name.replace('.', 'p')}/scope/roster-core.readonly" for name in ENDINGS
}
"""What a token may read, so that names, classes and enrollments come, and nothing about health, parents' phones or grades."""


def version_of(address: str) -> str:
    """Return the version that an address names; empty if it names none."""
    words = urlsplit(address).path.strip("/").split("/")
    return next((name for name in ENDINGS if f"v{name.replace('.', 'p')}" in words), "")


def _total(response: requests.Response) -> int | None:
    count = response.headers.get("X-Total-Count", "").strip()
    return int(count) if count.isascii() and count.isdecimal() and len(count) < 12 else None


def _fix(status: int, needs: str) -> str | None:
    match status:
        case 401:
            return "Check --client-id, SEATSYNC_FETCH_CLIENT_SECRET and --auth."
        case 403:
            return "Ask whoever runs the server to let this client read rosters (roster-core), or set --scope."
        case 404:
            return f"Check --url: it ends with {' or '.join(ENDINGS.values())}."
    return None
