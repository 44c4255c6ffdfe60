"""The institution's claim page: enter the e-mail that the institution has, enter the code sent there, claim the seats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from sqlalchemy import Connection

from seatsync.apply.claims import UnavailableReason
from seatsync.domain.license import Status
from seatsync.ledger.queries import offers
from seatsync.ledger.queries.accounts import accounts, holdings
from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.ledger.queries.accounts.holdings import Seat
from seatsync.portal.accounts import codes, passwords, sessions
from seatsync.portal.accounts.codes import Purpose
from seatsync.portal.accounts.forms import CodeForm, EmailForm, EmptyForm, NewPasswordForm
from seatsync.portal.accounts.return_to import expected_email, remember_this_page
from seatsync.portal.accounts.sign_in import (
    no_code_page,
    pending_code,
    send_code,
    show_wrong_code,
    sign_in_with_password,
)
from seatsync.portal.members import seats
from seatsync.portal.web.letterhead import on_pages_of
from seatsync.portal.web.site import PageResponse, site
from seatsync.portal.web.translation import _

pages = Blueprint("claim", __name__, url_prefix="/claim/<institution>")

_STEPS = "claim_steps"


@pages.route("", methods=["GET", "POST"])
def start(institution: str) -> PageResponse:
    """Enter the e-mail."""
    host, form = _host(institution), EmailForm(email=expected_email())
    if not host.is_here or not form.validate_on_submit():
        session[_STEPS] = 4 if sessions.visitor() is None else 3
        return render_template(
            "claim.html", form=form, host=host, step=1 if host.is_here else 0, last_step=_last_step()
        )
    send_code(Purpose.CLAIM, form.email.data)
    return redirect(url_for("claim.code", institution=institution))


@pages.route("/code", methods=["GET", "POST"])
def code(institution: str) -> PageResponse:
    """Enter the code."""
    here, form = site(), CodeForm()
    _host(institution)
    pending, start = pending_code(Purpose.CLAIM), url_for("claim.start", institution=institution)
    if pending is not None and not form.validate_on_submit():
        return _code_page(form, institution, pending.email)
    is_proved = form.validate_on_submit() and here.change(
        lambda connection: codes.prove_mailbox(connection, form.code.data, here.clock())
    )
    if is_proved or (pending is None and _proven_email()):  # also entered before: the back button, or pressed twice
        return redirect(url_for("claim.waiting", institution=institution))
    if pending is None or pending_code(Purpose.CLAIM) is None:
        return no_code_page(start)
    show_wrong_code(form)
    return _code_page(form, institution, pending.email), 403


@pages.route("/seats", methods=["GET", "POST"])
def waiting(institution: str) -> PageResponse:
    """Show the seats for the e-mail. Visitors who are not signed in sign in first, or choose a password for a new account."""
    name, email, who = _host(institution).name, _proven_email(), sessions.visitor()
    if not email:
        if codes.forget_ended_proof():
            flash(_("More than half an hour has passed since you entered the code. Please ask for a new one."))
        return redirect(url_for("claim.start", institution=institution))
    with site().reading() as connection:
        open_ones, at_vendor, waiting, over, claimed = holdings.offered(connection, institution, email)
        in_line = seats.in_line(connection, waiting)
        declinable = seats.declinable(connection, [*open_ones, *waiting])
        ended = seats.ended(connection, over)
        has_account = accounts.by_email(connection, email) is not None
    remember_this_page()
    session["email"] = email
    offered = seats.not_ended(open_ones)
    elsewhere = seats.not_ended(seat for seat in at_vendor if seat.status == Status.UNCLAIMED)
    known: dict[str, Any] = {"name": name, "seats": offered, "elsewhere": elsewhere, "last_step": _last_step()}
    known |= {"in_line": in_line, "declinable": declinable, "decline_page": "claim.decline"}
    if not offered and in_line:
        return render_template("claim-in-line.html", **known)
    if not offered and elsewhere:
        return render_template("claim-elsewhere.html", name=name, elsewhere=elsewhere)
    if not offered:
        return _nothing_waits(institution, claimed, who, max((day for _, day in ended), default=""))
    if who is not None:
        return render_template("claim-seats.html", **known, who=who, form=EmptyForm(), step=_last_step())
    form = NewPasswordForm(email)
    if form.validate_on_submit() and _signs_in(email, form.password.data, has_account):
        return redirect(url_for("claim.waiting", institution=institution))
    return render_template(
        "claim-sign-in.html", **known, email=email, has_account=has_account, form=form, step=_last_step() - 1
    )


def _signs_in(email: str, password: str, has_account: bool) -> bool:
    """Create the account and sign in; or sign in with the password, if pressing twice has created the account before."""
    hashed = "" if has_account else passwords.hashed(password)

    def step(connection: Connection) -> bool:
        if has_account or accounts.by_email(connection, email) is not None:
            return False
        made = accounts.make(connection, email, hashed, site().now())
        sessions.sign_in(connection, made, site().clock())
        return True

    return site().change(step) or sign_in_with_password(email, password) is not None


def _nothing_waits(institution: str, claimed: Sequence[Seat], who: Account | None, until: str) -> PageResponse:
    """Say what became of the seats: claimed by this visitor or with another account, ended after the day ``until``, or none."""
    if who is not None and any(seats.is_in_account(institution, one.library, one.member, who) for one in claimed):
        flash(_("You already have this seat."))
        return redirect(url_for("member.home"))
    if claimed:
        return seats.problem_page(UnavailableReason.CLAIMED)
    return seats.problem_page(UnavailableReason.ENDED if until else UnavailableReason.NOTHING, until)


@pages.post("/seats/<library>/<int:member>")
def take(institution: str, library: str, member: int) -> PageResponse:
    """Claim one seat."""
    email, who = _proven_email(), sessions.visitor()
    if who is None or not email:
        return redirect(url_for("claim.waiting", institution=institution))
    return seats.claim_seat(institution, library, member, who, known_as=email)


@pages.route("/seats/<library>/<int:member>/opt-out", methods=["GET", "POST"])
def decline(institution: str, library: str, member: int) -> PageResponse:
    """Decline a seat, or leave the line. It needs no sign-in: the code has proved the mailbox."""
    email, again = _proven_email(), url_for("claim.waiting", institution=institution)
    _host(institution)
    if not email:
        return redirect(again)
    with site().reading() as connection:
        offer = offers.offer(connection, institution, library, member)
        is_theirs = holdings.is_of_mailbox(connection, institution, member, email)
    if offer is None or not is_theirs:
        abort(404)
    return seats.decline_page(institution, library, member, offer, again, known_as=email)


def _code_page(form: CodeForm, institution: str, email: str) -> str:
    resend = url_for("claim.start", institution=institution)
    return render_template(
        "code.html", form=form, email=email, resend=resend, other_email=resend, step=2, last_step=_last_step()
    )


def _last_step() -> int:
    """Return how many steps the claim has: signing in is one, for who was not signed in at the first."""
    return int(session.get(_STEPS, 4 if sessions.visitor() is None else 3))


def _proven_email() -> str:
    """Return the e-mail whose mailbox this browser has proved to read; empty for none."""
    with site().reading() as connection:
        return codes.proven_email(connection, site().clock())


def _host(institution: str) -> offers.Host:
    """Return the institution, or answer 404."""
    with site().reading() as connection:
        host = offers.host(connection, institution)
    if host is None:
        abort(404)
    on_pages_of(institution)
    return host
