"""The desired state: what the files of one institution ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from seatsync.domain.approval import Approval
from seatsync.domain.institution import Admin, Institution
from seatsync.domain.library import Library
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.portal.export import Export
from seatsync.domain.text.emails import email_key


class Alike(NamedTuple):
    """What grants can ask of members without naming them: joined tags, the day of import, the role.

    Day and role are empty where no grant asks for them.
    """

    tags: str
    day: str = ""
    role: str = ""


Counted = Mapping[Alike, int]
"""The number of members who are alike."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A CSV file that selects members, like the portals' "Select by CSV".

    Rows are (student id, e-mail, line); id or e-mail can be empty.
    """

    file: str
    rows: Sequence[tuple[str, str, int]]

    @property
    def keys(self) -> set[str]:
        """The keys of its e-mails."""
        return {email_key(email) for _, email, _ in self.rows if email}

    @property
    def student_ids(self) -> set[str]:
        return {id for id, _, _ in self.rows if id}


@dataclass(frozen=True, slots=True)
class Selector:
    """The members whom a grant reaches. All given conditions must hold. ``emails``, ``not_emails`` and ``roles`` are as written."""

    everyone: bool = False
    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    selection: Selection | None = None
    roles: tuple[str, ...] = ()
    not_emails: tuple[str, ...] = ()
    not_selection: Selection | None = None

    @property
    def selections(self) -> Sequence[Selection]:
        """The files in its conditions."""
        return [selection for selection in (self.selection, self.not_selection) if selection is not None]

    @property
    def all_tags(self) -> tuple[str, ...]:
        """Every tag in its conditions."""
        return (*self.tags, *self.any_tags, *self.not_tags)


class Leave(NamedTuple):
    """Who is on leave: who has all of ``tags`` and, if there are any, one of ``any_tags``."""

    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()

    def has(self, tags: Collection[str]) -> bool:
        """Whether a member with these tags is on leave."""
        return {*self.tags} <= {*tags} and (not self.any_tags or not {*self.any_tags}.isdisjoint(tags))


class After(NamedTuple):
    """How long after a member's first grant in the library a permanent one follows: so many days, or terms.

    ``ends`` are the last days of all terms, in order. A term counts if it had not ended by the first grant, and not for who was on
    ``leave`` on its last day.
    """

    days: int = 0
    terms: int = 0
    ends: tuple[date, ...] = ()
    leave: Leave | None = None

    def __str__(self) -> str:
        number, word = (self.terms, "term") if self.terms else (self.days, "day")
        return f"{number} {word}{'s' * (number != 1)}"

    def due(self, first: date, away: Collection[date] = ()) -> date | None:
        """The day on which it follows, if the first grant was on ``first``; None if there are no days or terms enough. ``away`` are the
        last days of terms on which the member was on leave."""
        last = first + timedelta(days=self.days - 1) if self.days and self.days <= (date.max - first).days else None
        if self.terms:
            last = next(
                islice((end for end in self.ends if end >= first and end not in away), self.terms - 1, None), None
            )
        return last + timedelta(days=1) if last is not None and last < date.max else None

    def latest_first(self, today: date) -> date | None:
        """The latest day of a first grant that it has followed by ``today``; None if there is none."""
        if self.terms:
            over = [end for end in self.ends if end < today]
            return over[-self.terms] if len(over) >= self.terms else None
        return today - timedelta(days=self.days) if self.days < today.toordinal() else None


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """A rule in the files: these members get this library. ``starts`` and ``until`` are the first and the last day; ``resend`` is
    empty if not given. ``term`` is the term that they are of, if the grant names one.

    ``after`` says how long after a member's first grant in the library they get it; None: at once.
    Where its library has a line, whom it reaches stands before those of a lower ``priority``.
    ``rule`` is the grant in the files if this is the part of it that ends with the tag ``ends_with`` of its members, or with
    ``EVERYTHING``: on their own last day.
    """

    library: str
    kind: Kind
    to: Selector
    origin: Origin
    until: date | None = None
    resend: str = ""
    regrant: bool = False
    after: After | None = None
    priority: int = 0
    ends_with: str = ""
    rule: Grant | None = None
    starts: date | None = None
    term: str = ""

    @property
    def strength(self) -> tuple[bool, bool, date]:
        """Sort key: permanent beats temporary, no ``until`` beats any date, a later date beats an earlier one."""
        return (self.kind is Kind.PERMANENT, self.until is None, self.until or date.max)

    @property
    def ends(self) -> str:
        """``until`` as a license has it: ISO, empty for no end."""
        return self.until.isoformat() if self.until is not None else ""

    def ending_by(self, last: date) -> Grant:
        """The same grant, with ``last`` as its end date if it would end later or never. A permanent one never ends."""
        if self.kind is Kind.PERMANENT or (self.until is not None and self.until <= last):
            return self
        return replace(self, until=last)

    def ending_with(self, tag: str, last: date) -> Grant:
        """The same grant for members who have the ``tag``, or ``EVERYTHING``, only to the day ``last``. A permanent one never ends."""
        ending = self.ending_by(last)
        return ending if ending is self else replace(ending, ends_with=tag, rule=self)

    @property
    def ends_on(self) -> str:
        """What a part of a grant ends with, in words."""
        return "" if self.rule is None else f"with {self.ends_with}" if self.ends_with else "on the member's last day"

    def expired(self, today: date) -> bool:
        return self.until is not None and self.until < today

    def begins_after(self, today: date) -> bool:
        return self.starts is not None and self.starts > today

    @property
    def is_ever(self) -> bool:
        """Whether there is a day on which it is in force."""
        return self.starts is None or not self.expired(self.starts)


ALWAYS_ALLOWED = 5
"""What a percentage of few licenses allows, too."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one plan may take away.

    ``max_revokes`` is a number or a percentage of the active licenses. An end date that a plan moves to an earlier day counts
    like a revoke if it is less than ``soon`` days away.
    """

    max_revokes: float = 10.0
    is_percentage: bool = True
    retain_permanent: bool = False
    soon: int = 30

    def revokes(self, active: int) -> int:
        """How many licenses a plan may revoke in a library with ``active`` ones. A percentage always allows a few."""
        if self.is_percentage:
            return max(ALWAYS_ALLOWED, int(round(active * self.max_revokes / 100, 6)))
        return int(self.max_revokes)


class Term(NamedTuple):
    """The first and the last day of a term."""

    first: date
    last: date


class Scenario(NamedTuple):
    """What may come, under a ``name``: so many members more, with these tags, from the day ``on``, to the day ``until`` if it is given."""

    name: str
    add: int
    tags: tuple[str, ...]
    on: date
    until: date | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster file and its number of members."""

    path: str
    count: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class CommittedExport:
    """A file under ``exports``. ``taken`` is the instant (ISO) at which it was downloaded, ``library`` empty if it names its own.

    ``key`` (SHA-256, hex) covers the file's bytes and what its entry says. ``rows`` is None if they need not be read, because an
    apply has taken them before.
    """

    path: str
    library: str
    taken: str
    key: str
    origin: Origin
    rows: Export | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that the files of one institution say. ``was`` is its earlier id, empty if they name none.

    ``remind_after`` are days; so is ``grace``, for which leavers keep temporary seats, 0 for not at all. ``exports`` are in the order in
    which they were taken. ``digest`` covers the bytes of every file read; ``files`` maps each to its SHA-256 (hex). ``places`` maps
    ``libraries``, ``libraries.ID``, ``rosters``, ``grants``, ``admins.EMAIL`` and so on to their places in ``seatsync.yaml``.
    ``counted`` are further members of whom only the number is known; no grant names them. ``scenarios`` are only for the year run ahead:
    no plan knows them.
    """

    institution: Institution
    admins: Sequence[Admin]
    libraries: Mapping[str, Library]
    members: Sequence[RosterMember]
    grants: Sequence[Grant]
    rosters: Sequence[Roster] = ()
    remind_after: tuple[int, ...] = ()
    grace: int = 0
    limits: Limits = Limits()
    approvals: Sequence[Approval] = ()
    exports: Sequence[CommittedExport] = ()
    digest: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    counted: Counted = field(default_factory=dict)
    places: Mapping[str, Origin] = field(default_factory=dict)
    was: str = ""
    terms: Mapping[str, Term] = field(default_factory=dict)
    scenarios: Sequence[Scenario] = ()

    def place(self, *path: str) -> Origin:
        """The place of ``path`` in ``seatsync.yaml``, or of the nearest section around it."""
        for end in range(len(path), 0, -1):
            if (origin := self.places.get(".".join(path[:end]))) is not None:
                return origin
        return Origin("seatsync.yaml")
