"""Characters of a text: cleaned, refused where they are invisible or harmful, and shown safely."""

from __future__ import annotations

import re
from unicodedata import category, normalize

# Controls, line separators and bidirectional overrides never belong in a name; zero-width joiners do (Persian, Hindi).
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)
EMAIL_LOCAL = r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]"
"""A character before the @ of an e-mail. Whatever looks for e-mails in a text goes by this one too."""
EMAIL_LETTER = r"[^\s\x00-\x2c./:-@\[-`{-\x7f]"
"""A character of the parts between dots behind the @: of ASCII letters, digits and the hyphen."""
_BEGUN = re.compile(rf"{EMAIL_LOCAL}{{1,65}}$")
_ENCODED = re.compile(r"=\?[^?]*\?\s*[bBqQ]\s*\?")
"""So begins an encoded word (RFC 2047), also one that was folded or split over words: a header would be read as another text."""
_SIGNS = re.compile(r"[^\w\s\x00-\x7f]{31}")
"""Of which marks that are put upon a letter are some: more in a row than any letter has."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TWICE_ENCODED = re.compile("[\xc3-\xf4][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def clean(text: str) -> str:
    """``text`` in Unicode NFC with every run of white space (also quoted newlines) turned into one space."""
    return composed(" ".join(text.split()))


def composed(text: str) -> str:
    """``text`` in Unicode NFC. One with more than 30 marks upon a letter stays as it is, for ``text_fault`` to refuse: to put them in
    their order takes the square of the time (Unicode Standard Annex 15 draws the line there too)."""
    return text if text.isascii() or _many_marks(text) else normalize("NFC", text)


def _many_marks(text: str) -> str:
    """The first marks of more than 30 upon one letter; empty where there are no such."""
    runs = () if text.isascii() else _SIGNS.findall(text)
    return next((run for run in runs if all(category(sign)[0] == "M" for sign in run)), "")


def forbidden(text: str) -> str | None:
    """The first control, invisible direction character or mark of too many in ``text``, as ``U+202E``, or None."""
    if text.isascii() and text.isprintable():
        return None
    found = _FORBIDDEN.search(text)
    sign = found[0] if found else _many_marks(text)[:1]
    return f"U+{ord(sign):04X}" if sign else None


def encoded_word(text: str) -> str | None:
    """How the first encoded word in ``text`` begins, or None."""
    found = _ENCODED.search(text) if "=?" in text else None
    return found[0] if found else None


def text_fault(text: str) -> tuple[str, str] | None:
    """Why ``text`` can be no name, title or other text, any of which may come into a mail's headers: what it holds that must
    not be there, as "it …" without a stop, and the mend."""
    if encoded := encoded_word(text):
        return f"holds {printable(encoded)}, which mail programs take for something else", "Write the text itself."
    return forbidden_fault(text)


def forbidden_fault(text: str) -> tuple[str, str] | None:
    """What to say of a character in ``text`` that is ``forbidden``, as "it …" without a stop, and the mend."""
    character = forbidden(text)
    if character == "U+FFFD":
        return (
            "has lost a letter (U+FFFD stands in its place)",
            "Export it anew as UTF-8; here nobody can tell what it was.",
        )
    if character and not _FORBIDDEN.search(text):
        return "has more than 30 marks upon one letter", "Type it anew, with the marks that the name has."
    return (f"holds the invisible character {character}", "Type it anew instead of pasting it.") if character else None


def decoded_twice(text: str) -> str | None:
    """What ``text`` was before UTF-8 was taken for Windows-1252 on its way (``ChloÃ©`` was Chloé), or None."""
    if text.isascii() or not TWICE_ENCODED.search(text):
        return None
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return None


def is_slug(text: str) -> bool:
    """Whether ``text`` can be an id: lower-case letters, digits and single hyphens, at most 63."""
    return len(text) <= 63 and _SLUG.fullmatch(text) is not None


def printable(text: str, most: int = 80) -> str:
    """``text`` fit to be shown anywhere: controls and signs of direction spelled out, cut to ``most`` characters.

    Joiners stay: names in Persian and Hindi are written with them.
    """
    if len(text) > most:
        kept = text[: most - 1]
        if "@" in text[most - 1 : most + 64]:  # half of an e-mail could not be recognised as one, and hidden, later on
            kept = _BEGUN.sub("", kept)
        text = kept + "…"
    return text if text.isprintable() else "".join(map(visible, text))


def visible(character: str) -> str:
    """The character itself where it can be seen, else its number, as ``\\u202e``; every space is a plain one."""
    if character.isprintable() or character in "\u200c\u200d":
        return character
    return " " if category(character) == "Zs" else f"\\u{ord(character):04x}"
