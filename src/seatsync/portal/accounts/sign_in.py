"""Signing up, in and out; forgotten passwords; the language.

Making an account and setting a new password are one and the same: an e-mail, the code that was sent to it, a password. So no
page has to tell, nor can, whether there was an account before.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from sqlalchemy import Connection

from seatsync.ledger.queries.accounts import accounts
from seatsync.portal.accounts import codes, identities, passwords, sessions
from seatsync.portal.accounts.codes import Purpose
from seatsync.portal.accounts.forms import Code, CodeAndPassword, Email, SignIn
from seatsync.portal.accounts.return_to import go_on, signed_in
from seatsync.portal.web.languages import LANGUAGES
from seatsync.portal.web.limits import CODES, SIGN_IN, mailbox
from seatsync.portal.web.site import PageResponse, site
from seatsync.portal.web.translation import _

pages = Blueprint("account", __name__)


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> PageResponse:
    """E-mail and password."""
    if sessions.visitor() is not None:
        return go_on()
    form, here = SignIn(), site()
    if not form.validate_on_submit():
        return render_template("sign-in.html", form=form)
    here.limits.spend(SIGN_IN, "sign-in", mailbox(form.email.data))
    with here.reading() as connection:
        opened = with_password(connection, form.email.data, form.password.data)
    if opened is None or not here.change(partial(_signed_in, opened)):
        form.password.errors = [_("E-mail and password do not belong together. Both are to be checked.")]
        return render_template("sign-in.html", form=form), 403
    return go_on()


class Opened(NamedTuple):
    """An account that a password opens: the hash that it ``verified`` by, and a stronger one where there is one."""

    account: accounts.Account
    verified: str
    renewed: str


def with_password(connection: Connection, email: str, password: str) -> Opened | None:
    """The account that e-mail and password open. Takes as long where there is none."""
    verified = accounts.password_hash(connection, email)
    right, renewed = passwords.matches(password, verified)
    found = accounts.by_email(connection, email) if right else None
    return Opened(found, verified, renewed or verified) if found is not None else None


def _signed_in(opened: Opened, connection: Connection) -> bool:
    """Begin a session, unless the password was changed while it was looked at."""
    if not accounts.set_password(connection, opened.account.id, opened.renewed, opened.verified):
        return False
    sessions.sign_in(connection, opened.account, site().clock())
    return True


@pages.post("/sign-out")
def sign_out() -> PageResponse:
    """End the session of this browser."""
    site().change(sessions.end)
    flash(_("You are signed out."))
    return redirect(url_for("account.sign_in"))


@pages.post("/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> PageResponse:
    """End all sessions."""
    who = sessions.signed_in_visitor()
    site().change(lambda connection: sessions.end_all(connection, who.id))
    flash(_("You are signed out, here and everywhere else."))
    return redirect(url_for("account.sign_in"))


@pages.route("/account/new", methods=["GET", "POST"])
def new() -> PageResponse:
    """Ask for a code, to make an account."""
    return _ask_code("account-new.html")


@pages.route("/password/forgotten", methods=["GET", "POST"])
def forgotten() -> PageResponse:
    """Ask for a code, to set a new password."""
    return _ask_code("forgotten.html")


def _ask_code(template: str) -> PageResponse:
    form = Email()
    if not form.validate_on_submit():
        return render_template(template, form=form)
    send_code(Purpose.ACCOUNT, form.email.data)
    return redirect(url_for("account.code"))


def send_code(purpose: Purpose, email: str) -> None:
    """Send a code to ``email`` for this browser.

    Raises:
        TooMany: to this e-mail too many were sent.
    """
    here, who = site(), sessions.visitor()
    here.limits.spend(CODES, "codes", mailbox(email))
    code = here.change(
        lambda connection: codes.ask(connection, purpose, email, who.id if who is not None else "", here.clock())
    )
    text = render_template("mail/code.txt", code=code, purpose=purpose.value, site=here.settings.sender.name)
    here.post.send(email, _("%(code)s is your code", code=code), text)


@pages.route("/account/code", methods=["GET", "POST"])
def code() -> PageResponse:
    """The code, and a password: the account is made, or has a new password, and is signed in."""
    here = site()
    with here.reading() as connection:
        asked = codes.asked(connection, Purpose.ACCOUNT, here.clock())
    if asked is None:
        return no_code(url_for("account.new"))
    form = CodeAndPassword(asked.email)
    if not form.validate_on_submit():
        return render_template("account-code.html", form=form, email=asked.email, again=url_for("account.new"))
    if proved_by(form) is not None:
        return go_on()
    return render_template("account-code.html", form=form, email=asked.email, again=url_for("account.new")), 403


def proved_by(form: CodeAndPassword) -> accounts.Account | None:
    """Whoever has entered the right code is signed in, with the new password, which alone opens the account now; else the form
    says that it is not right."""
    here, hashed = site(), passwords.hashed(form.password.data)

    def step(connection: Connection) -> accounts.Proved | None:
        answered = codes.answer(connection, Purpose.ACCOUNT, form.code.data, here.clock())
        if answered is None:
            return None
        found = accounts.proved(connection, answered.email, hashed, here.now())
        sessions.sign_in(connection, found.account, here.clock())
        return found

    if (found := here.change(step)) is None:
        wrong_code(form)
        return None
    identities.tell_unlinked(found.account, found.unlinked)
    return found.account


def no_code(again: str) -> PageResponse:
    """There is no code that could be entered: it was too late, or there were too many tries."""
    text = _("It may be older than ten minutes, or there were too many tries. Have a new one sent.")
    return render_template("message.html", title=_("This code is no good any more"), text=text, again=again), 410


def wrong_code(form: Code | CodeAndPassword) -> None:
    """Say so at the code's field."""
    form.code.errors = [_("This is not the code, or it is too old. After five tries a new one is needed.")]


@pages.post("/language")
def language() -> PageResponse:
    """Another language, for this browser and for the account."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(400)
    session["language"] = chosen
    if (who := sessions.visitor()) is not None:
        site().change(lambda connection: accounts.set_language(connection, who.id, chosen))
    return redirect(_back())


def _back() -> str:
    """The page of ours on which the button was pressed."""
    base = site().settings.url + "/"
    before = request.referrer or ""
    return before if before.startswith(base) else url_for("member.home")
