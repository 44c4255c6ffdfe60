"""The settings of one's own account: password, e-mail, linked sign-ins, deleting it."""

from __future__ import annotations

import flask
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection

from seatsync.ledger.failures import AlreadyTaken
from seatsync.ledger.queries.accounts import accounts
from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.portal.accounts import codes, identities, passwords, sessions
from seatsync.portal.accounts.codes import Purpose
from seatsync.portal.accounts.forms import ChangeEmailForm, ChangePasswordForm, CodeForm, OwnPasswordForm, SureForm
from seatsync.portal.accounts.return_to import expect, expected_email, signed_in, to_sign_in
from seatsync.portal.accounts.sign_in import (
    VerifiedAccount,
    no_code_page,
    pending_code,
    send_code,
    show_wrong_code,
    sign_in_pressed_twice,
    verify_password,
)
from seatsync.portal.web.limits import SIGN_IN
from seatsync.portal.web.site import PageResponse, site
from seatsync.portal.web.translation import _

pages = Blueprint("own", __name__)


@pages.get("/settings")
@signed_in
def settings() -> PageResponse:
    """Show the settings."""
    who = sessions.signed_in_visitor()
    with site().reading() as connection:
        has_password = bool(accounts.password_hash(connection, who.email))
        linked = {issuer: identities.name_of(issuer) for issuer in accounts.issuers(connection, who.id)}
    return render_template("settings.html", who=who, has_password=has_password, linked=linked)


@pages.route("/settings/password", methods=["GET", "POST"])
def password() -> PageResponse:
    """Change the password, with the current one. All other sessions end."""
    who, here = sessions.visitor(), site()
    form = ChangePasswordForm(who.email if who is not None else expected_email())
    if who is None:
        return _password_changed() if sign_in_pressed_twice(form) else to_sign_in()
    expect(who.email)
    if not form.validate_on_submit():
        return render_template("settings-password.html", form=form)
    verified, hashed = _verify(who, form.old.data), passwords.hashed(form.password.data)

    def step(connection: Connection) -> bool:
        if verified is None or not accounts.set_password(connection, who.id, hashed, verified.checked_hash):
            return False
        sessions.end_all(connection, who.id)
        sessions.sign_in(connection, who, here.clock())
        return True

    if here.change(step):
        text = render_template("mail/password-changed.txt", site=here.settings.sender.name)
        here.mailer.send(who.email, _("Your password was changed"), text)
    elif not sign_in_pressed_twice(form):
        form.old.errors = [_("Wrong password.")]
        return render_template("settings-password.html", form=form), 403
    return _password_changed()


def _password_changed() -> PageResponse:
    flash(_("Your password was changed. You are signed out on all other devices."))
    return redirect(url_for("own.settings"))


@pages.route("/settings/email", methods=["GET", "POST"])
@signed_in
def email() -> PageResponse:
    """Change the e-mail, with the password. A code goes to the new e-mail."""
    form = ChangeEmailForm()
    if not form.validate_on_submit():
        return render_template("settings-email.html", form=form)
    if _verify(sessions.signed_in_visitor(), form.password.data) is None:
        form.password.errors = [_("Wrong password.")]
        return render_template("settings-email.html", form=form), 403
    send_code(Purpose.EMAIL, form.email.data)
    return redirect(url_for("own.email_code"))


@pages.route("/settings/email/code", methods=["GET", "POST"])
@signed_in
def email_code() -> PageResponse:
    """Enter the code that was sent to the new e-mail."""
    who, here, form = sessions.signed_in_visitor(), site(), CodeForm()
    pending = pending_code(Purpose.EMAIL)
    if pending is None or pending.account != who.id:
        return no_code_page(url_for("own.email"))
    if not form.validate_on_submit():
        return render_template("code.html", form=form, email=pending.email, again=url_for("own.email"))

    def step(connection: Connection) -> bool:
        answered = codes.check_code(connection, Purpose.EMAIL, form.code.data, here.clock())
        if answered is None or answered.account != who.id:
            return False
        if accounts.by_email(connection, answered.email) is not None:
            raise _Taken
        accounts.set_email(connection, who, answered.email)
        return True

    try:
        is_right = here.change(step)
    except (_Taken, AlreadyTaken):  # tell only the person who reads that mailbox
        text = _("Sign in with that e-mail, or ask your institution.")
        return render_template(
            "message.html",
            title=_("Another account uses this e-mail"),
            text=text,
            again=url_for("own.settings"),
            label=_("Settings"),
        ), 409
    if not is_right and pending_code(Purpose.EMAIL) is None:
        return no_code_page(url_for("own.email"))
    if not is_right:
        show_wrong_code(form)
        return render_template("code.html", form=form, email=pending.email, again=url_for("own.email")), 403
    text = render_template("mail/email-changed.txt", site=here.settings.sender.name, email=pending.email)
    here.mailer.send(who.email, _("Your e-mail was changed"), text)
    flash(_("Your e-mail was changed."))
    return redirect(url_for("own.settings"))


@pages.route("/settings/unlink", methods=["GET", "POST"])
@signed_in
def unlink() -> PageResponse:
    """Unlink a provider's sign-in, with the password. All other sessions end."""
    who, here, issuer, form = sessions.signed_in_visitor(), site(), request.args.get("issuer", ""), OwnPasswordForm()
    with here.reading() as connection:
        has_password = bool(accounts.password_hash(connection, who.email))
        if issuer not in accounts.issuers(connection, who.id):
            abort(404)
    name = identities.name_of(issuer)
    shown = {"form": form, "issuer": issuer, "name": name, "has_password": has_password}
    if not has_password or not form.validate_on_submit():
        return render_template("settings-unlink.html", **shown)
    if _verify(who, form.password.data) is None:
        form.password.errors = [_("Wrong password.")]
        return render_template("settings-unlink.html", **shown), 403

    def step(connection: Connection) -> list[str]:
        found = accounts.unlink(connection, who.id, issuer)
        sessions.end_all(connection, who.id)
        sessions.sign_in(connection, who, here.clock())
        return found

    identities.tell_unlinked(who, here.change(step))
    flash(_("%(name)s is no longer linked to your account. You are signed out on all other devices.", name=name))
    return redirect(url_for("own.settings"))


class _Taken(Exception):
    """Another account has the e-mail."""


_TO_DELETE, _DELETED = "to_delete", "deleted"
"""What the browser's cookie keeps: the id of the account whose page to delete it was opened, and that it was deleted."""


@pages.route("/settings/delete", methods=["GET", "POST"])
def delete() -> PageResponse:
    """Delete the account."""
    who, form = sessions.visitor(), SureForm()
    if who is None:
        return _to_deleted() if form.validate_on_submit() and _is_deleted() else to_sign_in()
    flask.session[_TO_DELETE] = who.id
    if not form.validate_on_submit():
        return render_template("settings-delete.html", form=form)

    def step(connection: Connection) -> None:
        accounts.forget(connection, who.id)
        sessions.end(connection)

    site().change(step)
    return _to_deleted()


def _is_deleted() -> bool:
    """Return whether the account is gone that this browser was to delete: the button was pressed twice."""
    id = str(flask.session.get(_TO_DELETE, ""))
    with site().reading() as connection:
        return bool(id) and not accounts.exists(connection, id)


def _to_deleted() -> PageResponse:
    flask.session[_DELETED] = True
    return redirect(url_for("own.deleted"))


@pages.get("/settings/deleted")
def deleted() -> PageResponse:
    """Say that the account was deleted."""
    if not flask.session.get(_DELETED):
        return redirect(url_for("own.settings"))
    text = _(
        "Your institution's records still show your seats as claimed. If you need them again, ask your institution."
    )
    return render_template(
        "message.html",
        title=_("Your account was deleted"),
        text=text,
        again=url_for("account.new"),
        label=_("Create an account"),
    )


def _verify(who: Account, password: str) -> VerifiedAccount | None:
    """Return the account if the password is correct. These tries are counted apart from sign-ins, which anyone can try.

    Raises:
        TooManyTries: there were too many tries.
    """
    here = site()
    here.limits.spend(SIGN_IN, "own-password", who.id)
    with here.reading() as connection:
        return verify_password(connection, who.email, password)
