"""The member's own page: their licenses and the seats that wait for them."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for

from seatsync.apply.claims import UnavailableReason
from seatsync.domain.license import Status
from seatsync.domain.text.emails import email_key
from seatsync.ledger.queries import offers
from seatsync.ledger.queries.accounts import holdings
from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.ledger.queries.institutions.administered import institutions_of
from seatsync.ledger.queries.offers import Offer
from seatsync.portal.accounts import codes
from seatsync.portal.accounts.return_to import signed_in
from seatsync.portal.accounts.sessions import signed_in_visitor
from seatsync.portal.members import seats
from seatsync.portal.web.letterhead import on_pages_of
from seatsync.portal.web.site import PageResponse, site

pages = Blueprint("member", __name__)


@pages.get("/")
@signed_in
def home() -> PageResponse:
    """Show what is in the account and what can be claimed."""
    who = signed_in_visitor()
    with site().reading() as connection:
        held = holdings.licenses_of(connection, who.id)
        offered = holdings.offered_to_account(connection, who.email)
        administered = institutions_of(connection, who.email)
        there = [seat for seat in offered.at_vendor if seat not in held]
        unclaimed = [seat for seat in there if seat.status == Status.UNCLAIMED]
        waiting = seats.not_ended([*offered.here, *unclaimed])
        held += [seat for seat in there if seat not in unclaimed]
        elsewhere = [seat for seat in offered.claimed if seat not in held]
        in_line = seats.in_line(connection, offered.in_line)
        declinable = seats.declinable(connection, [*waiting, *offered.in_line])
        over = dict.fromkeys([*holdings.over_in(connection, who.id), *offered.over])
        ended = seats.ended(connection, [seat for seat in over if seat not in held])
    shown = (*held, *waiting, *elsewhere, *offered.in_line, *(seat for seat, _ in ended))
    institutions = {seat.institution for seat in shown}
    on_pages_of(institutions.pop() if len(institutions) == 1 else "")
    return render_template(
        "home.html",
        who=who,
        held=held,
        waiting=waiting,
        in_line=in_line,
        elsewhere=elsewhere,
        ended=ended,
        declinable=declinable,
        decline_page="member.decline",
        administered=administered,
    )


@pages.get("/seats/<institution>/<library>/<int:member>")
@signed_in
def seat(institution: str, library: str, member: int) -> PageResponse:
    """Show one license in the account, with the way to use it: where a claim ends."""
    who = signed_in_visitor()
    with site().reading() as connection:
        held = holdings.licenses_of(connection, who.id)
        proven = codes.proven_email(connection, site().clock())
        offered = holdings.offered(connection, institution, proven).here if proven else []
    for one in held:
        if (one.institution, one.library, one.member) == (institution, library, member):
            on_pages_of(institution)
            return render_template("seat.html", seat=one, who=who, others=seats.not_ended(offered))
    return redirect(url_for("member.home"))


@pages.post("/seats/<institution>/<library>/<int:member>")
@signed_in
def take(institution: str, library: str, member: int) -> PageResponse:
    """Claim a seat that waits for the account's own e-mail."""
    who = signed_in_visitor()
    if not _is_surely_theirs(institution, who):
        return seats.problem_page(UnavailableReason.NOTHING)
    return seats.claim_seat(institution, library, member, who, known_as=who.email)


@pages.route("/seats/<institution>/<library>/<int:member>/opt-out", methods=["GET", "POST"])
@signed_in
def decline(institution: str, library: str, member: int) -> PageResponse:
    """Decline a seat that waits for the account's own e-mail."""
    who = signed_in_visitor()
    offer = _own_offer(who, institution, library, member)
    on_pages_of(institution)
    return seats.decline_page(institution, library, member, offer, url_for("member.home"), known_as=who.email)


def _own_offer(who: Account, institution: str, library: str, member: int) -> Offer:
    """Return the offer if it is for the account's e-mail; answer 404 if not."""
    with site().reading() as connection:
        offer = offers.offer(connection, institution, library, member)
    if offer is None or email_key(offer.email) != email_key(who.email) or not _is_surely_theirs(institution, who):
        abort(404)
    return offer


def _is_surely_theirs(institution: str, who: Account) -> bool:
    with site().reading() as connection:
        return holdings.is_surely_theirs(connection, institution, who.email)
