"""The institution's claim URL: who types the e-mail that the institution knows, and reads the code there, claims what waits."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from sqlalchemy import Connection

from seatsync.apply.claims import Why
from seatsync.ledger.queries import offers
from seatsync.ledger.queries.accounts import accounts, holdings
from seatsync.portal.accounts import codes, passwords, sessions
from seatsync.portal.accounts.codes import Purpose
from seatsync.portal.accounts.forms import Code, Email, Empty, NewPassword
from seatsync.portal.accounts.return_to import come_back_here
from seatsync.portal.accounts.sign_in import no_code, send_code, wrong_code
from seatsync.portal.members import seats
from seatsync.portal.web.site import PageResponse, site

pages = Blueprint("claim", __name__, url_prefix="/claim/<institution>")


@pages.route("", methods=["GET", "POST"])
def start(institution: str) -> PageResponse:
    """Type the e-mail."""
    name, form = _name(institution), Email()
    if not form.validate_on_submit():
        return render_template("claim.html", form=form, name=name)
    send_code(Purpose.CLAIM, form.email.data)
    return redirect(url_for("claim.code", institution=institution))


@pages.route("/code", methods=["GET", "POST"])
def code(institution: str) -> PageResponse:
    """Enter the code."""
    here, form = site(), Code()
    _name(institution)
    with here.reading() as connection:
        asked = codes.asked(connection, Purpose.CLAIM, here.clock())
    if asked is None:
        return no_code(url_for("claim.start", institution=institution))
    if not form.validate_on_submit():
        return render_template(
            "code.html", form=form, email=asked.email, again=url_for("claim.start", institution=institution)
        )
    if not here.change(lambda connection: codes.prove(connection, form.code.data, here.clock())):
        wrong_code(form)
        return render_template(
            "code.html", form=form, email=asked.email, again=url_for("claim.start", institution=institution)
        ), 403
    return redirect(url_for("claim.waiting", institution=institution))


@pages.route("/seats", methods=["GET", "POST"])
def waiting(institution: str) -> PageResponse:
    """What waits for that e-mail. Who is not signed in does so first, or makes an account with it by choosing a password."""
    name, email, who = _name(institution), _proved(), sessions.visitor()
    if not email:
        return redirect(url_for("claim.start", institution=institution))
    with site().reading() as connection:
        offered = holdings.open_licenses(connection, institution, email)
        has_account = accounts.by_email(connection, email) is not None
    come_back_here()
    if not offered:
        return seats.told(Why.NOTHING)
    if who is not None:
        return render_template("claim-seats.html", name=name, seats=offered, who=who, form=Empty(), how=seats.how)
    form = NewPassword(email)
    if has_account or not form.validate_on_submit():
        return render_template(
            "claim-sign-in.html", name=name, seats=offered, email=email, has_account=has_account, form=form
        )
    hashed = passwords.hashed(form.password.data)

    def step(connection: Connection) -> None:
        if accounts.by_email(connection, email) is None:
            made = accounts.make(connection, email, hashed, site().now())
            sessions.sign_in(connection, made, site().clock())

    site().change(step)
    return redirect(url_for("claim.waiting", institution=institution))


@pages.post("/seats/<library>/<int:member>")
def take(institution: str, library: str, member: int) -> PageResponse:
    """Claim one of them."""
    email, who = _proved(), sessions.visitor()
    if who is None or not email:
        return redirect(url_for("claim.waiting", institution=institution))
    return seats.take(institution, library, member, who, known_as=email)


def _proved() -> str:
    """The e-mail that this browser has lately proved to read; empty for none."""
    with site().reading() as connection:
        return codes.proved(connection, site().clock())


def _name(institution: str) -> str:
    """The institution's name."""
    with site().reading() as connection:
        name = offers.name_of(connection, institution)
    if name is None:
        abort(404)
    return name
