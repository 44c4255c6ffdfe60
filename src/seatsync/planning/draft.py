"""A draft: the difference between files and ledger, not yet judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.calendar.freezes import Hold, hold_of_end, hold_on
from seatsync.domain.desired import CommittedExport, Desired, Grant
from seatsync.domain.license import Kind, License
from seatsync.domain.origin import Origin
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.waiting import has_lapsed
from seatsync.planning.change import Change, Groups
from seatsync.planning.entitlements import Entitlements
from seatsync.planning.matching import Matching
from seatsync.planning.portal.found import Comparison, Drift


class KeptLicense(NamedTuple):
    """A license that stays as it is although the files ask for something else.

    ``rule`` is the grant that asks, if any; ``record`` is the member's number.
    """

    library: str
    member: str
    rule: Grant | None
    record: int = 0


class Leaver(NamedTuple):
    """A member whom no roster has any more. ``left_on`` is the day (ISO) on which they left, ``ends`` the last day (ISO) of each temporary
    seat that they keep until then, by library, and ``own_ends`` what these would be without freezes. Without one they are removed."""

    left_on: str
    ends: Mapping[str, str]
    own_ends: Mapping[str, str]


class ReadExport(NamedTuple):
    """An export that this draft reads, and what was found in it."""

    export: CommittedExport
    found: Comparison


class Waiting(NamedTuple):
    """Somebody in the line of a library: the grant that asks for them, and the day (ISO) since when they wait."""

    grant: Change
    since: str


class Line(NamedTuple):
    """The line of a library: who gets a seat after having waited, and who waits after the plan, each in their order.

    ``joined`` is how many begin to wait.
    """

    seated: Sequence[Waiting]
    waiting: Sequence[Waiting]
    joined: int


@dataclass(slots=True)
class Draft:
    """The changes, and everything that refusals and reports need to know about them.

    ``groups`` are the same ``changes``, grouped. ``accounts`` are the e-mail keys with an account, of members who could get a seat at
    once, ``last_rows`` the roster rows of those who leave, by number, ``earlier_names`` the e-mail keys and student ids by which grants
    may still name members who have others now, with their numbers. ``revokes`` has, by library, the e-mails of the licenses that a limit
    counts: those revoked, unless their end date in the ledger has passed, those whose end date moves to an earlier day soon, and those
    of members who leave, whatever their grace. ``leavers`` are by number. ``downgrades`` are permanent licenses that a grant would make
    temporary, ``kept`` the permanent licenses of leavers, ``retained`` the licenses kept by ``limits.permanent``, ``by_hand`` those kept
    because they were given in the vendor's portal, ``declined`` the grants to members who opted out. ``by_calendar`` has, by action and
    library, the members whose changes come from grants of applied files that have begun since the last apply, or that a freeze held back
    then (where nobody waits in a line: there, other members may take the seat).

    ``lines`` are those of full libraries in which somebody waits, or has waited until this plan.

    ``held`` are the members (e-mail) of whom a freeze holds something back today, by action and library: seats that would be revoked,
    grants for which it leaves no seat, reminders.

    ``invited`` has, of the unclaimed seats (library, member's number) that lapse or of which a reminder is due, the day on which the
    invitation was sent.

    ``read`` are the exports that the draft reads. ``licenses`` are as they show them, ``numbers`` those of the members in the
    rosters, also of new ones. If it reads none, they are the snapshot's and the matching's.
    """

    desired: Desired
    snapshot: Snapshot
    today: date
    matching: Matching
    entitlements: Entitlements
    licenses: Mapping[str, Mapping[int, License]]
    numbers: Sequence[int]
    accounts: Collection[str] = frozenset()
    last_rows: Mapping[int, Origin] = field(default_factory=dict)
    earlier_names: Mapping[str, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    groups: Groups = field(default_factory=dict)
    revokes: defaultdict[str, list[str]] = field(default_factory=partial(defaultdict, list))
    downgrades: list[KeptLicense] = field(default_factory=list)
    kept: list[KeptLicense] = field(default_factory=list)
    retained: list[KeptLicense] = field(default_factory=list)
    by_hand: list[KeptLicense] = field(default_factory=list)
    declined: list[KeptLicense] = field(default_factory=list)
    read: list[ReadExport] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)
    leavers: Mapping[int, Leaver] = field(default_factory=dict)
    invited: Mapping[tuple[str, int], date] = field(default_factory=dict)
    by_calendar: defaultdict[tuple[Action, str], set[int]] = field(default_factory=partial(defaultdict, set))
    held: defaultdict[tuple[Action, str], list[str]] = field(default_factory=partial(defaultdict, list))
    _holds: dict[Grant, Hold | None] = field(default_factory=dict, init=False, repr=False)
    _lapsed: dict[date, bool] = field(default_factory=dict, init=False, repr=False)

    def last_row(self, record: int) -> Origin:
        """The row of a member who leaves, when it was last added or changed; ``rosters:`` if that is unknown."""
        return self.last_rows.get(record) or self.desired.place("rosters")

    def has_lapsed(self, library: str, record: int) -> bool:
        """Whether the member has not claimed their unclaimed seat in time. The plan that changes how long that is takes none back."""
        sent, settings = self.invited.get((library, record)), self.snapshot.institution
        if sent is None or settings is None or settings.reclaim_after != self.desired.institution.reclaim_after:
            return False
        if sent not in self._lapsed:
            self._lapsed[sent] = has_lapsed(sent, settings, self.today)
        return self._lapsed[sent] and self.desired.libraries[library].sends_letters

    @property
    def hold(self) -> Hold | None:
        """What holds revokes back today; None if nothing does."""
        return hold_on(self.desired.institution.freezes, self.today.isoformat())

    def hold_of(self, grant: Grant) -> Hold | None:
        """What holds the end of the seats of a grant back; None if they end on its own last day, or never."""
        freezes = self.desired.institution.freezes
        if not freezes or grant.kind is not Kind.TEMPORARY:
            return None
        if grant not in self._holds:
            self._holds[grant] = hold_of_end(freezes, grant.ends, self.today.isoformat())
        return self._holds[grant]

    def ends(self, grant: Grant) -> str:
        """The last day (ISO) of the seats that a grant gives; empty for no end."""
        hold = self.hold_of(grant)
        return hold.last if hold is not None else grant.ends

    @property
    def drift(self) -> Iterator[Drift]:
        """What the exports show otherwise and the plan does not take."""
        for export, found in self.read:
            for one in found.differences:
                yield Drift(Origin(export.path, one.line) if one.line else export.origin, one)

    @property
    def lacks_end_dates(self) -> bool:
        """Whether a version that kept no end dates wrote the last apply. Its baseline has no ``meaning`` either."""
        return bool(self.snapshot.baseline) and "meaning" not in self.snapshot.baseline

    def was_applied(self, grant: Grant) -> bool:
        """Whether the file that has this grant is the same as at the last apply."""
        return self.is_as_applied(grant.origin.file)

    def is_as_applied(self, file: str) -> bool:
        """Whether a file is the same as at the last apply."""
        applied = self.snapshot.baseline.get("files", {})
        return file in applied and applied[file] == self.desired.files.get(file)

    def rosters_alone_differ(self, grant: Grant) -> bool:
        """Whether all files but rosters are those of the last apply, and those that the grant selects members by, too."""
        now, applied = self.desired.files, self.snapshot.baseline.get("files", {})
        if not applied:
            return False
        changed = {name for name in now.keys() | applied.keys() if now.get(name) != applied.get(name)}
        rosters = {roster.path for roster in self.desired.rosters}
        selected = {selection.file for selection in grant.to.selections}
        return changed <= rosters - selected


def is_corrected(draft: Draft, position: int, record: int) -> bool:
    """Whether the files correct a known member's e-mail, so that the link in an earlier invitation is dead."""
    return bool(record) and draft.desired.members[position].key != draft.snapshot.members[record].key


def signs_in(snapshot: Snapshot, record: int) -> bool:
    """Whether the ledger knows an account of this member; ``record`` is 0 for a new member."""
    return bool(record) and bool(snapshot.members[record].account)
