"""Clean texts, reject invisible or harmful characters, and show texts safely."""

from __future__ import annotations

import re
from contextlib import suppress
from unicodedata import category, normalize

# Controls, line separators and bidirectional overrides never belong in a name; zero-width joiners do (Persian, Hindi).
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)
INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a\u202c\u2060-\u2066\u2068-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
"""Soft hyphens, characters without width, marks of direction and variants: pasted along, and never part of an id or e-mail.

Without those that show the characters after them in another order: there, what is seen is not what is written.
"""
EMAIL_LOCAL = r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]"
"""A character before the @ of an e-mail; also used to find e-mails in a text."""
EMAIL_LETTER = r"[^\s\x00-\x2c./:-@\[-`{-\x7f]"
"""A character of a part after the @, between dots. In ASCII: letters, digits and the hyphen."""
_CUT_EMAIL = re.compile(rf"{EMAIL_LOCAL}{{1,65}}$")
_ENCODED = re.compile(r"=\?[^?]*\?\s*[bBqQ]\s*\?")
"""The start of an encoded word (RFC 2047), even folded or split. Mail programs would show other text in its place."""
_MARKS = re.compile(r"[^\w\s\x00-\x7f]{31}")
"""31 characters in a row that may be combining marks: more than any letter has."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OF_MAC = bytes(range(0x80, 0xC0)).decode("mac_roman")
_SPACE_LOST = re.compile('[ÃÄÅ] (?=[a-z])|(?<=[a-z])Ã(?=[ ,;|\t"]|$)')
"""What is left of à, Ġ and Š read as Windows-1252: the second half is a space, which counts as any other."""
TWICE_ENCODED = re.compile(
    f"[\xc3-\xf4][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|[√ƒ≈][{_OF_MAC}]|{_SPACE_LOST.pattern}", re.MULTILINE
)
"""What UTF-8 looks like if it was read as Windows-1252, or as the text of an old Mac."""

LETTER_LOST = "?"
"""What many programs write for a letter that their encoding does not have. No name has one."""


def clean(text: str) -> str:
    """Return ``text`` in Unicode NFC, with each run of white space (and newlines) replaced by one space."""
    return composed(" ".join(text.split()))


def composed(text: str) -> str:
    """Return ``text`` in Unicode NFC, but unchanged if a letter has more than 30 marks; ``text_fault`` rejects it later.

    Sorting that many marks takes quadratic time. Unicode Standard Annex 15 has the same limit.
    """
    return text if text.isascii() or _many_marks(text) else normalize("NFC", text)


def _many_marks(text: str) -> str:
    """The first run of more than 30 marks on one letter; empty if there is none."""
    runs = () if text.isascii() else _MARKS.findall(text)
    return next((run for run in runs if all(category(mark)[0] == "M" for mark in run)), "")


def forbidden(text: str) -> str | None:
    """The first control character, direction mark or excess combining mark in ``text``, as ``U+202E``, or None."""
    if text.isascii() and text.isprintable():
        return None
    found = _FORBIDDEN.search(text)
    character = found[0] if found else _many_marks(text)[:1]
    return f"U+{ord(character):04X}" if character else None


def encoded_word(text: str) -> str | None:
    """The start of the first encoded word in ``text``, or None."""
    found = _ENCODED.search(text) if "=?" in text else None
    return found[0] if found else None


def text_fault(text: str) -> tuple[str, str] | None:
    """Why ``text`` is not allowed as a name, title or other text that may go into mail headers, and how to fix it.

    The first part continues "it …" and has no period. None if the text is allowed.
    """
    if encoded := encoded_word(text):
        return f"contains {printable(encoded)}, which mail programs read as something else", "Write the text itself."
    return forbidden_fault(text)


def forbidden_fault(text: str) -> tuple[str, str] | None:
    """Why a character in ``text`` is ``forbidden``, and how to fix it, as in ``text_fault``."""
    character = forbidden(text)
    if character == "U+FFFD":
        return (
            "has a character that a program could not read (U+FFFD is in its place)",
            'Export the file again as UTF-8 ("CSV UTF-8" in Excel). seatsync can\'t guess the lost character.',
        )
    if character and not _FORBIDDEN.search(text):
        return "has more than 30 accents on one character", "Type it again, with only the accents that the name has."
    return (
        (f"contains the invisible character {character}", "Type it again instead of pasting it.") if character else None
    )


def decoded_twice(text: str) -> str | None:
    """Repair a text whose UTF-8 was read as another encoding: ``ChloÃ©`` and ``Chlo√©`` become Chloé. None if it was not."""
    if text.isascii() or not TWICE_ENCODED.search(text):
        return None
    whole = _SPACE_LOST.sub(lambda left: f"{left[0].rstrip()}\xa0", text)
    for codec in ("cp1252", "mac_roman"):
        with suppress(UnicodeError):
            return whole.encode(codec).decode()
    return None


def is_slug(text: str) -> bool:
    """Whether ``text`` can be an id: lower-case letters, digits and single hyphens, at most 63."""
    return len(text) <= 63 and _SLUG.fullmatch(text) is not None


def printable(text: str, most: int = 80) -> str:
    """Return ``text`` made safe to show: invisible characters as codes, cut to ``most`` characters.

    Zero-width joiners stay, because names in Persian and Hindi need them.
    """
    if len(text) > most:
        kept = text[: most - 1]
        if "@" in text[most - 1 : most + 64]:  # half an e-mail could not be found and redacted later
            kept = _CUT_EMAIL.sub("", kept)
        text = kept + "…"
    return text if text.isprintable() else "".join(map(visible, text))


def visible(character: str) -> str:
    """The character itself if it is visible, else its code, as ``\\u202e``. Every kind of space becomes a plain one."""
    if character.isprintable() or character in "\u200c\u200d":
        return character
    return " " if category(character) == "Zs" else f"\\u{ord(character):04x}"
