"""Guess the name that was meant by an unknown one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches
from re import split

LONGEST_GUESSED, MOST_COMPARED = 254, 50_000_000
"""The longest name to guess for, and the number of letters to compare for all mistakes of one folder."""
_LOOK = 5
"""The cost of looking at one name, in letters."""
MOST_DOMAINS = 200
"""Domains that a mistyped one is compared with; of more, those that most e-mails have."""


class _Guesses:
    """The letters that may still be compared. A limit is needed, as files can have any number of mistakes of any length."""

    left = MOST_COMPARED


def reset_guesses() -> None:
    """Reset the limit for the next folder."""
    _Guesses.left = MOST_COMPARED


def nearest(name: str, known: Iterable[str], likeness: float = 0.65) -> str | None:
    """The known name most similar to ``name``, or None. None also if the names are too long or the limit is used up."""
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
    """The similarity of the two names; 0 if less than ``likeness``. Cheap upper bounds come first."""
    if matcher.real_quick_ratio() < likeness:
        return 0
    _Guesses.left -= letters + of
    if matcher.quick_ratio() < likeness:
        return 0
    _Guesses.left -= letters * of
    ratio = matcher.ratio()
    return ratio if ratio >= likeness else 0


def did_you_mean(name: str, known: Iterable[str], likeness: float = 0.65) -> str:
    """``Did you mean "x"?`` if a known name is similar, else an empty string. For e-mails: ``nearest_emails``."""
    near = nearest(name, known, likeness)
    return f'Did you mean "{near}"?' if near is not None else ""


def one_letter_off(one: str, other: str) -> bool:
    """Whether two names differ by one letter added, dropped or changed, or by two neighbours swapped.

    Different digits never count, because ``2026`` and ``2027`` are both meant; nor do names of up to three letters.
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
    """``name``, and ``name`` without each one of its letters. Names that differ by one letter share one of these."""
    return {name, *(name[:i] + name[i + 1 :] for i in range(len(name)))}


_TYPED = "abcdefghijklmnopqrstuvwxyz0123456789@.-_+'"


def one_letter_variants(name: str) -> set[str]:
    """All names that differ from an e-mail's key by one letter added, dropped or changed, or by two neighbours swapped.

    An added letter is one that most e-mails are written with. Empty if the name is too long.
    """
    if len(name) > LONGEST_GUESSED:
        return set()
    cuts = [(name[:i], name[i:]) for i in range(len(name) + 1)]
    found = {before + letter + after[skipped:] for before, after in cuts for letter in _TYPED for skipped in (0, 1)}
    found |= {before + after[1:] for before, after in cuts}
    found |= {before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1}
    return found - {name, ""}


def near_emails(key: str, domains: Sequence[str]) -> set[str]:
    """The e-mail keys, ``key`` too, that may be the same address mistyped, if these are the domains that e-mails have.

    After the @ it may differ as far as the nearest domain does, before it in one letter. It never differs in a digit or in
    the first letter of a word: that is another person with a like name, as j.lee and k.lee, or anna.lee and hanna.lee.
    """
    local, _, domain = key.rpartition("@")
    meant = next(iter(get_close_matches(domain, domains, n=1, cutoff=0.8)), domain)
    typed = {
        other for other in one_letter_variants(local) if one_letter_off(local, other) and _begin_alike(local, other)
    }
    return {f"{other}@{meant}" for other in (local, *typed)}


def _begin_alike(local: str, other: str) -> bool:
    """Whether the words of two local parts have the same first letters; a dot or hyphen may be left out."""
    initials, others = ([word[:1] for word in split(r"[.+_-]", one)] for one in (local, other))
    return initials[0] == others[0] and (len(initials) != len(others) or initials == others)


def nearest_emails(keys: Collection[str], known: Collection[str]) -> dict[str, str]:
    """For those of the e-mail keys that are no known one, but nearly exactly one of them: that one."""
    if not keys:
        return {}
    domains = Counter(email.rpartition("@")[2] for email in known).most_common(MOST_DOMAINS)
    near = {key: near_emails(key, [domain for domain, _ in domains]).intersection(known) for key in keys}
    return {key: found.pop() for key, found in near.items() if len(found) == 1}
