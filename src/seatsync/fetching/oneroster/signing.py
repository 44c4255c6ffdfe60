"""Who asks: OAuth 2 with client credentials, or the signatures of OAuth 1.0a that OneRoster 1.1 knew."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import requests
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth1

from seatsync.hosts.http import Api, HostError

SIGNATURES = {"oauth1-sha256": SIGNATURE_HMAC_SHA256, "oauth1-sha1": SIGNATURE_HMAC_SHA1}


class Client(NamedTuple):
    """The credentials of a client. ``in_body`` sends them in the form instead of the header, as some servers want it."""

    id: str
    secret: str
    scope: str = ""
    in_body: bool = False


class Bearer(requests.auth.AuthBase):
    """Adds the access token, once there is one."""

    def __init__(self) -> None:
        self.token = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def signature(client: Client, method: str) -> requests.auth.AuthBase:
    """Return what signs each request by OAuth 1.0a."""
    signed: Any = OAuth1(client.id, client.secret, signature_method=SIGNATURES[method])
    result: requests.auth.AuthBase = signed
    return result


def token(address: str, client: Client, seconds: float) -> str:
    """Ask the token endpoint for an access token.

    Raises:
        HostError: it gives none, or cannot be reached.
    """
    oauth = BackendApplicationClient(client.id)  # without the scope: a server may grant another one than was asked for
    secret = {"client_secret": client.secret} if client.in_body else {}
    body = oauth.prepare_request_body(scope=client.scope or None, include_client_id=client.in_body, **secret)
    basic = None if client.in_body else requests.auth.HTTPBasicAuth(client.id.encode(), client.secret.encode())
    api = Api("the token endpoint", address, {}, seconds, _fix, basic)
    api.secrets += (client.secret, f"{client.id}:{client.secret}")
    response = api.send("POST", address, body, changes=False)
    try:
        oauth.parse_request_body_response(response.text)
    except Exception:  # what the library raises for an answer of another kind
        oauth.access_token = None
    given = oauth.access_token
    if not (isinstance(given, str) and re.fullmatch("[!-~]+", given)):
        raise HostError(f"The token endpoint {address} gives no access token.", "Check --token-url.")
    return given


def _fix(status: int, needs: str) -> str | None:
    if status in (400, 401, 403):
        return (
            "Check --client-id, SEATSYNC_FETCH_CLIENT_SECRET and --scope. A server that wants the secret in the form needs "
            "--credentials-in body."
        )
    return "Check --token-url." if status in (404, 405) else None
