"""A plainly written roster file, split into one text for each member."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from seatsync.domain.text.characters import TWICE_ENCODED, clean
from seatsync.domain.text.tags import join_tags, tag_fault
from seatsync.ledger.queries.lookup import Pieces
from seatsync.sources.load import RosterFile


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

    ``garbled`` texts are always read. ``spelled`` maps joined tags to the text in the file, with the text around them.
    """

    members: list[str]
    unmatched: set[str]
    garbled: set[str] = field(default_factory=set)
    spelled: dict[str, str] = field(default_factory=dict)

    def set_garbled_aside(self) -> None:
        """Move texts with garbled names to ``garbled``, so that they are read and warned about."""
        self.garbled = {text for text in self.unmatched if not text.isascii() and TWICE_ENCODED.search(text)}
        self.unmatched -= self.garbled

    def learn(self, common: Iterable[str], spellings: Iterable[tuple[str, list[str]]]) -> None:
        """Learn how the file writes tags, from pairs (text, tags). The first spelling of the same tags wins.

        ``common`` are the tags of every member of the file.
        """
        for written, tags in spellings:
            cleaned = [clean(tag) for tag in tags]
            if not any(tag_fault(tag) for tag in cleaned if tag):
                self.spelled.setdefault(join_tags([*common, *filter(None, cleaned)]), written)


class PlainRoster(Protocol):
    """One roster file."""

    file: RosterFile
    shape: Shape
    texts: MemberTexts

    def plain(self, written: list[str]) -> list[str]:
        """Return the texts, with NO_LINE in place of those that would need quotes in the file."""

    def take_rest(self) -> None:
        """Read the remaining members in the normal way."""
