"""A plainly written roster file, split into one text for each member."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seatsync.domain.person import Person, RosterMember, person_of
from seatsync.domain.text.characters import LETTER_LOST, TWICE_ENCODED, clean
from seatsync.domain.text.tags import join_tags, tag_fault
from seatsync.ledger.queries.lookup import Pieces
from seatsync.plans.meaning import AT_ONCE, Columns
from seatsync.sources.rosters.files import RosterFile

MOST_SPELLINGS = 8
"""Spellings of the same tags that are tried. Whoever has another one is read."""


class SlowPath(Exception):
    """The fast path does not work here; the message says why."""


@dataclass(slots=True)
class Shape:
    """How a file writes a member: its ``pieces``, with TAGS_HERE for the tags and the text around them, and its ``fields``."""

    pieces: Pieces
    fields: frozenset[str]


@dataclass(slots=True)
class MemberTexts:
    """The texts of a file. ``members`` are in the order of the file; ``unmatched`` are those not yet found in the ledger.

    ``blank`` texts are no members. ``garbled`` texts are always read. ``spelled`` maps joined tags to the text in the file, with
    the text around them: the first has the first spelling of all tags, the next one the second spelling of some, and so on.
    """

    members: list[str]
    unmatched: set[str]
    garbled: set[str] = field(default_factory=set)
    blank: set[str] = field(default_factory=set)
    spelled: list[dict[str, str]] = field(default_factory=list)

    def set_garbled_aside(self, names: Callable[[str], str]) -> None:
        """Move texts with garbled names to ``garbled``, so that they are read and warned about.

        ``names`` gives the part of a text that has the names: elsewhere, as in a web address, a question mark is none.
        """
        self.garbled = {text for text in self.unmatched if _may_be_garbled(text) and _may_be_garbled(names(text))}
        self.unmatched -= self.garbled

    def learn(self, common: Iterable[str], spellings: Iterable[tuple[str, list[str]]]) -> None:
        """Learn how the file writes tags, from pairs (text, tags).

        ``common`` are the tags of every member of the file.
        """
        for written, tags in spellings:
            cleaned = [clean(tag) for tag in tags]
            if not any(tag_fault(tag) for tag in cleaned if tag):
                self._learn(join_tags([*common, *filter(None, cleaned)]), written)

    def _learn(self, tags: str, written: str) -> None:
        for spelled in self.spelled:
            if tags not in spelled:
                spelled[tags] = written
                return
        if len(self.spelled) < MOST_SPELLINGS:
            self.spelled.append({tags: written})

    def tags(self, written: Iterable[str], before: str = "", after: str = "") -> list[str]:
        """The joined tags of texts that were found in the ledger, given without what is ``before`` and ``after`` them."""
        joined = {
            text.removeprefix(before).removesuffix(after): tags
            for spelled in self.spelled
            for tags, text in spelled.items()
        }
        return [*map(joined.__getitem__, written)]


def _may_be_garbled(text: str) -> bool:
    return LETTER_LOST in text or (not text.isascii() and TWICE_ENCODED.search(text) is not None)


class PlainRoster(Protocol):
    """One roster file."""

    file: RosterFile
    shape: Shape
    texts: MemberTexts

    def plain(self, written: list[str]) -> list[str]:
        """Return the texts, with NO_LINE in place of those that would need quotes in the file."""

    def names(self, text: str) -> str:
        """The part of a text that has the member's names; more of it where that is not clear."""

    def lines(self) -> Sequence[int]:
        """The line in the file of each text."""

    def columns(self, matched: list[str]) -> list[list[str]]:
        """The values in these texts, which were found in the ledger: one list for each field of ``Person``."""

    def take_rest(self) -> None:
        """Read the remaining members in the normal way."""


def all_columns(rosters: Sequence[PlainRoster], read: Sequence[RosterMember]) -> Iterator[Columns]:
    """The values of all members in the order of the files: of those who were ``read``, and of those found in the ledger."""
    at = {(member.file, member.line): member for member in read}
    for roster in rosters:
        texts, file, lines = roster.texts, roster.file.reader.file, roster.lines()
        others = texts.unmatched | texts.garbled | texts.blank
        for start in range(0, len(texts.members), AT_ONCE):
            some = texts.members[start : start + AT_ONCE]
            matched = [text for text in some if text not in others]
            columns = roster.columns(matched) if matched else [[] for _ in Person._fields]
            left_out = 0
            for position in [position for position, text in enumerate(some) if text in others]:
                member = at.get((file, lines[start + position]))
                if member is None:  # a blank line, or a member who is merged with an earlier one
                    left_out += 1
                    continue
                for column, value in zip(columns, person_of(member), strict=True):
                    column.insert(position - left_out, value)
            yield columns
