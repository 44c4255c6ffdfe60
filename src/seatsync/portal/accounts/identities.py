"""Sign-ins by OpenID providers that are linked to accounts: their names, and mails to the owner when a link changes."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import render_template

from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.portal.web.site import site
from seatsync.portal.web.translation import _


def name_of(issuer: str) -> str:
    """Return the provider's configured name, or its host if it is not the configured provider."""
    provider = site().settings.provider
    return provider.name if provider is not None and provider.issuer == issuer else urlsplit(issuer).hostname or issuer


def tell_linked(who: Account, issuer: str) -> None:
    """Tell the owner that a provider's sign-in now opens the account."""
    _tell(who, "identity-linked.txt", _("%(name)s is now linked to your account", name=name_of(issuer)), issuer)


def tell_unlinked(who: Account, issuers: Iterable[str]) -> None:
    """Tell the owner that these providers' sign-ins no longer open the account."""
    for issuer in issuers:
        subject = _("%(name)s is no longer linked to your account", name=name_of(issuer))
        _tell(who, "identity-unlinked.txt", subject, issuer)


def _tell(who: Account, template: str, subject: str, issuer: str) -> None:
    here = site()
    text = render_template(f"mail/{template}", name=name_of(issuer), email=who.email, site=here.settings.sender.name)
    here.mailer.send(who.email, subject, text)
