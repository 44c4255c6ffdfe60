"""E-mail addresses: whether a text is one, and what two are compared by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import category

from seatsync.domain.text.characters import EMAIL_LETTER, EMAIL_LOCAL, composed, encoded_word, printable, visible

_LABEL = rf"(?!-){EMAIL_LETTER}{{1,63}}(?<!-)"
_EMAIL = re.compile(rf"(?!\.){EMAIL_LOCAL}{{1,64}}(?<!\.)@(?:{_LABEL}\.)+{_LABEL}")
_PLAIN_EMAILS = re.compile(rf"(?:(?!\.){EMAIL_LOCAL}{{1,64}}(?<!\.)@(?:{_LABEL}\.)+{_LABEL}\n)*+")


def email_key(email: str) -> str:
    """What an e-mail is compared by: lower case, NFC. Not case folding, which would take ``ß`` for ``ss``."""
    key = email.lower() if email.isascii() else composed(composed(email).lower())
    return email if key == email else key  # one and the same text: there may be a million of them


def email_fault(email: str) -> str | None:
    """Why ``email`` is no e-mail address, as a sentence without its stop, or None where it is one."""
    is_well_formed = _EMAIL.fullmatch(email) and len(email) <= 254 and ".." not in email and not encoded_word(email)
    if is_well_formed and (email.isascii() or (_of_letters(email) and _is_one_spelling(email))):
        return None
    said = f'"{printable(email)}" is no e-mail address: {_why_no_email(email)}'
    return said.replace("\u200c", "\\u200c").replace("\u200d", "\\u200d")


def are_plain_emails(emails: Sequence[str]) -> bool:
    """Whether all of them are ASCII, and ``email_fault`` finds no fault with any."""
    together = "\n".join([*emails, ""])
    return (
        together.isascii()
        and ".." not in together
        and not encoded_word(together)
        and max(map(len, emails), default=0) <= 254
        and _PLAIN_EMAILS.fullmatch(together) is not None
    )


def _of_letters(text: str) -> bool:
    """Whether all beyond ASCII is letters, digits and marks of any script: no quotes, signs or invisible characters."""
    return all(c.isascii() or category(c)[0] in "LMN" for c in text)


def _is_one_spelling(email: str) -> bool:
    """Whether a domain with letters beyond ASCII is what mail servers take it for. IDNA folds full-width letters, ligatures and
    ``ß``, so that one mailbox would have any number of spellings, and ``faß.example`` be the mailbox of somebody else."""
    domain = email.rpartition("@")[2]
    return domain.isascii() or email_key(domain) == _taken_for(domain)


def _taken_for(domain: str) -> str:
    """The domain that mail servers are asked for; empty where they can't be asked for it."""
    try:
        return domain.encode("idna").decode("idna")
    except UnicodeError:
        return ""


def _why_no_email(email: str) -> str:
    if "@" not in email:
        return "it has no @"
    if email.count("@") > 1:
        return "it has more than one @"
    local, _, domain = email.partition("@")
    if not local:
        return "there is nothing before the @"
    if "." not in domain:
        return "the part after the @ has no dot"
    if any(c.isspace() for c in email):
        return "it has a space in it"
    if len(email) > 254 or len(local) > 64:
        return "it is too long"
    for part, possible in (local, EMAIL_LOCAL), (domain, rf"{EMAIL_LETTER}|\."):
        strange = next((c for c in part if not (re.fullmatch(possible, c) and _of_letters(c))), None)
        if strange:
            return f"it has the character {visible(strange)} where an address can't have it"
    if encoded := encoded_word(local):
        return f"it has {encoded} in it, which mail programs take for something else"
    if not _is_one_spelling(email):
        meant = _taken_for(domain)
        return (
            f'mail servers take its domain for "{printable(meant)}"'
            if meant
            else "the part after the @ can't be a domain"
        )
    return "it has a dot or hyphen where an address can't have one"
