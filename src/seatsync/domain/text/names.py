"""E-mail addresses, tags and other names: how they are cleaned, compared and guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from difflib import SequenceMatcher
from unicodedata import category, normalize

IMPORTED = "imported:"
"""Prefix of the automatic date tag, ``imported:YYYY-MM-DD``: the ledger's own."""

TAG_SEPARATOR = ";"

# Controls, line separators and bidirectional overrides never belong in a name; zero-width joiners do (Persian, Hindi).
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)
EMAIL_LOCAL = r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]"
"""A character before the @ of an e-mail. Whatever looks for e-mails in a text goes by this one too."""
EMAIL_LETTER = r"[^\s\x00-\x2c./:-@\[-`{-\x7f]"
"""A character of the parts between dots behind the @: of ASCII letters, digits and the hyphen."""
_LABEL = rf"(?!-){EMAIL_LETTER}{{1,63}}(?<!-)"
_EMAIL = re.compile(rf"(?!\.){EMAIL_LOCAL}{{1,64}}(?<!\.)@(?:{_LABEL}\.)+{_LABEL}")
_BEGUN = re.compile(rf"{EMAIL_LOCAL}{{1,65}}$")
_PLAIN_EMAILS = re.compile(rf"(?:(?!\.){EMAIL_LOCAL}{{1,64}}(?<!\.)@(?:{_LABEL}\.)+{_LABEL}\n)*+")
_ENCODED = re.compile(r"=\?[^?]*\?\s*[bBqQ]\s*\?")
"""So begins an encoded word (RFC 2047), also one that was folded or split over words: a header would be read as another text."""
_SIGNS = re.compile(r"[^\w\s\x00-\x7f]{31}")
"""Of which marks that are put upon a letter are some: more in a row than any letter has."""
LONGEST_GUESSED, MOST_COMPARED = 254, 50_000_000
"""The longest name that another is guessed for, and how many letters may be compared for all of one folder's mistakes."""
_LOOK = 5
"""What it costs to look at a name, in letters."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TWICE_ENCODED = re.compile("[\xc3-\xf4][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def clean(text: str) -> str:
    """``text`` in Unicode NFC with every run of white space (also quoted newlines) turned into one space."""
    return _composed(" ".join(text.split()))


def _composed(text: str) -> str:
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


def email_key(email: str) -> str:
    """What an e-mail is compared by: lower case, NFC. Not case folding, which would take ``ß`` for ``ss``."""
    key = email.lower() if email.isascii() else _composed(_composed(email).lower())
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
            return f"it has the character {_visible(strange)} where an address can't have it"
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


def is_slug(text: str) -> bool:
    """Whether ``text`` can be an id: lower-case letters, digits and single hyphens, at most 63."""
    return len(text) <= 63 and _SLUG.fullmatch(text) is not None


def tag_fault(tag: str) -> str | None:
    """Why ``tag`` can't be given to a member, or None."""
    if not tag:
        return "it is empty"
    if TAG_SEPARATOR in tag:
        return "it has a ; in it, which separates tags in CSV files"
    if tag.startswith(IMPORTED):
        return f"tags that start with {IMPORTED} are given by the ledger itself"
    return None


def join_tags(tags: Iterable[str]) -> str:
    """Tags as one string, sorted, each once: how rosters and ledger hold and compare them."""
    return TAG_SEPARATOR.join(sorted(set(tags)))


def split_tags(joined: str) -> tuple[str, ...]:
    """The tags of ``join_tags``."""
    return tuple(joined.split(TAG_SEPARATOR)) if joined else ()


def parse_day(text: str) -> date | None:
    """The day written as 2027-06-30, or None where that is none."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def day_fault(text: str) -> str:
    """Why ``text`` is none that ``parse_day`` takes, without the stop."""
    return f'"{printable(text)}" is no date{": there is no such day" if _DAY.fullmatch(text) else ""}'


class _Guesses:
    """What may still be spent on guesses, in letters compared: somebody may bring any number of mistakes, of any length."""

    left = MOST_COMPARED


def guess_anew() -> None:
    """Allow all guesses again: what comes now is another's."""
    _Guesses.left = MOST_COMPARED


def nearest(name: str, known: Iterable[str], likeness: float = 0.65) -> str | None:
    """The known name that is most like ``name``, where one is near; of too many or too long ones, none is."""
    if len(name) > LONGEST_GUESSED or _Guesses.left <= 0:
        return None
    matcher = SequenceMatcher(b=name.casefold())
    near, best = (0.0, ""), None
    for other in known:
        _Guesses.left -= _LOOK
        if _Guesses.left <= 0:
            break
        if len(other) > LONGEST_GUESSED:
            continue
        matcher.set_seq1(folded := other.casefold())
        if (found := _ratio(matcher, len(folded), len(name), likeness)) and (found, folded) >= near:
            near, best = (found, folded), other
    return best


def _ratio(matcher: SequenceMatcher[str], letters: int, of: int, likeness: float) -> float:
    """How like the two are; 0 where that is less than ``likeness``. What is cheap to tell is asked first."""
    if matcher.real_quick_ratio() < likeness:
        return 0
    _Guesses.left -= letters + of
    if matcher.quick_ratio() < likeness:
        return 0
    _Guesses.left -= letters * of
    ratio = matcher.ratio()
    return ratio if ratio >= likeness else 0


def did_you_mean(name: str, known: Iterable[str], likeness: float = 0.65) -> str:
    """``Did you mean "x"?`` where a known name is near, else an empty string. E-mails of one domain need more likeness."""
    near = nearest(name, known, likeness)
    return f'Did you mean "{near}"?' if near is not None else ""


def one_letter_off(one: str, other: str) -> bool:
    """Whether two names differ by one letter added, dropped or changed, or by two neighbours swapped.

    Digits are told apart on purpose: ``2026`` beside ``2027`` is no slip. Nor are names of up to three letters.
    """
    if one == other or abs(len(one) - len(other)) > 1 or max(len(one), len(other)) < 4:
        return False
    shorter, longer = sorted((one, other), key=len)
    start = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if longer[start].isdigit() or (len(shorter) == len(longer) and shorter[start].isdigit()):
        return False
    if len(shorter) < len(longer):
        return shorter[start:] == longer[start + 1 :]
    swapped = (
        shorter[start : start + 2] == longer[start : start + 2][::-1] and shorter[start + 2 :] == longer[start + 2 :]
    )
    return swapped or shorter[start + 1 :] == longer[start + 1 :]


def without_a_letter(name: str) -> set[str]:
    """``name``, and what it becomes by dropping any one letter: names one letter off always share one of these."""
    return {name, *(name[:i] + name[i + 1 :] for i in range(len(name)))}


def printable(text: str, most: int = 80) -> str:
    """``text`` fit to be shown anywhere: controls and signs of direction spelled out, cut to ``most`` characters.

    Joiners stay: names in Persian and Hindi are written with them.
    """
    if len(text) > most:
        kept = text[: most - 1]
        if "@" in text[most - 1 : most + 64]:  # half of an e-mail could not be recognised as one, and hidden, later on
            kept = _BEGUN.sub("", kept)
        text = kept + "…"
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() or character in "\u200c\u200d":
        return character
    return " " if category(character) == "Zs" else f"\\u{ord(character):04x}"
