"""Personal links in letters. A link names an invitation; it does not prove who opens it, and opening it changes nothing."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, redirect, render_template, session, url_for

from seatsync.apply.claims import Why
from seatsync.domain.action import Letter
from seatsync.domain.license import Status
from seatsync.domain.text.emails import email_key
from seatsync.ledger.queries import links, offers
from seatsync.ledger.queries.accounts import accounts
from seatsync.ledger.queries.links import LinkState, Resolved
from seatsync.ledger.queries.offers import Offer
from seatsync.portal.accounts import codes, sessions
from seatsync.portal.accounts.codes import Purpose
from seatsync.portal.accounts.forms import CodeAndPassword, Empty, Sure
from seatsync.portal.accounts.return_to import come_back_here
from seatsync.portal.accounts.sign_in import no_code, proved_by, send_code
from seatsync.portal.members import seats
from seatsync.portal.web.site import PageResponse, site

pages = Blueprint("letter", __name__, url_prefix="/l/<institution>/<token>")

_SETS_PASSWORD = (Letter.SET_PASSWORD, Letter.WELCOME)


_OVER = {
    Status.DELIVERED.value: Why.LINK_USED,
    Status.OPTED_OUT.value: Why.OPTED_OUT,
    Status.REVOKED.value: Why.REVOKED,
}
"""What is said of a link to something that was taken, declined or taken back, whichever way."""


class Opened(NamedTuple):
    """What a link opens; ``has_account``: there is an account with the e-mail that the letter went to."""

    link: Resolved
    offer: Offer
    has_account: bool


@pages.route("", methods=["GET", "POST"])
def open(institution: str, token: str) -> PageResponse:
    """What the letter offers, and the buttons to take it."""
    found = _opened(institution, token)
    if isinstance(found, Why):
        return seats.told(found)
    who = sessions.visitor()
    if found.link.letter in _SETS_PASSWORD and who is None and not found.has_account:
        return _ask_code(institution, token, found)
    form = Empty()
    if who is not None and not found.link.member:
        return redirect(url_for("admin.institutions"))
    if who is not None and form.validate_on_submit():
        return seats.take(institution, found.link.library, found.link.member, who, token)
    come_back_here()
    return render_template(
        "link.html", found=found, form=form, who=who, decline=_decline_page(institution, token, found)
    )


def _ask_code(institution: str, token: str, found: Opened) -> PageResponse:
    """Whoever got this letter has no account yet, and can make one. That they read the mailbox is proved by a code from us, not
    by the letter: that was an institution's, and its word counts for itself alone."""
    form = Empty()
    if form.validate_on_submit():
        send_code(Purpose.ACCOUNT, found.offer.email)
        return redirect(url_for("letter.password", institution=institution, token=token))
    come_back_here()
    decline = _decline_page(institution, token, found)
    return render_template("set-password.html", form=form, found=found, decline=decline)


@pages.route("/password", methods=["GET", "POST"])
def password(institution: str, token: str) -> PageResponse:
    """The code, and a password: the account is made, and what the letter offers is in it."""
    found, here = _opened(institution, token), site()
    if isinstance(found, Why):
        return seats.told(found)
    with here.reading() as connection:
        asked = codes.asked(connection, Purpose.ACCOUNT, here.clock())
    if asked is None or email_key(asked.email) != email_key(found.offer.email):
        return no_code(url_for("letter.open", institution=institution, token=token))
    form = CodeAndPassword(asked.email)
    if not form.validate_on_submit():
        return render_template(
            "account-code.html",
            form=form,
            email=asked.email,
            again=url_for("letter.open", institution=institution, token=token),
        )
    who = proved_by(form)
    if who is None:
        return render_template(
            "account-code.html",
            form=form,
            email=asked.email,
            again=url_for("letter.open", institution=institution, token=token),
        ), 403
    session.pop("next", None)
    if not found.link.member:
        return redirect(url_for("admin.institutions"))
    return seats.take(institution, found.link.library, found.link.member, who, token)


@pages.route("/opt-out", methods=["GET", "POST"])
def opt_out(institution: str, token: str) -> PageResponse:
    """Decline. No sign-in is asked for: who wants nothing needs no account. A box has to be ticked, which no scanner does."""
    found = _opened(institution, token)
    if isinstance(found, Why):
        return seats.told(found)
    if not found.offer.may_decline:
        return seats.told(Why.NOT_ALLOWED)
    form = Sure()
    if form.validate_on_submit():
        return seats.decline(institution, found.link.library, found.link.member, token)
    return render_template("opt-out.html", form=form, offer=found.offer)


def _opened(institution: str, token: str) -> Opened | Why:
    """What a link opens, or why it opens nothing (any more)."""
    with site().reading() as connection:
        link = links.resolve(connection, institution, token)
        if link is None:
            return Why.UNKNOWN
        if link.member:
            offer = offers.offer(connection, institution, link.library, link.member)
            if offer is not None and link.state is not LinkState.USED and offer.status in _OVER:
                return _OVER[offer.status]
        else:
            offer = offers.welcome(connection, institution, link.admin)
        if offer is None or link.state is not LinkState.GOOD:
            return Why.LINK_USED if link.state is LinkState.USED else Why.LINK_ENDED
        return Opened(link, offer, accounts.by_email(connection, offer.email) is not None)


def _decline_page(institution: str, token: str, found: Opened) -> str:
    return url_for("letter.opt_out", institution=institution, token=token) if found.offer.may_decline else ""
