"""A roster file as texts of one member each, as far as it is so plainly written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from seatsync.domain.text.characters import TWICE_ENCODED, clean
from seatsync.domain.text.tags import join_tags, tag_fault
from seatsync.ledger.queries.lookup import Pieces
from seatsync.sources.load import RosterFile


class LongWay(Exception):
    """The short way does not lead there; the message says why."""


@dataclass(slots=True)
class Shape:
    """How a file writes a member: the ``pieces``, with TAGS_HERE for the tags and what stands around them. ``fields`` are
    all it has."""

    pieces: Pieces
    fields: frozenset[str]


@dataclass(slots=True)
class Texts:
    """``members`` are the texts in the order of the file, ``wanted`` those that nobody in the ledger has had yet.

    ``odd`` ones are looked at in any case; ``spelled`` is how the file writes each set of tags, with what stands around
    them.
    """

    members: list[str]
    wanted: set[str]
    odd: set[str] = field(default_factory=set)
    spelled: dict[str, str] = field(default_factory=dict)

    def set_aside(self) -> None:
        """Names that may be spoiled are not taken as they are: there is a warning about them."""
        self.odd = {text for text in self.wanted if not text.isascii() and TWICE_ENCODED.search(text)}
        self.wanted -= self.odd

    def learn(self, given: Iterable[str], around: Iterable[tuple[str, list[str]]]) -> None:
        """From (how tags are written, the tags): where one set is written in several ways, the first is known."""
        for written, tags in around:
            own = [clean(tag) for tag in tags]
            if not any(tag_fault(tag) for tag in own if tag):
                self.spelled.setdefault(join_tags([*given, *filter(None, own)]), written)


class Side(Protocol):
    """One roster file."""

    file: RosterFile
    shape: Shape
    texts: Texts

    def plain(self, written: list[str]) -> list[str]:
        """The texts as they are; another where one can't stand in the file as it is, for want of quotes."""

    def take_rest(self) -> None:
        """Read those that are wanted still, as they always are."""
