"""Personal links in letters. A link names an invitation; it does not prove who opens it, and opening it changes nothing."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import Connection

from seatsync.apply.claims import Why
from seatsync.outbox import links
from seatsync.outbox.letters import Letter
from seatsync.outbox.links import Resolved, State
from seatsync.portal import accounts, offers, passwords, seats, sessions
from seatsync.portal.forms import Empty, NewPassword, Sure
from seatsync.portal.going import come_back_here
from seatsync.portal.offers import Offer
from seatsync.portal.seats import Page
from seatsync.portal.site import site

pages = Blueprint("letter", __name__, url_prefix="/l/<institution>/<token>")

_SETS_PASSWORD = (Letter.SET_PASSWORD, Letter.WELCOME)


class Opened(NamedTuple):
    """What a link opens; ``has_account``: there is an account with the e-mail that the letter went to."""

    link: Resolved
    offer: Offer
    has_account: bool


@pages.route("", methods=["GET", "POST"])
def open(institution: str, token: str) -> Page:
    """What the letter offers, and the buttons to take it."""
    found = _opened(institution, token)
    if isinstance(found, Why):
        return seats.told(found)
    who = sessions.visitor()
    if found.link.letter in _SETS_PASSWORD and who is None and not found.has_account:
        return _set_password(institution, token, found)
    form = Empty()
    if who is not None and not found.link.member:
        return redirect(url_for("admin.institutions"))
    if who is not None and form.validate_on_submit():
        return seats.take(institution, found.link.library, found.link.member, who, token)
    come_back_here()
    return render_template(
        "link.html", found=found, form=form, who=who, decline=_decline_page(institution, token, found)
    )


def _set_password(institution: str, token: str, found: Opened) -> Page:
    """Whoever got this letter has no account yet: a password makes one, and what the letter offers is in it.

    The link is used up by that, so it can set a password once.
    """
    here, form = site(), NewPassword(found.offer.email)
    if not form.validate_on_submit():
        come_back_here()
        decline = _decline_page(institution, token, found)
        return render_template("set-password.html", form=form, found=found, decline=decline)
    hashed = passwords.hashed(form.password.data)

    def step(connection: Connection) -> accounts.Account | None:
        if accounts.by_email(connection, found.offer.email) is not None:
            return None
        if not found.link.member and not links.use(connection, institution, token, here.now()):
            return None
        who = accounts.make(connection, found.offer.email, hashed, here.now())
        sessions.sign_in(connection, who, here.clock())
        return who

    who = here.change(step)
    if who is None:  # from another window, a moment ago
        return seats.told(Why.LINK_USED)
    if not found.link.member:
        return redirect(url_for("admin.institutions"))
    return seats.take(institution, found.link.library, found.link.member, who, token)


@pages.route("/opt-out", methods=["GET", "POST"])
def opt_out(institution: str, token: str) -> Page:
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
        if link.state is not State.GOOD:
            return Why.LINK_USED if link.state is State.USED else Why.LINK_ENDED
        if link.member:
            offer = offers.offer(connection, institution, link.library, link.member)
        else:
            offer = offers.welcome(connection, institution, link.admin)
        if offer is None:
            return Why.LINK_ENDED
        return Opened(link, offer, accounts.by_email(connection, offer.email) is not None)


def _decline_page(institution: str, token: str, found: Opened) -> str:
    return url_for("letter.opt_out", institution=institution, token=token) if found.offer.may_decline else ""
