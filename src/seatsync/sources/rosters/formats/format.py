"""What is known of the list of people that a program writes. A format is data: it runs no code of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatsync.sources.rosters.meaning.presence import Presence
from seatsync.sources.tables.table import squeezed


@dataclass(frozen=True)
class Roles:
    """The words of a format's role column: ``take`` are those of members, ``leave`` maps the others to why they are none.

    A word in neither is an error, so that nobody is a member, or is none, by accident; with None for ``take``, all others are those
    of members. Case, spaces and punctuation do not count.
    """

    take: frozenset[str] | None
    leave: Mapping[str, str]

    def word(self, written: str) -> str | None:
        """Why somebody with this role is no member; "" if they are one, None if nobody knows."""
        name = squeezed(written)
        if (
            reason := next((reason for word, reason in self.leave.items() if squeezed(word) == name), None)
        ) is not None:
            return reason
        return "" if not name or self.take is None or name in map(squeezed, self.take) else None


@dataclass(frozen=True)
class Format:
    """One format of one table. Names of columns are as the program writes them; case, spaces and punctuation do not count.

    ``name`` is the word under `format:`, ``title`` is said in messages: "as TITLE".

    A header is of the format if it has all names of one of the groups in ``needs``, and none of ``lacks``. With ``only_these`` it
    may also have no column that is not in ``fields`` or ``must_say``.

    ``fields`` maps a field (those of ``Person``, ``org``, ``term``) to columns or templates (``templates.py``): the first of which
    the header has all columns is read, and the common spellings of that field are not. ``presence`` maps a column's name to what its
    values mean; columns in ``not_presence`` say nothing about that, and those in ``never`` are no field, whatever their names say.

    ``must_say`` maps a column to the word that each row must have there. A row that begins with one of ``samples`` is the
    template's own example. A row above the header that begins with one of ``preamble`` belongs to the format. With ``repeats``, a
    person can have several rows, and has the tags of all. ``tags_from`` maps a tag's prefix to templates. ``quiet`` formats
    have many columns of no use, which are counted and not named. Lists with ``date_tags`` have the tags of days that only the ledger
    sets; they are left out.

    A program's list (not ``only_these``) may have people without an e-mail: small children, accounts of rooms. They are no members.
    With ``nameless``, accounts without any name are none either. ``beside`` are the other files of a set without which nobody
    knows from this table who is a member.
    """

    name: str
    title: str
    needs: tuple[tuple[str, ...], ...] = ()
    lacks: tuple[str, ...] = ()
    only_these: bool = False
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    presence: Mapping[str, Presence] = field(default_factory=dict)
    not_presence: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    must_say: Mapping[str, str] = field(default_factory=dict)
    roles: Roles | None = None
    tags_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    preamble: tuple[str, ...] = ()
    repeats: bool = False
    quiet: bool = False
    nameless: bool = False
    beside: str = ""
    date_tags: bool = False

    def fits(self, names: frozenset[str]) -> bool:
        """Whether a header with these squeezed names is of this format."""
        if not any(names.issuperset(map(squeezed, group)) for group in self.needs):
            return False
        if not names.isdisjoint(map(squeezed, self.lacks)):
            return False
        known = {squeezed(name) for written in self.fields.values() for name in written} | {
            *map(squeezed, self.must_say)
        }
        return not self.only_these or names <= known
