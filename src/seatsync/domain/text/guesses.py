"""What somebody may have meant by a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

LONGEST_GUESSED, MOST_COMPARED = 254, 50_000_000
"""The longest name that another is guessed for, and how many letters may be compared for all of one folder's mistakes."""
_LOOK = 5
"""What it costs to look at a name, in letters."""


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
