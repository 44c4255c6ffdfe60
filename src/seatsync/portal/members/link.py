"""Personal links in letters.

A link names an invitation. It does not prove who opens it, and opening it changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, redirect, render_template, session, url_for

from seatsync.apply.claims import UnavailableReason
from seatsync.domain.action import Letter
from seatsync.domain.license import Status
from seatsync.domain.text.emails import email_key
from seatsync.ledger.queries import links, offers
from seatsync.ledger.queries.accounts import accounts
from seatsync.ledger.queries.links import LinkState, Resolved
from seatsync.ledger.queries.offers import Offer
from seatsync.portal.accounts import sessions
from seatsync.portal.accounts.codes import Purpose
from seatsync.portal.accounts.forms import CodeAndPasswordForm, EmptyForm, SureForm
from seatsync.portal.accounts.return_to import expected_email, is_last_step, remember_letter
from seatsync.portal.accounts.sign_in import (
    account_code_page,
    no_code_page,
    pending_code,
    send_code,
    sign_in_pressed_twice,
    sign_in_with_code,
)
from seatsync.portal.members import seats
from seatsync.portal.web.letterhead import in_language_of_letter, on_pages_of
from seatsync.portal.web.site import PageResponse, site

pages = Blueprint("letter", __name__, url_prefix="/l/<institution>/<token>")

_SETS_PASSWORD = (Letter.SET_PASSWORD, Letter.WELCOME)


_CLOSED = {
    Status.DELIVERED.value: UnavailableReason.LINK_USED,
    Status.OPTED_OUT.value: UnavailableReason.OPTED_OUT,
    Status.REVOKED.value: UnavailableReason.REVOKED,
    Status.LAPSED.value: UnavailableReason.LAPSED,
}
"""Why a link no longer works, by the status of its license."""


class Closed(NamedTuple):
    """Why a link does not work, the last day (ISO) of a license that has ended, the vendor's page where it is claimed, and what
    the link offered, if it is known."""

    why: UnavailableReason
    until: str = ""
    url: str = ""
    library: str = ""
    member: int = 0


class OpenLink(NamedTuple):
    """A link that works, with its offer; ``has_account`` if there is an account with the letter's e-mail."""

    link: Resolved
    offer: Offer
    has_account: bool


@pages.route("", methods=["GET", "POST"])
def open(institution: str, token: str) -> PageResponse:
    """Show the offer, with buttons to claim or decline it."""
    found, who = _open_link(institution, token), sessions.visitor()
    if isinstance(found, Closed):
        return _closed_page(institution, found)
    if found.link.letter in _SETS_PASSWORD and who is None and not found.has_account:
        return _ask_code(institution, token, found)
    form = EmptyForm()
    if who is not None and not found.link.member:
        return redirect(url_for("admin.institutions"))
    if who is not None and form.validate_on_submit():
        return seats.claim_seat(institution, found.link.library, found.link.member, who, token)
    remember_letter(found.offer.email)
    return render_template(
        "link.html",
        found=found,
        form=form,
        who=who,
        decline=_decline_page(institution, token, found),
        step=3 if who is not None and is_last_step() else 0,
    )


def _ask_code(institution: str, token: str, found: OpenLink) -> PageResponse:
    """Offer to send a code to a person without an account.

    The letter does not prove that they read the mailbox: the institution sent it, and each institution speaks only for itself.
    """
    form = EmptyForm()
    if form.validate_on_submit():
        send_code(Purpose.ACCOUNT, found.offer.email)
        return redirect(url_for("letter.password", institution=institution, token=token))
    remember_letter(found.offer.email)
    decline = _decline_page(institution, token, found)
    return render_template("set-password.html", form=form, found=found, decline=decline, step=1, last_step=2)


@pages.route("/password", methods=["GET", "POST"])
def password(institution: str, token: str) -> PageResponse:
    """Enter the code and a password. This creates the account and claims the offered seat."""
    found, again = _open_link(institution, token), url_for("letter.open", institution=institution, token=token)
    form, pending = CodeAndPasswordForm(expected_email()), pending_code(Purpose.ACCOUNT)
    if isinstance(found, Closed):
        if sessions.visitor() is None:
            sign_in_pressed_twice(form)
        return _closed_page(institution, found)
    is_theirs = pending is not None and email_key(pending.email) == email_key(found.offer.email)
    if is_theirs and not form.validate_on_submit():
        return account_code_page(form, found.offer.email, again, last_step=2)
    who = sign_in_with_code(form) if is_theirs else None
    if who is None and (not is_theirs or pending_code(Purpose.ACCOUNT) is None):
        who = sign_in_pressed_twice(form)
        if who is None:
            return no_code_page(again)
    if who is None:
        return account_code_page(form, found.offer.email, again, last_step=2), 403
    session.pop("next", None)
    if not found.link.member:
        return redirect(url_for("admin.institutions"))
    return seats.claim_seat(institution, found.link.library, found.link.member, who, token)


@pages.route("/opt-out", methods=["GET", "POST"])
def opt_out(institution: str, token: str) -> PageResponse:
    """Decline the seat. It needs no sign-in, but a ticked box, so that mail scanners do not decline."""
    found = _open_link(institution, token)
    if isinstance(found, Closed):
        if found.why is UnavailableReason.OPTED_OUT and SureForm().validate_on_submit():
            return seats.declined_page()
        return _closed_page(institution, found)
    keep = url_for("letter.open", institution=institution, token=token)
    return seats.decline_page(institution, found.link.library, found.link.member, found.offer, keep, token)


def _open_link(institution: str, token: str) -> OpenLink | Closed:
    """Return what the link offers, or why it does not work."""
    on_pages_of(institution)
    with site().reading() as connection:
        link = links.resolve(connection, institution, token)
        if link is None:
            return Closed(UnavailableReason.UNKNOWN)
        if link.member:
            offer = offers.offer(connection, institution, link.library, link.member)
            in_language_of_letter(offer.language if offer is not None else "")
            if offer is not None and link.state is not LinkState.USED and offer.status in _CLOSED:
                return Closed(_CLOSED[offer.status], "", "", link.library, link.member)
            if offer is not None and offer.is_at_vendor:
                return Closed(UnavailableReason.AT_VENDOR, "", offer.claim_url)
            if offer is not None and "" < offer.until < site().today(offer.timezone):
                return Closed(UnavailableReason.ENDED, offer.until)
        else:
            offer = offers.welcome(connection, institution, link.admin)
        if offer is None or link.state is not LinkState.GOOD:
            is_used = link.state is LinkState.USED
            why = UnavailableReason.LINK_USED if is_used else UnavailableReason.LINK_ENDED
            return Closed(why, "", "", link.library, link.member)
        return OpenLink(link, offer, accounts.by_email(connection, offer.email) is not None)


def _closed_page(institution: str, closed: Closed) -> PageResponse:
    """Say why the link does not work, or lead to its seat if that is in the visitor's account."""
    who = sessions.visitor()
    if who is not None and seats.is_in_account(institution, closed.library, closed.member, who):
        return seats.own_seat(institution, closed.library, closed.member, is_new=False)
    return seats.problem_page(closed.why, closed.until, closed.url)


def _decline_page(institution: str, token: str, found: OpenLink) -> str:
    offer = found.offer
    may_decline = offer.may_decline and not offer.is_too_late_to_decline(site().today(offer.timezone))
    return url_for("letter.opt_out", institution=institution, token=token) if may_decline else ""
