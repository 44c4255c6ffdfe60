"""A student information system on this machine: an HTTP server that speaks OneRoster 1.1 and 1.2 as the specification says.

``Sis`` has its data and what its clients may do; ``Fault`` has what may go wrong on the way.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, RequestValidator, SignatureOnlyEndpoint

PATHS = {"1.1": "/ims/oneroster/v1p1", "1.2": "/ims/oneroster/rostering/v1p2"}
SCOPES = {
    "1.1": "https://purl.imsglobal.org/spec/or/v1p1/scope/",
    "1.2": "https://purl.imsglobal.org/spec/or/v1p2/scope/",
}
ID, SECRET = "seatsync", "s3cr3t/+="


class Answer(NamedTuple):
    status: int
    content: Any
    headers: Mapping[str, str] = {}


@dataclass
class Fault:
    """What goes wrong with the next ``times`` requests whose target has ``at`` in it."""

    at: str
    answer: Answer | None = None
    is_lost: bool = False  # the connection breaks in the middle of the answer
    then: Callable[[], object] = lambda: None  # what somebody else does first
    times: int = 1


@dataclass
class Sis:
    """``data`` has the collections. ``most`` is the largest page; the headers are optional in the specification."""

    data: dict[str, list[dict[str, Any]]]
    version: str = "1.2"
    most: int = 100
    counts: bool = True
    links: bool = True
    wants_body: bool = False
    secret: str = SECRET
    is_shuffled: bool = False  # the order is another one for each request, unless it is asked for
    tokens: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    lasts: int = 10**9  # how many requests a token is good for
    used: int = 0
    signing: bool = False
    origin: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return self.origin + PATHS[self.version]

    @property
    def token_address(self) -> str:
        return f"{self.origin}/token"

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: str) -> Answer:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/token":
            return self.token(method, headers, body)
        if not self.may_read(target, headers):
            return Answer(401, self.failure("unauthorisedrequest", "The token is not valid."))
        collection = parts.path.removeprefix(PATHS[self.version]).strip("/")
        if method != "GET" or not parts.path.startswith(PATHS[self.version]) or collection not in self.data:
            return Answer(404, self.failure("unknownobject", f"There is no {parts.path}."))
        return self.page(collection, query)

    def page(self, collection: str, query: Mapping[str, str]) -> Answer:
        limit, offset = min(self.most, int(query.get("limit", "100"))), int(query.get("offset", "0"))
        all = self.data[collection]
        if query.get("sort") == "sourcedId":
            all = sorted(all, key=lambda one: str(one["sourcedId"]), reverse=query.get("orderBy") == "desc")
        elif self.is_shuffled:
            all = all[len(self.requests) % len(all) :] + all[: len(self.requests) % len(all)]
        place = f"{self.address}/{collection}?limit={limit}&offset="
        ends = {"next": offset + limit} if offset + limit < len(all) else {}
        ends |= {"prev": max(0, offset - limit)} if offset else {}
        ends |= {"first": 0, "last": max(0, (len(all) - 1) // limit * limit)}
        headers = {"Link": ", ".join(f'<{place}{at}>; rel="{name}"' for name, at in ends.items())} if self.links else {}
        headers |= {"X-Total-Count": str(len(all))} if self.counts else {}
        return Answer(200, {collection: all[offset : offset + limit]}, headers)

    def token(self, method: str, headers: Mapping[str, str], body: str) -> Answer:
        sent = {name: values[-1] for name, values in parse_qs(body).items()}
        basic = base64.b64decode(headers.get("Authorization", "").removeprefix("Basic ") or b"").decode()
        given = f"{sent.get('client_id')}:{sent.get('client_secret')}" if self.wants_body else basic
        if method != "POST" or sent.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        if given != f"{ID}:{self.secret}":
            return Answer(401, {"error": "invalid_client", "error_description": f"Not a client: {given}"})
        if not sent.get("scope", "").startswith(SCOPES[self.version]):
            return Answer(400, {"error": "invalid_scope"})
        self.scopes.append(sent["scope"])
        self.tokens.append(f"token-{len(self.tokens)}")
        self.used = 0
        return Answer(200, {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 3600})

    def may_read(self, target: str, headers: Mapping[str, str]) -> bool:
        given = headers.get("Authorization", "")
        if self.signing:
            endpoint = SignatureOnlyEndpoint(_Signatures())
            valid, _ = endpoint.validate_request(self.origin + target, "GET", None, {"Authorization": given})
            return bool(valid)
        self.used += 1
        return bool(self.tokens) and given == f"Bearer {self.tokens[-1]}" and self.used <= self.lasts

    def failure(self, code: str, why: str) -> dict[str, Any]:
        """A failure in the words of the version."""
        if self.version == "1.1":
            info = {"imsx_codeMajor": "failure", "imsx_severity": "error", "imsx_description": why}
            return {"statusInfoSet": [{**info, "imsx_codeMinor": code}]}
        field = {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": code}
        minor = {"imsx_codeMinorField": [field]}
        return {"imsx_codeMajor": "failure", "imsx_severity": "error", "imsx_description": why, "imsx_CodeMinor": minor}

    def fault(self, target: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.at in target and fault.times:
                    fault.times -= 1
                    return fault
        return None


class _Signatures(RequestValidator):  # type: ignore[misc]
    """The server's side of OAuth 1.0a: one client, and no access tokens."""

    enforce_ssl = False
    client_key_length = (4, 30)
    allowed_signature_methods = ("HMAC-SHA256", SIGNATURE_HMAC_SHA1)
    dummy_client = "nobody"

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key == ID

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return SECRET

    def validate_timestamp_and_nonce(self, *given: Any, **more: Any) -> bool:
        return True


@contextmanager
def serving(sis: Sis) -> Iterator[Sis]:
    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            sis.requests.append(self.path)
            fault = sis.fault(self.path)
            if fault is not None:
                fault.then()
            answer = (fault and fault.answer) or sis.answer(self.command, self.path, dict(self.headers), body)
            is_text = isinstance(answer.content, str)
            content = (answer.content if is_text else json.dumps(answer.content)).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if fault and fault.is_lost else content)
            self.close_connection = True

        do_GET = do_POST = respond  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sis.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield sis
    finally:
        server.shutdown()
        server.server_close()
