"""One day of the year ahead, as its plan leaves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.license import Kind, Status
from seatsync.planning.draft import Draft
from seatsync.planning.year.curve import CurveDay
from seatsync.refusals.case import Case

_PLACE = attrgetter("place")


@dataclass(slots=True)
class Day:
    """A day after its apply: what its plan was, and the letters that it causes by library (empty for administrators' ones).

    A blocked plan, one with ``refusals``, changes nothing.
    """

    draft: Draft
    case: Case
    refusals: Sequence[Diagnostic]
    letters: Mapping[str, Counter[str]] = field(default_factory=dict)

    def of(self, library: str) -> CurveDay:
        """What the day is for a library of the files."""
        draft, snapshot = self.draft, self.draft.snapshot
        seats, total = snapshot.slots(library), draft.desired.libraries[library].slots
        line, asked = draft.lines.get(library), self.case.slots[library].after.used
        waiting = sum(map(bool, map(_PLACE, snapshot.licenses.get(library, {}).values())))
        asked += len(line.waiting) if line is not None else waiting
        now = CurveDay(draft.today.isoformat(), total, seats.used, waiting, asked)
        if self.refusals:
            return now
        granted = draft.groups.get((Action.GRANT, library), ())
        revoked = draft.groups.get((Action.REVOKE, library), ())
        lapsed = sum(one.status == Status.LAPSED for one in revoked)
        permanent = sum(one.kind == Kind.PERMANENT for one in granted)
        return now._replace(
            granted=len(granted),
            ended=len(revoked) - lapsed,
            lapsed=lapsed,
            permanent=permanent + len(draft.groups.get((Action.UPGRADE, library), ())),
            letters=dict(sorted(self.letters.get(library, Counter[str]()).items())),
        )
