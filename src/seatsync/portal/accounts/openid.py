"""Sign in with an institution's own OpenID provider: authorization code with PKCE, state and nonce (Authlib).

A sign-in that is linked to an account, by the provider's own id for the person (``sub``), opens it. The first time, the
provider must confirm an e-mail in one of the configured domains. In all other cases, a page says why it did not work.
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
from seatsync.portal.accounts.return_to import redirect_back
from seatsync.portal.web.site import PageResponse, Provider, Site, site
from seatsync.portal.web.translation import _

pages = Blueprint("openid", __name__, url_prefix="/openid")
log = logging.getLogger("seatsync.openid")


_MAX_SUBJECT = 255
"""The longest ``sub`` in characters, from OpenID Connect Core."""

LIFETIME = timedelta(minutes=10)
"""How long a sign-in at the provider can take."""

_STARTED_AT = "openid"


class ProviderIdentity(NamedTuple):
    """The provider's id for the person, and the e-mail that it confirms (empty: none)."""

    subject: str
    email: str


class LinkedAccount(NamedTuple):
    """The account that a sign-in opens; ``is_new_link`` if the sign-in was linked to it just now."""

    account: accounts.Account
    is_new_link: bool


def register(app: Flask, here: Site) -> None:
    """Register the client if a provider is configured. It fetches the provider's metadata when first needed."""
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
    """Send the browser to the provider. Not with a redirect: the form's page allows form targets on this site only."""
    client, provider = _client()
    for left in [name for name in flask.session if name.startswith("_state_")]:
        del flask.session[left]
    back = site().settings.url + url_for("openid.callback").removeprefix(site().settings.path)
    try:
        authorization = client.create_authorization_url(back)
    except Busy:
        return _unreachable(provider)
    except Exception:  # a provider's answer can fail in any way; the result is the same
        client.forget()
        log.warning("openid-out-of-reach", exc_info=True)
        return _unreachable(provider)
    flask.session[_STARTED_AT] = site().now()
    client.save_authorize_data(
        redirect_uri=back, **{name: authorization[name] for name in ("state", "nonce", "code_verifier")}
    )
    page = render_template("openid-begin.html", name=provider.name, url=authorization["url"])
    return page, 200, {"Refresh": f"0; url={authorization['url']}"}


@pages.get("/callback")
def callback() -> PageResponse:
    """Handle the provider's answer."""
    client, provider = _client()
    if flask.session.pop(_STARTED_AT, "") <= iso(site().clock() - LIFETIME):
        return _refused(provider)  # this browser started no sign-in, or too long ago
    try:
        identity = _verified_identity(client, provider)
    except Busy:
        return _unreachable(provider)
    except RequestException:
        client.forget()
        log.warning("openid-out-of-reach", exc_info=True)
        return _unreachable(provider)
    except Exception:  # as above
        client.forget()
        log.warning("openid-refused", exc_info=True)
        return _refused(provider)
    here = site()

    def step(connection: Connection) -> LinkedAccount | None:
        found = _find_or_create(connection, provider, identity, here.now())
        if found is not None:
            sessions.sign_in(connection, found.account, here.clock())
        return found

    if (found := here.change(step)) is None:
        return _no_account(provider, identity)
    if found.is_new_link:
        identities.tell_linked(found.account, provider.issuer)
    return redirect_back()


def _find_or_create(
    connection: Connection, provider: Provider, identity: ProviderIdentity, at: str
) -> LinkedAccount | None:
    """Return the account that the sign-in opens, creating or linking it if needed; None if it opens none."""
    linked = accounts.by_identity(connection, provider.issuer, identity.subject)
    if linked is not None or not identity.email:
        return LinkedAccount(linked, is_new_link=False) if linked is not None else None
    who = accounts.by_email(connection, identity.email)
    if who is not None and provider.issuer in accounts.issuers(connection, who.id):
        return None  # the provider gave this e-mail to another person
    who = who or accounts.make(connection, identity.email, "", at)
    accounts.remember_identity(connection, provider.issuer, identity.subject, who)
    return LinkedAccount(who, is_new_link=True)


def _verified_identity(client: Client, provider: Provider) -> ProviderIdentity:
    """Return the identity that the provider confirms for this browser's sign-in.

    Raises:
        RequestException: the provider cannot be reached.
        Exception: the provider refuses, or its answer is not valid.
    """
    token = client.authorize_access_token()
    claims: dict[str, Any] = dict(token.get("userinfo") or {})
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise WrongProvider
    if "email" not in claims and client.server_metadata.get("userinfo_endpoint"):
        more = client.userinfo(token=token)
        if more.get("sub") != subject:
            raise WrongProvider
        claims |= {name: more[name] for name in ("email", "email_verified") if name in more}
    return ProviderIdentity(subject, _vouched_for(claims, provider))


def _vouched_for(claims: dict[str, Any], provider: Provider) -> str:
    """Return the e-mail if the provider confirms it and is trusted for its domain; empty if not."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or email_fault(email := clean(email)):
        return ""
    return email if email_key(email).rpartition("@")[2] in provider.domains else ""


def _client() -> tuple[Client, Provider]:
    provider = site().settings.provider
    if provider is None:
        abort(404)
    return current_app.extensions["seatsync.openid"], provider


def _error_page(title: str, text: str, code: int) -> PageResponse:
    return render_template(
        "message.html", title=title, text=text, again=url_for("account.sign_in"), label=_("Sign in")
    ), code


def _unreachable(provider: Provider) -> PageResponse:
    title = _("%(name)s cannot be reached right now", name=provider.name)
    return _error_page(title, _("Try again in a few minutes, or sign in with e-mail and password."), 503)


def _refused(provider: Provider) -> PageResponse:
    title = _("You are not signed in")
    text = _(
        "%(name)s did not confirm your sign-in, or it took too long. Try again, or sign in with e-mail and password.",
        name=provider.name,
    )
    return _error_page(title, text, 403)


def _no_account(provider: Provider, identity: ProviderIdentity) -> PageResponse:
    title = _("You cannot sign in here with %(name)s", name=provider.name)
    if identity.email:
        text = _(
            "Your account here is already linked to another sign-in at %(name)s. Sign in with e-mail and password. "
            "If you do not know why, tell your institution.",
            name=provider.name,
        )
    else:
        text = _(
            "%(name)s did not give us an e-mail address that we can use. Sign in with e-mail and password instead.",
            name=provider.name,
        )
    return _error_page(title, text, 403)
