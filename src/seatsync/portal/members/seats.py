"""Claim and decline seats. Shared by personal links, the claim page and the member's own page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import flash, redirect, render_template, url_for
from sqlalchemy import Connection

from seatsync.apply import claims
from seatsync.apply.claims import Unavailable, UnavailableReason
from seatsync.domain.action import ON_PAGES
from seatsync.domain.institution import last_day_to_decline
from seatsync.domain.license import Status
from seatsync.ledger.queries import offers
from seatsync.ledger.queries.accounts import holdings
from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.ledger.queries.accounts.holdings import AccountHolder, Seat
from seatsync.ledger.queries.line import Turn, turn
from seatsync.ledger.queries.offers import Offer
from seatsync.ledger.queries.origins import ends_of_seats
from seatsync.portal.accounts.forms import SureForm
from seatsync.portal.web.site import PageResponse, site
from seatsync.portal.web.translation import _, day


def claim_seat(
    institution: str, library: str, member: int, who: Account, token: str = "", known_as: str = ""
) -> PageResponse:
    """Put the seat into the account and show the result."""
    here = site()
    try:
        is_new = claims.claim(
            here.ledger,
            institution,
            library,
            member,
            AccountHolder(who.email, who.id),
            here.now(),
            ON_PAGES,
            token,
            known_as,
        )
    except Unavailable as missed:
        return problem_page(missed.reason, missed.until, missed.url)
    return own_seat(institution, library, member, is_new)


def own_seat(institution: str, library: str, member: int, is_new: bool) -> PageResponse:
    """Lead to the page of a seat that is in the visitor's account, since now if it ``is_new``."""
    flash(_("You have claimed your seat.") if is_new else _("You already have this seat."))
    return redirect(url_for("member.seat", institution=institution, library=library, member=member))


def is_in_account(institution: str, library: str, member: int, who: Account) -> bool:
    """Return whether the visitor's account has this seat."""
    with site().reading() as connection:
        held = holdings.licenses_of(connection, who.id)
    return (institution, library, member) in [(seat.institution, seat.library, seat.member) for seat in held]


def decline_page(
    institution: str, library: str, member: int, offer: Offer, keep: str, token: str = "", known_as: str = ""
) -> PageResponse:
    """Ask whether to decline an offered seat, decline it and show the result; or say why it cannot be declined. ``keep`` is the page to
    go back to."""
    if (closed := _cannot_decline(offer)) is not None:
        return closed
    here, form = site(), SureForm()
    if not form.validate_on_submit():
        return render_template("opt-out.html", form=form, offer=offer, keep=keep)
    try:
        claims.opt_out(here.ledger, institution, library, member, here.now(), ON_PAGES, token, known_as)
    except Unavailable as missed:
        if missed.reason is not UnavailableReason.OPTED_OUT:  # also by whoever pressed twice
            return problem_page(missed.reason, missed.until, missed.url)
    if offer.status == Status.WAITING:
        text = _("You will get no more letters about it. If you change your mind, ask your institution.")
        return render_template("message.html", title=_("You have left the line"), text=text)
    return declined_page()


def declined_page() -> PageResponse:
    """Say that the seat is declined."""
    text = _(
        "Someone else can have it now. You will get no more letters about it. If you change your mind, ask your institution."
    )
    return render_template("message.html", title=_("You have declined the seat"), text=text)


def _cannot_decline(offer: Offer) -> PageResponse | None:
    """Return the page that says why an offered seat cannot be declined; None if it can."""
    if offer.is_at_vendor:
        return problem_page(UnavailableReason.AT_VENDOR, "", offer.claim_url)
    if not offer.may_decline and offer.status == Status.OPTED_OUT:
        return declined_page()
    if not offer.may_decline:
        return problem_page(UnavailableReason.NOT_ALLOWED)
    if offer.is_too_late_to_decline(site().today(offer.timezone)):
        return problem_page(UnavailableReason.TOO_LATE, offer.decline_until)
    return None


def in_line(connection: Connection, seats: Iterable[Seat]) -> list[tuple[Seat, Turn]]:
    """Return the places in lines, each with whose turn it is when."""
    return [(one, turn(connection, one.institution, one.library, one.place, one.until)) for one in seats]


def declinable(connection: Connection, waiting: Sequence[Seat]) -> dict[Seat, str]:
    """Return the seats and places in lines that their member can give up now, each with the last day (ISO) for it; empty for no last
    day. A place in a line can always be given up."""
    until = {id: offers.declining(connection, id) for id in {seat.institution for seat in waiting}}
    last = {
        seat: last_day_to_decline(until[seat.institution] or "", seat.status, seat.granted_on)
        for seat in waiting
        if seat.place or (not seat.is_at_vendor and until[seat.institution] is not None)
    }
    return {seat: day for seat, day in last.items() if not "" < day < site().today(seat.timezone)}


def ended(connection: Connection, seats: Iterable[Seat]) -> list[tuple[Seat, str]]:
    """Return the seats that are over, each with the last day (ISO) on which its member had it; empty where that is not known."""
    found = []
    for seat in seats:
        today = site().today(seat.timezone)
        taken = ends_of_seats(connection, seat.institution, seat.member, seat.timezone).get(seat.library)
        on = taken.day if taken is not None else ""
        by_date = "" < seat.until < (on or today)
        if by_date or seat.status != Status.UNCLAIMED:
            found.append((seat, seat.until if by_date else on))
    return found


def not_ended(offered: Iterable[Seat]) -> list[Seat]:
    """Return the seats that can still be claimed: their last day has not passed."""
    return [seat for seat in offered if not "" < seat.until < site().today(seat.timezone)]


def problem_page(why: UnavailableReason, until: str = "", url: str = "") -> PageResponse:
    """Show why there is nothing to claim or decline. ``until`` is the last day (ISO) of a license that has ended, or
    the last one to decline it, ``url`` the vendor's claim page."""
    title, text, code = _problem(why, until)
    label = _("Continue to the vendor") if url else ""
    return render_template("message.html", title=title, text=text, again=url, label=label), code


def _problem(why: UnavailableReason, until: str) -> tuple[str, str, int]:  # noqa: C901 (a table)
    match why:
        case UnavailableReason.UNKNOWN:
            return (
                _("This link doesn't work"),
                _("Part of it may be missing. Copy the whole link from the latest letter."),
                404,
            )
        case UnavailableReason.NOTHING:
            text = _(
                "Perhaps your institution has another e-mail of yours: try that one. If you expected a seat, ask your institution."
            )
            return _("No seat is waiting for you here"), text, 409
        case UnavailableReason.CLAIMED:
            text = _(
                "It is in another account. Perhaps you have a second account with another e-mail. "
                "If you did not claim it, tell your institution."
            )
            return _("This seat is already claimed"), text, 409
        case UnavailableReason.OPTED_OUT:
            return _("This seat was declined"), _("If you want it after all, ask your institution."), 409
        case UnavailableReason.REVOKED:
            text = _("Your institution took it back. If you did not expect this, ask your institution.")
            return _("This seat is no longer available"), text, 409
        case UnavailableReason.LAPSED:
            text = _(
                "It was not claimed in time, so somebody else can have it. If you want it after all, ask your institution."
            )
            return _("This seat is no longer kept for you"), text, 409
        case UnavailableReason.WAITING:
            text = _("All seats are taken. You are in line, and we write to you when there is a seat for you.")
            return _("Your seat is not free yet"), text, 409
        case UnavailableReason.AT_VENDOR:
            text = _(
                "Your institution gives it through the vendor's own pages. Claim it there, or decline it there if you do not want it. "
                "If you have no letter from the vendor, ask your institution."
            )
            return _("This seat is not claimed here"), text, 409
        case UnavailableReason.ENDED:
            text = _("Its last day was %(day)s. If you need it longer, ask your institution.", day=day(until))
            return _("This seat has ended"), text, 409
        case UnavailableReason.NOT_ALLOWED:
            return _("You cannot decline this seat here"), _("If you do not want the seat, ask your institution."), 403
        case UnavailableReason.TOO_LATE:
            text = _(
                "The last day to decline it was %(day)s. If you do not want the seat, ask your institution.",
                day=day(until),
            )
            return _("You can no longer decline this seat"), text, 409
        case UnavailableReason.NO_ACCOUNT:
            text = _("The seat was not claimed. Create an account, then claim it.")
            return _("Your account no longer exists"), text, 409
        case UnavailableReason.LINK_USED:
            text = _("If it was you, sign in to see your seat. If it was not you, tell your institution.")
            return _("This link was already used"), text, 410
        case UnavailableReason.LINK_ENDED:
            text = _(
                "There may be a newer letter, or your institution took the invitation back. "
                "Use the link in your latest letter. If that does not work either, ask your institution."
            )
            return _("This link has expired"), text, 410
