"""The forms and their error messages."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, PasswordField, StringField, ValidationError
from wtforms.validators import InputRequired

from seatsync.domain.text.characters import clean
from seatsync.domain.text.emails import email_fault
from seatsync.portal.accounts import passwords
from seatsync.portal.web.translation import _, later


def _stripped(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _is_email(form: FlaskForm, field: Field) -> None:
    if email_fault(field.data or ""):
        raise ValidationError(_("This is not a valid e-mail address."))


def _is_strong(form: FlaskForm, field: Field) -> None:
    known = form.known if isinstance(form, NewPasswordForm) else ()
    if fault := passwords.fault(field.data or "", *known):
        raise ValidationError(fault)


def _email(label: Any) -> StringField:
    attributes = {
        "type": "email",
        "autocomplete": "email",
        "inputmode": "email",
        "spellcheck": "false",
        "maxlength": 254,
    }
    return StringField(label, [InputRequired(), _is_email], filters=[_stripped], render_kw=attributes)


def _password(label: Any) -> PasswordField:
    attributes = {"autocomplete": "current-password", "maxlength": passwords.MAX_LENGTH}
    return PasswordField(label, [InputRequired()], render_kw=attributes)


class EmptyForm(FlaskForm):  # type: ignore[misc]
    """A button with nothing but the CSRF token."""


class SignInForm(FlaskForm):  # type: ignore[misc]
    """E-mail and password."""

    email = _email(later("E-mail"))
    password = _password(later("Password"))


class EmailForm(FlaskForm):  # type: ignore[misc]
    """The e-mail to send a code to."""

    email = _email(later("E-mail"))


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The code that was sent."""

    code = StringField(
        later("Code"),
        [InputRequired()],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "maxlength": 20},
    )


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password; it must not resemble ``known``, what others know about the person."""

    password = PasswordField(
        later("New password"),
        [InputRequired(), _is_strong],
        description=later("At least 8 characters. Longer is safer. You can use spaces."),
        render_kw={
            "autocomplete": "new-password",
            "minlength": passwords.MIN_LENGTH,
            "maxlength": passwords.MAX_LENGTH,
        },
    )

    def __init__(self, *known: str) -> None:
        super().__init__()
        self.known = known


class CodeAndPasswordForm(NewPasswordForm):
    """The code and a new password."""

    code = StringField(
        later("Code"),
        [InputRequired()],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "maxlength": 20},
    )


class ChangePasswordForm(NewPasswordForm):
    """A new password, with the current one."""

    old = _password(later("Current password"))


class OwnPasswordForm(FlaskForm):  # type: ignore[misc]
    """The current password, to confirm that the owner is asking."""

    password = _password(later("Password"))


class ChangeEmailForm(FlaskForm):  # type: ignore[misc]
    """A new e-mail, with the current password."""

    email = _email(later("New e-mail"))
    password = _password(later("Password"))


class SureForm(FlaskForm):  # type: ignore[misc]
    """A box to tick before something that cannot be undone. A program that only submits forms does not tick it."""

    sure = BooleanField(later("Yes, I am sure"), [InputRequired()])
