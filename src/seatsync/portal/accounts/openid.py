"""Signing in by an institution's own OpenID provider: the authorization code, with PKCE, state and nonce (Authlib).

The provider's word opens an account where it has opened it before, by its own name for the person (``sub``); and the first time
where it vouches for an e-mail of a domain that it was set up for. Whatever else it says leads to a page that tells why.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, NamedTuple

import flask
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, abort, current_app, render_template, url_for
from requests import RequestException
from sqlalchemy import Connection

from seatsync.domain.text.characters import clean
from seatsync.domain.text.emails import email_fault, email_key
from seatsync.ledger.queries.accounts import accounts
from seatsync.ledger.queries.outbox import iso
from seatsync.portal.accounts import identities, sessions
from seatsync.portal.accounts.provider import Busy, Client, WrongProvider
from seatsync.portal.accounts.return_to import go_on
from seatsync.portal.web.site import PageResponse, Provider, Site, site
from seatsync.portal.web.translation import _

pages = Blueprint("openid", __name__, url_prefix="/openid")
log = logging.getLogger("seatsync.openid")


_LONGEST = 255
"""Characters of a ``sub``, by OpenID Connect Core."""

LIFETIME = timedelta(minutes=10)
"""How long somebody may take at the provider."""

_ASKED = "openid"


class Said(NamedTuple):
    """Whom the provider says it is: by its name for them, and the e-mail that it vouches for (empty for none)."""

    subject: str
    email: str


class Opened(NamedTuple):
    """The account that its word opens; ``is_first`` where it has never opened it before."""

    account: accounts.Account
    is_first: bool


def register(app: Flask, here: Site) -> None:
    """Have the client ready, if there is a provider. It asks the provider about itself when it is first needed."""
    if (provider := here.settings.provider) is None:
        return
    app.extensions["seatsync.openid"] = OAuth(app).register(
        "provider",
        client_cls=Client,
        issuer=provider.issuer,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=provider.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
    )


@pages.post("/begin")
def begin() -> PageResponse | tuple[str, int, dict[str, str]]:
    """Over to the provider. Not by a redirect: the policy of the page with the button lets forms lead nowhere else."""
    client, provider = _client()
    for left in [name for name in flask.session if name.startswith("_state_")]:
        del flask.session[left]
    back = site().settings.url + url_for("openid.callback").removeprefix(site().settings.path)
    try:
        asked = client.create_authorization_url(back)
    except Busy:
        return _not_there(provider)
    except Exception:  # what a stranger answers may be anything; all of it means the same
        client.forget()
        log.warning("openid-out-of-reach", exc_info=True)
        return _not_there(provider)
    flask.session[_ASKED] = site().now()
    client.save_authorize_data(redirect_uri=back, **{name: asked[name] for name in ("state", "nonce", "code_verifier")})
    page = render_template("openid-begin.html", name=provider.name, url=asked["url"])
    return page, 200, {"Refresh": f"0; url={asked['url']}"}


@pages.get("/callback")
def callback() -> PageResponse:
    """Back from the provider, with its word."""
    client, provider = _client()
    if flask.session.pop(_ASKED, "") <= iso(site().clock() - LIFETIME):
        return _refused(provider)  # this browser asked nothing, or not lately
    try:
        said = _said(client, provider)
    except Busy:
        return _not_there(provider)
    except RequestException:
        client.forget()
        log.warning("openid-out-of-reach", exc_info=True)
        return _not_there(provider)
    except Exception:  # as above
        client.forget()
        log.warning("openid-refused", exc_info=True)
        return _refused(provider)
    here = site()

    def step(connection: Connection) -> Opened | None:
        found = _opened(connection, provider, said, here.now())
        if found is not None:
            sessions.sign_in(connection, found.account, here.clock())
        return found

    if (found := here.change(step)) is None:
        return _unknown(provider, said)
    if found.is_first:
        identities.tell_linked(found.account, provider.issuer)
    return go_on()


def _opened(connection: Connection, provider: Provider, said: Said, at: str) -> Opened | None:
    """The account that the provider's word opens, or makes; None where it opens none."""
    known = accounts.by_identity(connection, provider.issuer, said.subject)
    if known is not None or not said.email:
        return Opened(known, is_first=False) if known is not None else None
    who = accounts.by_email(connection, said.email)
    if who is not None and provider.issuer in accounts.issuers(connection, who.id):
        return None  # the provider gave somebody's e-mail to somebody else
    who = who or accounts.make(connection, said.email, "", at)
    accounts.remember_identity(connection, provider.issuer, said.subject, who.id)
    return Opened(who, is_first=True)


def _said(client: Client, provider: Provider) -> Said:
    """What the provider says, in answer to what this browser asked.

    Raises:
        RequestException: it can't be reached.
        Exception: it refuses, or what it says is not to be believed.
    """
    token = client.authorize_access_token()
    claims: dict[str, Any] = dict(token.get("userinfo") or {})
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST:
        raise WrongProvider
    if "email" not in claims and client.server_metadata.get("userinfo_endpoint"):
        more = client.userinfo(token=token)
        if more.get("sub") != subject:
            raise WrongProvider
        claims |= {name: more[name] for name in ("email", "email_verified") if name in more}
    return Said(subject, _vouched_for(claims, provider))


def _vouched_for(claims: dict[str, Any], provider: Provider) -> str:
    """The e-mail, if the provider says that it is theirs, and is one to say so."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or email_fault(email := clean(email)):
        return ""
    return email if email_key(email).rpartition("@")[2] in provider.domains else ""


def _client() -> tuple[Client, Provider]:
    provider = site().settings.provider
    if provider is None:
        abort(404)
    return current_app.extensions["seatsync.openid"], provider


def _told(title: str, text: str, code: int) -> PageResponse:
    return render_template("message.html", title=title, text=text, again=url_for("account.sign_in")), code


def _not_there(provider: Provider) -> PageResponse:
    title = _("%(name)s can't be asked at the moment", name=provider.name)
    return _told(title, _("Try again in a few minutes, or sign in by e-mail and password."), 503)


def _refused(provider: Provider) -> PageResponse:
    title = _("That did not sign you in")
    text = _("%(name)s did not confirm it, or it took too long. Try again, or sign in by e-mail.", name=provider.name)
    return _told(title, text, 403)


def _unknown(provider: Provider, said: Said) -> PageResponse:
    title = _("%(name)s does not open an account here", name=provider.name)
    if said.email:
        text = _("There is an account with your e-mail, which somebody else opened by it. Sign in by e-mail.")
    else:
        text = _("It does not vouch for an e-mail of yours that we take its word for. Sign in by e-mail.")
    return _told(title, text, 403)
