"""The forms, and what is wrong with what was typed into them."""

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
        raise ValidationError(_("That is not an e-mail address."))


def _is_good(form: FlaskForm, field: Field) -> None:
    known = form.known if isinstance(form, NewPassword) else ()
    if said := passwords.fault(field.data or "", *known):
        raise ValidationError(said)


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
    attributes = {"autocomplete": "current-password", "maxlength": passwords.LONGEST}
    return PasswordField(label, [InputRequired()], render_kw=attributes)


class Empty(FlaskForm):  # type: ignore[misc]
    """A button; what it has is the token that proves the page was ours."""


class SignIn(FlaskForm):  # type: ignore[misc]
    """E-mail and password."""

    email = _email(later("E-mail"))
    password = _password(later("Password"))


class Email(FlaskForm):  # type: ignore[misc]
    """An e-mail to which a code is sent."""

    email = _email(later("E-mail"))


class Code(FlaskForm):  # type: ignore[misc]
    """The code that was sent."""

    code = StringField(
        later("Code"),
        [InputRequired()],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "maxlength": 20},
    )


class NewPassword(FlaskForm):  # type: ignore[misc]
    """A new password; ``known`` is what others know of whoever chooses it."""

    password = PasswordField(
        later("New password"),
        [InputRequired(), _is_good],
        description=later("At least 8 characters; the longer, the better. Spaces are fine."),
        render_kw={"autocomplete": "new-password", "minlength": passwords.SHORTEST, "maxlength": passwords.LONGEST},
    )

    def __init__(self, *known: str) -> None:
        super().__init__()
        self.known = known


class CodeAndPassword(NewPassword):
    """The code, and the password that it lets one choose."""

    code = StringField(
        later("Code"),
        [InputRequired()],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "maxlength": 20},
    )


class ChangePassword(NewPassword):
    """A new password, by who knows the old one."""

    old = _password(later("Password now"))


class OwnPassword(FlaskForm):  # type: ignore[misc]
    """The password, of who is signed in already: it is the owner who asks."""

    password = _password(later("Password"))


class ChangeEmail(FlaskForm):  # type: ignore[misc]
    """Another e-mail, by who knows the password."""

    email = _email(later("New e-mail"))
    password = _password(later("Password"))


class Sure(FlaskForm):  # type: ignore[misc]
    """A box to be ticked before something that can't be undone; a program that only submits forms does not tick it."""

    sure = BooleanField(later("Yes, I am sure"), [InputRequired()])
