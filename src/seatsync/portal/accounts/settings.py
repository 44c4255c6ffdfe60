"""What one can change of one's own account: password, e-mail, who else opens it, and that there is one."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection

from seatsync.ledger.failures import AlreadyTaken
from seatsync.ledger.queries.accounts import accounts
from seatsync.ledger.queries.accounts.accounts import Account
from seatsync.portal.accounts import codes, identities, passwords, sessions
from seatsync.portal.accounts.codes import Purpose
from seatsync.portal.accounts.forms import ChangeEmail, ChangePassword, Code, OwnPassword, Sure
from seatsync.portal.accounts.return_to import signed_in
from seatsync.portal.accounts.sign_in import Opened, no_code, send_code, with_password, wrong_code
from seatsync.portal.web.limits import SIGN_IN
from seatsync.portal.web.site import PageResponse, site
from seatsync.portal.web.translation import _

pages = Blueprint("own", __name__)


@pages.get("/settings")
@signed_in
def settings() -> PageResponse:
    """What one can change."""
    who = sessions.signed_in_visitor()
    with site().reading() as connection:
        has_password = bool(accounts.password_hash(connection, who.email))
        linked = {issuer: identities.name_of(issuer) for issuer in accounts.issuers(connection, who.id)}
    return render_template("settings.html", who=who, has_password=has_password, linked=linked)


@pages.route("/settings/password", methods=["GET", "POST"])
@signed_in
def password() -> PageResponse:
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
def email() -> PageResponse:
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
def email_code() -> PageResponse:
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
        accounts.set_email(connection, who, answered.email)
        return True

    try:
        is_right = here.change(step)
    except (_Taken, AlreadyTaken):  # whoever reads that mailbox may know
        text = _("Sign in with that e-mail, or write to your library.")
        return render_template("message.html", title=_("There is another account with this e-mail"), text=text), 409
    if not is_right:
        wrong_code(form)
        return render_template("code.html", form=form, email=asked.email, again=url_for("own.email")), 403
    text = render_template("mail/email-changed.txt", site=here.settings.sender.name, email=asked.email)
    here.post.send(who.email, _("Your e-mail was changed"), text)
    flash(_("Your e-mail is changed."))
    return redirect(url_for("own.settings"))


@pages.route("/settings/unlink", methods=["GET", "POST"])
@signed_in
def unlink() -> PageResponse:
    """One provider's sign-in opens the account no more, by who knows the password. All other sessions end."""
    who, here, issuer, form = sessions.signed_in_visitor(), site(), request.args.get("issuer", ""), OwnPassword()
    with here.reading() as connection:
        has_password = bool(accounts.password_hash(connection, who.email))
        if issuer not in accounts.issuers(connection, who.id):
            abort(404)
    name = identities.name_of(issuer)
    shown = {"form": form, "issuer": issuer, "name": name, "has_password": has_password}
    if not has_password or not form.validate_on_submit():
        return render_template("settings-unlink.html", **shown)
    if _opened(who, form.password.data) is None:
        form.password.errors = [_("That is not your password.")]
        return render_template("settings-unlink.html", **shown), 403

    def step(connection: Connection) -> list[str]:
        found = accounts.unlink(connection, who.id, issuer)
        sessions.end_all(connection, who.id)
        sessions.sign_in(connection, who, here.clock())
        return found

    identities.tell_unlinked(who, here.change(step))
    flash(_("%(name)s does not open your account any more. Everywhere else you are signed out.", name=name))
    return redirect(url_for("own.settings"))


class _Taken(Exception):
    """Another account has the e-mail."""


@pages.route("/settings/delete", methods=["GET", "POST"])
@signed_in
def delete() -> PageResponse:
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


def _opened(who: Account, password: str) -> Opened | None:
    """Their account, if it is their password. Counted apart from sign-ins, which anybody may try.

    Raises:
        TooMany: it was tried too often.
    """
    here = site()
    here.limits.spend(SIGN_IN, "own-password", who.id)
    with here.reading() as connection:
        return with_password(connection, who.email, password)
