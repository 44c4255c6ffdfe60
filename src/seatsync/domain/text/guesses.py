"""Guess the name that was meant by an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

LONGEST_GUESSED, MOST_COMPARED = 254, 50_000_000
"""The longest name to guess for, and the number of letters to compare for all mistakes of one folder."""
_LOOK = 5
"""The cost of looking at one name, in letters."""


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
    """``Did you mean "x"?`` if a known name is similar, else an empty string. For e-mails of one domain, raise ``likeness``."""
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
