"""What a comparison of an export with the ledger finds: what moves forward, what contradicts, and who is not known here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from seatsync.domain.license import Kind, Status
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.portal.export import NOTHING, Export, Holding


@dataclass(frozen=True, slots=True)
class Changed:
    """What the ledger has learned since an export was taken.

    ``about`` is what changed, as (library, member's number); without a library it is the member's record. ``read`` are the libraries
    of which a later export has been read, with the instant (ISO) at which the newest one was taken.
    """

    about: Collection[tuple[str, int]] = frozenset()
    read: Mapping[str, str] = field(default_factory=dict)


NOTHING_CHANGED = Changed()


class Seen(StrEnum):
    """What an export shows that the ledger can take. The most important comes first."""

    PERMANENT = "permanent"
    """A permanent license was given there by hand."""
    GRANTED = "granted"
    """A temporary license was given there by hand."""
    CLAIMED = "claimed"
    DECLINED = "declined"
    REVOKED = "revoked"
    UNDONE = "undone"
    """A step that counted as done is not done, so it is on the work list again."""
    DONE = "done"
    """A step of the work list is done."""
    STEP = "step"
    """What is to be done there stays on the work list, but is another step or starts from something else."""
    LISTED = "listed"
    """The person is, or is no longer, in the portal's list. Nothing is to be done about it."""

    @property
    def is_difference(self) -> bool:
        """Whether it is told as a difference. The others only keep the ledger's knowledge of the portal true."""
        return self not in (Seen.STEP, Seen.LISTED)


class Move(NamedTuple):
    """What an import or a plan takes, as one event `observe`.

    With a ``library`` it is about the member's license: ``kind``, ``status`` and ``there`` are as afterwards. Without one it is
    about the person: ``users`` is ``Member.there`` afterwards. ``line`` is the line of the export, 0 for who is missing in it.
    """

    seen: tuple[Seen, ...]
    library: str
    member: int
    line: int
    kind: Kind = Kind.NONE
    status: Status = Status.NONE
    there: str = ""
    users: Mapping[str, Mapping[str, str]] = {}

    @property
    def is_difference(self) -> bool:
        """Whether it is told as a difference."""
        return any(seen.is_difference for seen in self.seen)


class Differs(StrEnum):
    """How portal and ledger contradict each other."""

    MISSING = "missing-there"
    """Holds a seat here and is missing there."""
    NOT_THERE = "not-there"
    """Holds a seat here and none there."""
    NOT_HERE = "not-here"
    """Holds a seat there and none here."""
    KIND = "other-kind"
    STATUS = "other-status"
    RECORD = "other-record"
    """Another e-mail, name or id."""
    LEFT = "left"
    """Is in the portal and on no roster any more."""
    UNKNOWN = "unknown"
    """Is in the portal and was never on a roster."""
    CORRECTING = "correcting"
    """Has a stand-in for an e-mail there: the bundle's correction has begun and is not finished."""
    UNSURE = "unsure"
    """May be another person than the record of the same student id or e-mail."""


class Difference(NamedTuple):
    """What the export says otherwise and nobody takes.

    ``member`` is the ledger's number, 0 for a person it does not know; ``line`` is the line of the export, 0 for who is missing
    in it. ``fields`` has the fields of ``Person`` that differ: (here, there). ``email`` is the one here, or else the one there.
    """

    what: Differs
    library: str
    member: int
    email: str
    line: int
    here: Holding = NOTHING
    there: Holding = NOTHING
    fields: Mapping[str, tuple[str, str]] = {}


class Drift(NamedTuple):
    """A difference in a plan. ``origin`` is the row of the export, or the entry of the export in which the person is missing."""

    origin: Origin
    difference: Difference


class Stranger(NamedTuple):
    """A person in the portal whom the ledger does not know, with what they hold there, by library."""

    person: RosterMember
    holds: Mapping[str, Holding]


class Unsure(NamedTuple):
    """A person in the portal who may be another than the ledger's ``record`` of the same student id or e-mail."""

    person: RosterMember
    record: int


class Unbelieved(NamedTuple):
    """Why the export is not believed: ``lacking`` of the ``expected`` people are not in it, or hold nothing of ``library``.

    Without a library, who is missing in the export is no sign of anything. With one, nothing of this library is taken.
    """

    library: str
    lacking: int
    expected: int

    @property
    def is_of_others(self) -> bool:
        """Whether nobody whom the ledger knows there is in the export: it may be another institution's."""
        return not self.library and self.lacking == self.expected


@dataclass(slots=True)
class Comparison:
    """The result of a comparison. ``numbers`` has the ledger's number of each person in the export, 0 for others.

    ``differences`` has the strangers and the unsure ones too. ``later`` is the instant (ISO) at which the newest export was taken
    that has been read of the same libraries, empty if this one is the newest.
    """

    export: Export
    numbers: list[int]
    moves: list[Move] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    strangers: list[Stranger] = field(default_factory=list)
    unsure: list[Unsure] = field(default_factory=list)
    unbelieved: list[Unbelieved] = field(default_factory=list)
    later: str = ""

    @property
    def read(self) -> list[str]:
        """The libraries of which the export shows everybody's license. There are none in a part, or in what is not a portal's."""
        wrong = {one.library for one in self.unbelieved}
        return [] if self.export.is_ours or "" in wrong else [id for id in self.export.holdings if id not in wrong]
