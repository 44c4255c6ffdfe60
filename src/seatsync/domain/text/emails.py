"""E-mail addresses: check them, and compare them by key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import category

from seatsync.domain.text.characters import EMAIL_LETTER, EMAIL_LOCAL, composed, encoded_word, printable, visible

MAX_EMAIL = 254
"""The most characters of an e-mail address (RFC 5321)."""
_LABEL = rf"(?!-){EMAIL_LETTER}{{1,63}}(?<!-)"
_EMAIL = re.compile(rf"(?!\.){EMAIL_LOCAL}{{1,64}}(?<!\.)@(?:{_LABEL}\.)+{_LABEL}")
_PLAIN_EMAILS = re.compile(rf"(?:(?!\.){EMAIL_LOCAL}{{1,64}}(?<!\.)@(?:{_LABEL}\.)+{_LABEL}\n)*+")


def email_key(email: str) -> str:
    """The key to compare e-mails by: lower case, NFC. Not case-folded, because that would turn ``ß`` into ``ss``."""
    key = email.lower() if email.isascii() else composed(composed(email).lower())
    return email if key == email else key  # the same object saves memory: there may be a million


def email_fault(email: str) -> str | None:
    """Why ``email`` is not a valid e-mail address, as a sentence without its period. None if it is valid."""
    is_well_formed = (
        _EMAIL.fullmatch(email) and len(email) <= MAX_EMAIL and ".." not in email and not encoded_word(email)
    )
    if is_well_formed and (email.isascii() or (_of_letters(email) and _is_one_spelling(email))):
        return None
    fault = f'"{printable(email)}" is not a valid e-mail address: {_email_fault(email)}'
    return fault.replace("\u200c", "\\u200c").replace("\u200d", "\\u200d")


def are_plain_emails(emails: Sequence[str]) -> bool:
    """Whether all e-mails are ASCII and valid. Much faster than ``email_fault`` for each."""
    together = "\n".join([*emails, ""])
    return (
        together.isascii()
        and ".." not in together
        and not encoded_word(together)
        and max(map(len, emails), default=0) <= MAX_EMAIL
        and _PLAIN_EMAILS.fullmatch(together) is not None
    )


def _of_letters(text: str) -> bool:
    """Whether all non-ASCII characters are letters, digits or marks: no quotes, symbols or invisible characters."""
    return all(c.isascii() or category(c)[0] in "LMN" for c in text)


def _is_one_spelling(email: str) -> bool:
    """Whether mail servers read a non-ASCII domain exactly as it is written.

    IDNA maps full-width letters, ligatures and ``ß`` to others. One mailbox would have many spellings, and ``faß.example``
    would be somebody else's.
    """
    domain = email.rpartition("@")[2]
    return domain.isascii() or email_key(domain) == _domain_as_read(domain)


def _domain_as_read(domain: str) -> str:
    """The domain as mail servers read it; empty if it is not a valid domain."""
    try:
        return domain.encode("idna").decode("idna")
    except UnicodeError:
        return ""


def email_to_write(text: str) -> str:
    """What to do about a text that is no e-mail: write the one that stands in it, one of several, or else any."""
    if mended := with_a_dot_for_a_comma(text):
        return f"A comma where a dot belongs? Write it as {mended}."
    inside = _INSIDE.fullmatch(text[:_LONGEST])
    parts = [inside[1] or inside[2]] if inside else _BETWEEN.split(text[:_LONGEST].strip())
    if not all(map(_EMAIL.fullmatch, parts)) or email_fault(parts[0]):
        return "Write it as name@institution.example."
    return f"Write it as {parts[0]}." if len(parts) == 1 else f"Write one e-mail only, for example {parts[0]}."


def with_a_dot_for_a_comma(text: str) -> str:
    """The e-mail that was meant by one with a comma in place of its domain's dots, as ann@grace,example; "" for all others."""
    local, _, domain = text[:_LONGEST].strip().partition("@")
    mended = f"{local}@{domain.replace(',', '.')}"
    is_so = "," in domain and "." not in domain.partition(",")[0]
    return mended if is_so and _EMAIL.fullmatch(mended) and not email_fault(mended) else ""


_INSIDE = re.compile(r"(?:[^<>@]{0,200}<|mailto:|[\"'(])\s*([^\s<>]+?)[>\"'),;.]{0,3}\s*|([^\s<>]+?)[.,;:]")
"""Text around an e-mail, as mail programs and web pages have it: a name before it, pointed brackets, a full stop."""
_BETWEEN, _LONGEST = re.compile(r"\s*[;,/|]\s*|\s+"), 1_000


_NAMES = {
    ",": "a comma",
    ";": "a semicolon",
    ":": "a colon",
    "'": "an apostrophe",
    "_": "an underscore",
    "/": "a slash",
    **dict.fromkeys('"“”„«»', "a quotation mark"),
    **dict.fromkeys("()[]<>", "a bracket"),
}
"""Signs that can't be seen well in a sentence, in words."""


def _email_fault(email: str) -> str:
    if "@" not in email:
        return "it has no @"
    if email.count("@") > 1:
        return "it has more than one @"
    local, _, domain = email.partition("@")
    if not local:
        return "there is nothing before the @"
    if with_a_dot_for_a_comma(email):
        return "it has a comma after the @"
    if "." not in domain:
        return "the part after the @ has no dot"
    if any(c.isspace() for c in email):
        return "it has a space in it"
    if len(email) > MAX_EMAIL or len(local) > 64:
        return "it is too long"
    for part, possible in (local, EMAIL_LOCAL), (domain, rf"{EMAIL_LETTER}|\."):
        strange = next((c for c in part if not (re.fullmatch(possible, c) and _of_letters(c))), None)
        if strange:
            return f"it has {_NAMES.get(strange) or f'the character {visible(strange)}'}, which an address can't have there"
    if encoded := encoded_word(local):
        return f"it has {encoded} in it, which mail programs read as something else"
    if not _is_one_spelling(email):
        meant = _domain_as_read(domain)
        return (
            f'mail servers read its domain as "{printable(meant)}"'
            if meant
            else "the part after the @ is not a valid domain"
        )
    return "it has a dot or hyphen where an address can't have one"
