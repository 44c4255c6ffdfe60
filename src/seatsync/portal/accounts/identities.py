"""Sign-ins by OpenID providers that open an account: what they are called, and mails to the owner when that changes."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import render_template

from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.portal.web.site import site
from seatsync.portal.web.translation import _


def name_of(issuer: str) -> str:
    """What the provider is called here; one that is not asked any more by its host."""
    provider = site().settings.provider
    return provider.name if provider is not None and provider.issuer == issuer else urlsplit(issuer).hostname or issuer


def tell_linked(who: Account, issuer: str) -> None:
    """Write to the owner that from now on a provider's sign-in opens the account."""
    _tell(who, "identity-linked.txt", _("%(name)s opens your account", name=name_of(issuer)), issuer)


def tell_unlinked(who: Account, issuers: Iterable[str]) -> None:
    """Write to the owner that a provider's sign-in opens the account no more."""
    for issuer in issuers:
        subject = _("%(name)s does not open your account any more", name=name_of(issuer))
        _tell(who, "identity-unlinked.txt", subject, issuer)


def _tell(who: Account, template: str, subject: str, issuer: str) -> None:
    here = site()
    text = render_template(f"mail/{template}", name=name_of(issuer), email=who.email, site=here.settings.sender.name)
    here.post.send(who.email, subject, text)
