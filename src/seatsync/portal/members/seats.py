"""Claiming and declining: the same from a personal link, the institution's claim URL, and the member's own page."""

from __future__ import annotations

from typing import assert_never

from flask import flash, redirect, render_template, url_for

from seatsync.apply import claims
from seatsync.apply.claims import Missed, Why
from seatsync.domain.library import Delivery
from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.ledger.queries.accounts.holdings import AccountHolder, Seat
from seatsync.portal.web.site import ACTOR, PageResponse, site
from seatsync.portal.web.translation import _


def take(
    institution: str, library: str, member: int, who: Account, token: str = "", known_as: str = ""
) -> PageResponse:
    """Put the seat into the account, and say what came of it."""
    here = site()
    try:
        is_new = claims.claim(
            here.ledger,
            institution,
            library,
            member,
            AccountHolder(who.email, who.id),
            here.now(),
            ACTOR,
            token,
            known_as,
        )
    except Missed as missed:
        return told(missed.why)
    flash(_("The seat is yours.") if is_new else _("You have this seat already."))
    return redirect(url_for("member.home"))


def decline(institution: str, library: str, member: int, token: str = "", known_as: str = "") -> PageResponse:
    """Give the seat back unused, and say what came of it."""
    here = site()
    try:
        claims.opt_out(here.ledger, institution, library, member, here.now(), ACTOR, token, known_as)
    except Missed as missed:
        return told(missed.why)
    text = _(
        "Your seat is free for somebody else, and you will get no more letters about it. Should you change your mind, ask your institution."
    )
    return render_template("message.html", title=_("You have declined"), text=text)


def told(why: Why) -> PageResponse:
    """Why there is nothing to claim or to decline, in words for the member."""
    title, text, code = _words(why)
    return render_template("message.html", title=title, text=text, again=url_for("member.home")), code


def _words(why: Why) -> tuple[str, str, int]:
    match why:
        case Why.UNKNOWN:
            return (
                _("This link opens nothing"),
                _("Perhaps it was cut off. Take the whole link from the latest letter."),
                404,
            )
        case Why.NOTHING:
            return _("Nothing waits for you here"), _("If you expected a seat, ask your institution."), 409
        case Why.CLAIMED:
            text = _(
                "It is in another account: perhaps your own, under another e-mail. If it was not you, tell your institution."
            )
            return _("This seat is taken already"), text, 409
        case Why.OPTED_OUT:
            return _("This seat was declined"), _("Should you want it after all, ask your institution."), 409
        case Why.REVOKED:
            text = _("Your institution has taken it back. If that surprises you, ask there.")
            return _("This seat is not there any more"), text, 409
        case Why.NOT_ALLOWED:
            return _("This seat can't be declined here"), _("Ask your institution."), 403
        case Why.NO_ACCOUNT:
            text = _("Nothing was taken. Make an account, and take it then.")
            return _("Your account is not there any more"), text, 409
        case Why.LINK_USED:
            text = _("If it was you, the seat is on your page: sign in. If not, tell your institution.")
            return _("This link was used already"), text, 410
        case Why.LINK_ENDED:
            text = _("What it was for was taken back or offered anew. Take the link from the latest letter.")
            return _("This link has ended"), text, 410


def how(seat: Seat) -> str:
    """What the button says."""
    match seat.delivery:
        case Delivery.CLAIM:
            return _("Take this seat")
        case Delivery.ACCOUNT:
            return _("Set it up")
        case _:
            assert_never(seat.delivery)
