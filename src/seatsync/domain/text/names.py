"""Compare people's names as sets of words, without case, accents and invisible characters."""

from __future__ import annotations

import re
from typing import Protocol
from unicodedata import combining, normalize

from seatsync.domain.text.characters import INVISIBLE

_WORD = re.compile(r"\w+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters with a stroke and the like, which Unicode does not take apart."""

_ACCENTS = re.compile("[\u0300-\u036f]+")


class Named(Protocol):
    """Whoever has a name."""

    @property
    def given_name(self) -> str: ...

    @property
    def family_name(self) -> str: ...


def words_of(name: str) -> frozenset[str]:
    """The words of a name in plain lower case: ``José-María`` has ``jose`` and ``maria``."""
    folded = name.casefold()
    if not folded.isascii():
        folded = "".join(c for c in normalize("NFKD", INVISIBLE.sub("", folded)) if not combining(c)).translate(
            _LETTERS
        )
    return frozenset(_WORD.findall(folded.replace("_", " "))) or frozenset((folded,))


def without_accents(text: str) -> str:
    """The text in lower case, its Latin, Greek and Cyrillic letters without accents: ``Öz`` is sorted as ``oz``. Other scripts stay."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    return normalize("NFC", _ACCENTS.sub("", normalize("NFD", folded))).translate(_LETTERS)


def have_same_names(one: Named, other: Named) -> bool:
    """Whether given and family name are the same, or changed places."""
    if one.family_name == other.family_name and one.given_name == other.given_name:
        return True
    return all_words(one) == all_words(other)


def share_a_name(one: Named, other: Named) -> bool:
    """Whether the given name or the family name is the same, or both changed places."""
    return (
        words_of(one.given_name) == words_of(other.given_name)
        or words_of(one.family_name) == words_of(other.family_name)
        or all_words(one) == all_words(other)
    )


def all_words(person: Named) -> frozenset[str]:
    """The words of given and family name together."""
    return words_of(person.given_name) | words_of(person.family_name)
