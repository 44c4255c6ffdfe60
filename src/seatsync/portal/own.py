"""What one can change of one's own account: password, e-mail, and that there is one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from seatsync.portal import accounts, codes, passwords, sessions
from seatsync.portal.account import Page, no_code, send_code, wrong_code
from seatsync.portal.accounts import Account
from seatsync.portal.codes import Purpose
from seatsync.portal.forms import ChangeEmail, ChangePassword, Code, Sure
from seatsync.portal.going import signed_in
from seatsync.portal.limits import SIGN_IN
from seatsync.portal.site import site
from seatsync.portal.words import _

pages = Blueprint("own", __name__)


@pages.get("/settings")
@signed_in
def settings() -> Page:
    """What one can change."""
    who = sessions.signed_in_visitor()
    with site().reading() as connection:
        has_password = bool(accounts.password_hash(connection, who.email))
    return render_template("settings.html", who=who, has_password=has_password)


@pages.route("/settings/password", methods=["GET", "POST"])
@signed_in
def password() -> Page:
    """A new password, by who knows the old one. All other sessions end."""
    who, here = sessions.signed_in_visitor(), site()
    form = ChangePassword(who.email)
    if not form.validate_on_submit():
        return render_template("settings-password.html", form=form)
    opened, hashed = _opened(who, form.old.data), passwords.hashed(form.password.data)

    def step(connection: Connection) -> bool:
        if opened is None or not accounts.set_password(connection, who.id, hashed, opened.verified):
            return False
        sessions.end_all(connection, who.id)
        sessions.sign_in(connection, who, here.clock())
        return True

    if not here.change(step):
        form.old.errors = [_("That is not your password.")]
        return render_template("settings-password.html", form=form), 403
    text = render_template("mail/password-changed.txt", site=here.settings.sender.name)
    here.post.send(who.email, _("Your password was changed"), text)
    flash(_("Your password is changed. Everywhere else you are signed out."))
    return redirect(url_for("own.settings"))


@pages.route("/settings/email", methods=["GET", "POST"])
@signed_in
def email() -> Page:
    """Another e-mail, by who knows the password: a code goes to the new one."""
    form = ChangeEmail()
    if not form.validate_on_submit():
        return render_template("settings-email.html", form=form)
    if _opened(sessions.signed_in_visitor(), form.password.data) is None:
        form.password.errors = [_("That is not your password.")]
        return render_template("settings-email.html", form=form), 403
    send_code(Purpose.EMAIL, form.email.data)
    return redirect(url_for("own.email_code"))


@pages.route("/settings/email/code", methods=["GET", "POST"])
@signed_in
def email_code() -> Page:
    """The code that was sent to the new e-mail."""
    who, here, form = sessions.signed_in_visitor(), site(), Code()
    with here.reading() as connection:
        asked = codes.asked(connection, Purpose.EMAIL, here.clock())
    if asked is None or asked.account != who.id:
        return no_code(url_for("own.email"))
    if not form.validate_on_submit():
        return render_template("code.html", form=form, email=asked.email, again=url_for("own.email"))

    def step(connection: Connection) -> bool:
        answered = codes.answer(connection, Purpose.EMAIL, form.code.data, here.clock())
        if answered is None or answered.account != who.id:
            return False
        if accounts.by_email(connection, answered.email) is not None:
            raise _Taken
        accounts.set_email(connection, who.id, answered.email)
        return True

    try:
        is_right = here.change(step)
    except (_Taken, IntegrityError):  # whoever reads that mailbox may know
        text = _("Sign in with that e-mail, or write to your library.")
        return render_template("message.html", title=_("There is another account with this e-mail"), text=text), 409
    if not is_right:
        wrong_code(form)
        return render_template("code.html", form=form, email=asked.email, again=url_for("own.email")), 403
    text = render_template("mail/email-changed.txt", site=here.settings.sender.name, email=asked.email)
    here.post.send(who.email, _("Your e-mail was changed"), text)
    flash(_("Your e-mail is changed."))
    return redirect(url_for("own.settings"))


class _Taken(Exception):
    """Another account has the e-mail."""


@pages.route("/settings/delete", methods=["GET", "POST"])
@signed_in
def delete() -> Page:
    """Delete the account."""
    who, form = sessions.signed_in_visitor(), Sure()
    if not form.validate_on_submit():
        return render_template("settings-delete.html", form=form)

    def step(connection: Connection) -> None:
        accounts.forget(connection, who.id)
        sessions.end(connection)

    site().change(step)
    text = _("What was in it stays taken in your institution's records. Should you need it again, ask there.")
    return render_template("message.html", title=_("Your account is deleted"), text=text)


def _opened(who: Account, password: str) -> accounts.Opened | None:
    """Their account, if it is their password. Counted apart from sign-ins, which anybody may try.

    Raises:
        TooMany: it was tried too often.
    """
    here = site()
    here.limits.spend(SIGN_IN, "own-password", who.id)
    with here.reading() as connection:
        return accounts.with_password(connection, who.email, password)
