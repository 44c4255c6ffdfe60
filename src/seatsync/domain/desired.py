"""The desired state: what the files of one institution ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from seatsync.domain.library import Library
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin
from seatsync.domain.people import Admin, Institution
from seatsync.domain.person import RosterMember
from seatsync.domain.text.emails import email_key

Counted = Mapping[tuple[str, str], int]
"""How many members have these tags (joined) and this day of import (empty where no grant asks for it)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A CSV of members, the portals' "Select by CSV". Rows are (student id, e-mail, line); either may be empty."""

    file: str
    rows: Sequence[tuple[str, str, int]]

    @property
    def keys(self) -> set[str]:
        """What its e-mails are compared by."""
        return {email_key(email) for _, email, _ in self.rows if email}

    @property
    def student_ids(self) -> set[str]:
        return {id for id, _, _ in self.rows if id}


@dataclass(frozen=True, slots=True)
class Selector:
    """Whom a grant reaches: every condition that is given must hold. ``emails`` as written."""

    everyone: bool = False
    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    selection: Selection | None = None

    @property
    def all_tags(self) -> tuple[str, ...]:
        """Every tag it asks about."""
        return (*self.tags, *self.any_tags, *self.not_tags)


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One rule: these members shall hold this library. ``until`` is inclusive; ``resend`` empty where not given."""

    library: str
    kind: Kind
    to: Selector
    origin: Origin
    until: date | None = None
    resend: str = ""
    regrant: bool = False

    @property
    def strength(self) -> tuple[bool, bool, date]:
        """Permanent beats temporary, no ``until`` beats any, a later one beats an earlier one."""
        return (self.kind is Kind.PERMANENT, self.until is None, self.until or date.max)

    def expired(self, today: date) -> bool:
        return self.until is not None and self.until < today


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one plan may take away. ``max_revokes`` is a number, or a percentage of the active licenses."""

    max_revokes: float = 10.0
    is_percentage: bool = True
    retain_permanent: bool = False

    def revokes(self, active: int) -> int:
        """The most revokes a plan may make in a library with ``active`` licenses: a percentage is never under 5."""
        if self.is_percentage:
            return max(5, int(round(active * self.max_revokes / 100, 6)))
        return int(self.max_revokes)


@dataclass(frozen=True, slots=True)
class Approval:
    """Lets one refusal of a limit pass, until its date (inclusive)."""

    refusal: str
    until: date
    origin: Origin
    library: str = ""
    count: int = 0
    roster: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster file and how many members it has."""

    path: str
    count: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Desired:
    """All that the files of one institution say.

    ``remind_after`` are days; ``digest`` is over the bytes of every file read; ``places`` maps ``libraries``,
    ``libraries.ID``, ``rosters``, ``grants``, ``admins.EMAIL`` and so on to where ``seatsync.yaml`` says it.
    ``files`` has the SHA-256 (hex) of each.

    ``counted`` are further members, of whom no more than that is told; none of them is named by a grant.
    """

    institution: Institution
    admins: Sequence[Admin]
    libraries: Mapping[str, Library]
    members: Sequence[RosterMember]
    grants: Sequence[Grant]
    rosters: Sequence[Roster] = ()
    remind_after: tuple[int, ...] = ()
    limits: Limits = Limits()
    approvals: Sequence[Approval] = ()
    digest: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    counted: Counted = field(default_factory=dict)
    places: Mapping[str, Origin] = field(default_factory=dict)

    def place(self, *path: str) -> Origin:
        """Where ``seatsync.yaml`` speaks of ``path``, or of the nearest thing around it."""
        for end in range(len(path), 0, -1):
            if (origin := self.places.get(".".join(path[:end]))) is not None:
                return origin
        return Origin("seatsync.yaml")
