"""Create an account, sign in and out, reset a password, choose a language.

Creating an account and resetting a password are the same steps: an e-mail, the code that is sent to it, a password. So no
page can reveal whether an account exists.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from sqlalchemy import Connection

from seatsync.domain.text.emails import email_key
from seatsync.domain.text.languages import LANGUAGES
from seatsync.ledger.queries.accounts import accounts
from seatsync.portal.accounts import codes, identities, passwords, sessions
from seatsync.portal.accounts.codes import PendingCode, Purpose
from seatsync.portal.accounts.forms import ChangePasswordForm, CodeAndPasswordForm, CodeForm, EmailForm, SignInForm
from seatsync.portal.accounts.return_to import (
    expect,
    expected_email,
    is_from_letter,
    is_to_administration,
    lead_to_last_step,
    redirect_back,
)
from seatsync.portal.web.limits import CODES, SIGN_IN, TooManyTries, mailbox
from seatsync.portal.web.site import PageResponse, previous_page, site
from seatsync.portal.web.translation import _

pages = Blueprint("account", __name__)


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> PageResponse:
    """Sign in with e-mail and password."""
    if sessions.visitor() is not None:
        return redirect_back()
    form = SignInForm(email=expected_email())
    if not form.validate_on_submit():
        return render_template("sign-in.html", form=form, is_to_administration=is_to_administration())
    if sign_in_with_password(form.email.data, form.password.data) is None:
        form.password.errors = [_("Wrong e-mail or password. Check both.")]
        return render_template("sign-in.html", form=form, is_to_administration=is_to_administration()), 403
    return redirect_back()


def sign_in_with_password(email: str, password: str) -> accounts.Account | None:
    """Check the password and sign in; return the account, or None if there is none with this e-mail and password.

    Raises:
        TooManyTries: there were too many tries.
    """
    here = site()
    here.limits.spend(SIGN_IN, "sign-in", mailbox(email))
    with here.reading() as connection:
        verified = verify_password(connection, email, password)
    return verified.account if verified is not None and here.change(partial(_start_session, verified)) else None


class VerifiedAccount(NamedTuple):
    """An account whose password was checked: the hash it was checked against, and a stronger one if there is one."""

    account: accounts.Account
    checked_hash: str
    new_hash: str


def verify_password(connection: Connection, email: str, password: str) -> VerifiedAccount | None:
    """Return the account if the password is correct. It takes as long if there is no account."""
    stored_hash = accounts.password_hash(connection, email)
    is_right, stronger_hash = passwords.matches(password, stored_hash)
    found = accounts.by_email(connection, email) if is_right else None
    return VerifiedAccount(found, stored_hash, stronger_hash or stored_hash) if found is not None else None


def _start_session(verified: VerifiedAccount, connection: Connection) -> bool:
    """Start a session, unless the password was changed in the meantime."""
    if not accounts.set_password(connection, verified.account.id, verified.new_hash, verified.checked_hash):
        return False
    sessions.sign_in(connection, verified.account, site().clock())
    return True


@pages.post("/sign-out")
def sign_out() -> PageResponse:
    """Sign out in this browser. Who wants to ``stay`` where they came from continues there, with another account."""
    site().change(sessions.end)
    flash(_("You are signed out."))
    return redirect(previous_page() if "stay" in request.form else url_for("account.sign_in"))


@pages.post("/sign-out-everywhere")
def sign_out_everywhere() -> PageResponse:
    """Sign out everywhere."""
    if (who := sessions.visitor()) is not None:
        site().change(lambda connection: sessions.end_all(connection, who.id))
        flash(_("You are signed out on all devices."))
    return redirect(url_for("account.sign_in"))


@pages.route("/account/new", methods=["GET", "POST"])
def new() -> PageResponse:
    """Request a code to create an account."""
    return _ask_code("account-new.html")


@pages.route("/password/forgotten", methods=["GET", "POST"])
def forgotten() -> PageResponse:
    """Request a code to set a new password."""
    return _ask_code("forgotten.html")


def _ask_code(template: str) -> PageResponse:
    form = EmailForm(email=expected_email())
    if not form.validate_on_submit():
        return render_template(template, form=form, step=1 if is_from_letter() else 0)
    send_code(Purpose.ACCOUNT, form.email.data)
    expect(form.email.data)
    return redirect(url_for("account.code"))


def send_code(purpose: Purpose, email: str) -> None:
    """Send a code to ``email`` for this browser, or say that the last one still works if too many were sent.

    Raises:
        TooManyTries: too many codes were sent to this e-mail, and none of them works in this browser.
    """
    here, who = site(), sessions.visitor()
    earlier = pending_code(purpose)
    is_again = earlier is not None and email_key(earlier.email) == email_key(email)
    try:
        here.limits.spend(CODES, "codes", mailbox(email))
    except TooManyTries:
        if not is_again:
            raise
        flash(_("The code that we sent you last still works. We can send a new one in a few minutes."))
        return
    code = here.change(
        lambda connection: codes.create_code(
            connection, purpose, email, who.id if who is not None else "", here.clock()
        )
    )
    text = render_template("mail/code.txt", code=code, purpose=purpose.value, site=here.settings.sender.name)
    here.mailer.send(email, _("%(code)s is your code", code=code), text)
    if is_again:
        flash(_("We have sent you a new code. The earlier one no longer works."))


@pages.route("/account/code", methods=["GET", "POST"])
def code() -> PageResponse:
    """Enter the code and a password. This creates the account or sets its password, and signs in."""
    pending = pending_code(Purpose.ACCOUNT)
    if request.method == "GET" and sessions.visitor() is not None and not codes.was_asked_for():
        return redirect_back()  # the back button, after the code has done its work
    form = CodeAndPasswordForm(pending.email if pending is not None else expected_email())
    if pending is not None and not form.validate_on_submit():
        return account_code_page(form, pending.email, url_for("account.new"))
    if pending is not None and sign_in_with_code(form) is not None:
        return redirect_back()
    if pending is None or pending_code(Purpose.ACCOUNT) is None:
        return redirect_back() if sign_in_pressed_twice(form) else no_code_page(url_for("account.new"))
    return account_code_page(form, pending.email, url_for("account.new")), 403


def account_code_page(form: CodeAndPasswordForm, email: str, resend: str, last_step: int = 3) -> str:
    """Ask for the code that was sent to ``email``, and for a password. The form on the page sends another code from ``resend``."""
    step = 2 if is_from_letter() else 0
    if step:
        lead_to_last_step()
    new = url_for("account.new")
    return render_template(
        "account-code.html",
        form=form,
        email=email,
        resend=resend,
        other_email=new if resend == new else "",
        step=step,
        last_step=last_step,
    )


def sign_in_with_code(form: CodeAndPasswordForm) -> accounts.Account | None:
    """Check the code, set the new password and sign in; return the account.

    After that, only the new password opens the account. If the code is wrong, add an error to the form and return None.
    """
    here, hashed = site(), passwords.hashed(form.password.data)

    def step(connection: Connection) -> accounts.Proved | None:
        answered = codes.check_code(connection, Purpose.ACCOUNT, form.code.data, here.clock())
        if answered is None:
            return None
        found = accounts.proved(connection, answered.email, hashed, here.now())
        sessions.sign_in(connection, found.account, here.clock())
        return found

    if (found := here.change(step)) is None:
        show_wrong_code(form)
        return None
    identities.tell_unlinked(found.account, found.unlinked)
    return found.account


def sign_in_pressed_twice(form: CodeAndPasswordForm | ChangePasswordForm) -> accounts.Account | None:
    """Sign in whoever pressed "Save and sign in" or "Change password" twice at once; return the account.

    The first press has used the code, or ended all sessions, and set the password of the form, so the second one knows it.
    """
    email = expected_email()
    return sign_in_with_password(email, form.password.data) if email and form.validate_on_submit() else None


def pending_code(purpose: Purpose) -> PendingCode | None:
    """Return what this browser can still enter a code for; None if the code is too old or was tried too often."""
    with site().reading() as connection:
        return codes.pending_code(connection, purpose, site().clock())


def no_code_page(again: str) -> PageResponse:
    """Say that no code can be entered: it is too old, of another browser, or there were too many tries."""
    text = _(
        "Perhaps it is older than ten minutes, perhaps you asked for it in another browser, or there were too many tries. "
        "Get a new code."
    )
    return render_template(
        "message.html", title=_("This code no longer works"), text=text, again=again, label=_("Get a new code")
    ), 410


def show_wrong_code(form: CodeForm | CodeAndPasswordForm) -> None:
    """Add the error to the code's field."""
    form.code.errors = [_("This code is wrong or too old. After five tries you need a new one.")]


@pages.post("/language")
def language() -> PageResponse:
    """Change the language of this browser and of the account."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(400)
    session["language"] = chosen
    if (who := sessions.visitor()) is not None:
        site().change(lambda connection: accounts.set_language(connection, who.id, chosen))
    return redirect(previous_page())
