"""Which rows of a roster are members: by presence, role, organisation and term. Whoever is not is counted with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from seatsync.domain.text.characters import clean
from seatsync.sources.rosters.meaning.presence import Presence

TAKEN_BY: Mapping[str, tuple[str, ...]] = {
    "org": (
        *(
            "Org",
            "Organization",
            "Organisation",
            "School",
            "School Name",
            "School ID",
            "Campus",
            "Site",
            "Location",
            "Department",
        ),
        *(
            "Faculty",
            "Schule",
            "Standort",
            "École",
            "Établissement",
            "Escuela",
            "Centro",
            "Escola",
            "Scuola",
            "School naam",
        ),
    ),
    "term": (
        "Term",
        "Terms",
        "Term Name",
        "Semester",
        "Session",
        "Academic Term",
        "Trimester",
        "Quarter",
        "School Year",
        "Year",
    ),
}
"""The columns that `take: {orgs, terms}` looks in, if the format has none."""

NO_EMAIL, NO_NAME = "no e-mail", "no name"
"""Why somebody in a program's list who would be a member is none. That is a warning: it may be a mistake there."""


def several(text: str) -> list[str]:
    """The words or ids in a cell that may have several, separated by commas or semicolons."""
    return [one for piece in text.replace(";", ",").split(",") if (one := piece.strip())] if text else []


@dataclass
class Left:
    """The rows that are no members: ``because`` maps a reason to their lines.

    ``unclear`` has (position, value) → lines of values that nobody knows the meaning of.
    """

    because: dict[str, list[int]] = field(default_factory=dict)
    unclear: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def add(self, other: Left) -> None:
        """Add what another part of the file left out."""
        for reason, lines in other.because.items():
            self.because.setdefault(reason, []).extend(lines)
        for where, lines in other.unclear.items():
            self.unclear.setdefault(where, []).extend(lines)

    @property
    def number(self) -> int:
        return sum(map(len, self.because.values()))


Judge = Callable[[str], str | None]
"""Says of a value why somebody is no member; "" if they are one, None if nobody knows."""


def taken(
    judges: Iterable[tuple[int, Judge]], columns: Sequence[Sequence[str]], lines: Sequence[int], left: Left
) -> tuple[Sequence[Sequence[str]], Sequence[int]]:
    """Return the rows, column by column, that every judge takes, with their lines; the others are added to ``left``.

    A judge is asked once for each distinct value of its column.
    """
    why: list[str] | None = None
    for position, judge in judges:
        column = columns[position]
        words = {value: judge(value) for value in {*column}}
        if not any(word != "" for word in words.values()):
            continue
        why = why or [""] * len(lines)
        for row, value in enumerate(column):
            if why[row]:
                continue
            if (word := words[value]) is None:
                left.unclear.setdefault((position, clean(value)), []).append(lines[row])
                word = "?"
            why[row] = word
    if why is None:
        return columns, lines
    for reason, line in zip(why, lines, strict=True):
        if reason and reason != "?":
            left.because.setdefault(reason, []).append(line)
    keep = [not reason for reason in why]
    return [[*compress(column, keep)] for column in columns], [*compress(lines, keep)]


def one_of(wanted: Iterable[str], reason: str) -> Judge:
    """A judge that takes a value if it, or one of its parts between ; or , is ``wanted``."""
    folded = {clean(word).casefold() for word in wanted}

    def judge(value: str) -> str:
        whole = clean(value).casefold()
        if whole in folded or not folded.isdisjoint(several(whole)):
            return ""
        return reason.format(clean(value)) or "without a role"

    return judge


def of_status(meaning: Presence, wanted: Iterable[str] | None, is_state: bool, secret: bool = False) -> Judge:
    """A judge by a column that says who is gone, and by the words under `take: status`.

    These words are taken too. In a column of states (``is_state``), they are the only ones if one of them is a word of members;
    "active" stands for all words of members. A ``secret`` word that nobody knows is not told.
    """
    if wanted is None:
        return meaning.word
    named = {clean(word).casefold() for word in wanted}
    only_these = is_state and not named.isdisjoint({"active", *meaning.here})
    members = meaning.here if "active" in named else frozenset[str]()

    def judge(value: str) -> str | None:
        word, folded = meaning.word(value), clean(value).casefold()
        if not folded or folded in named or folded in members or (word and word in named):
            return ""
        return (word or ("of another status" if secret else folded)) if only_these else word

    return judge


def of_role(known: Callable[[str], str | None]) -> Judge:
    """A judge by a format's ``Roles``: who has several roles is a member if one of them is a member's."""

    def judge(value: str) -> str | None:
        words = [known(part) for part in several(clean(value)) or [""]]
        return "" if "" in words else None if None in words else words[0]

    return judge
