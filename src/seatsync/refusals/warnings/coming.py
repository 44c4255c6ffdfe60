"""Tell of grants that begin later: who gets a seat then, and where there would be too few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.desired import Grant
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.license import Kind
from seatsync.domain.money.purchases import total_on
from seatsync.domain.person import RosterMember, person_of
from seatsync.planning.dates.coming import Ahead, ahead
from seatsync.planning.draft import Draft
from seatsync.planning.entitlements import RosterIndex
from seatsync.refusals.case import Case


class Beginning(NamedTuple):
    """A grant that begins, or the first of the grants of a file that begin on one day."""

    rule: Grant
    new: set[int]
    kept: set[int]


class Later:
    """The grants of a plan that begin later."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.libraries = sorted({part.library for part in case.at_hand.entitlements.coming})

    def begin(self) -> Iterator[Diagnostic]:
        """Tell whom each grant gives a seat: everybody if it is new or may have changed, else only whom it reaches since this plan."""
        for library in self.libraries:
            yield from (_notice(self.case, one) for one in self._told[library])

    @property
    def is_told(self) -> bool:
        return any(self._told.values())

    def too_few(self) -> Iterator[Diagnostic]:
        """Warn where a plan that moves seats, or asks for some later, leaves too few for the day, and some days before it."""
        for library in self.libraries:
            moves = any(self.case.of(action, library) for action in _MOVING)
            if self._told[library] or moves or any(map(self.case.is_nearer, self._days[library])):
                yield from _too_few(self.case, library)

    @cached_property
    def _days(self) -> Mapping[str, set[str]]:
        """The days (ISO) on which grants begin, by library."""
        found: dict[str, set[str]] = {library: set() for library in self.libraries}
        for part in self.case.at_hand.entitlements.coming:
            found[part.library].add(f"{part.starts}")
        return found

    @cached_property
    def _told(self) -> Mapping[str, list[Beginning]]:
        draft, joining = self.case.at_hand, _Joining(self.case.at_hand)
        return {library: _beginnings(ahead(draft, library), joining) for library in self.libraries}


_MOVING = (Action.LIBRARY_ADD, Action.LIBRARY_UPDATE, Action.GRANT, Action.LICENSE_UPDATE, Action.WAIT)
"""The actions that change how many seats are left later."""


def _beginnings(of: Ahead, joining: _Joining) -> list[Beginning]:
    """The beginnings to tell of, in the order of the files: one for each grant of seatsync.yaml, and for each day of a file."""
    found: dict[tuple[object, ...], Beginning] = {}
    settings = joining.draft.desired.place("grants").file
    for part, (new, kept) in sorted(of.begins.items(), key=lambda pair: pair[0].origin):
        rule = part.rule or part
        if joining.draft.was_applied(rule):
            joined = joining.of(rule, new | kept)
            new, kept = new & joined, kept & joined
        key = (rule,) if rule.origin.file == settings else (rule.origin.file, rule.kind, rule.starts)
        found.setdefault(key, Beginning(rule, set(), set()))
        found[key].new.update(new)
        found[key].kept.update(kept)
    return [one for one in found.values() if one.new or one.kept]


class _Joining:
    """The members whom a grant of an applied file reaches since this plan."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def of(self, rule: Grant, some: set[int]) -> set[int]:
        changed = some & self._changed.keys()
        if not changed:
            return changed
        before, index = self._before
        reached = {before[at] for at in index.reached(rule.to)}
        return changed - reached

    @cached_property
    def _changed(self) -> dict[int, int]:
        """The ledger's numbers of the members whom the plan adds or changes, by position; 0 for who is new."""
        of = [
            *self.draft.groups.get((Action.MEMBER_ADD, ""), ()),
            *self.draft.groups.get((Action.MEMBER_UPDATE, ""), ()),
        ]
        emails = {change.member for change in of}
        pairs = zip(self.draft.desired.members, self.draft.matching.records, strict=True)
        return {at: record for at, (row, record) in enumerate(pairs) if row.email in emails}

    @cached_property
    def _before(self) -> tuple[list[int], RosterIndex]:
        """The positions of those of them who were members before, and what the ledger has of them."""
        members = self.draft.snapshot.members
        known = {at: members[record] for at, record in self._changed.items() if record and members[record].on_roster}
        rows = [RosterMember._make((*person_of(one), one.key, "", 0, "")) for one in known.values()]
        records = [self._changed[at] for at in known]
        return [*known], RosterIndex(rows, records, self.draft.snapshot, self.draft.today)


def _notice(case: Case, one: Beginning) -> Diagnostic:
    title, new, kept = case.title(one.rule.library), len(one.new), len(one.kept)
    permanent = one.rule.kind is Kind.PERMANENT
    what = "a permanent seat" if permanent else "a seat"
    then = (
        "permanently"
        if permanent
        else f"then until {ends}"
        if (ends := case.at_hand.ends(one.rule))
        else "then without an end"
    )
    gets = f"{counted(new, f'member gets {what}', f'members get {what}')} of {title} on {one.rule.starts}"
    if case.desired.libraries[one.rule.library].has_line:
        gets += f" or {'waits' if new == 1 else 'wait'} in line"
    if not new:
        message = f"{counted(kept, 'member keeps the seat', 'members keep their seat')} of {title} on {one.rule.starts}, {then}."
    elif kept:
        message = f"{gets}, and {kept:,} who {'has' if kept == 1 else 'have'} one then {'keeps' if kept == 1 else 'keep'} it, {then}."
    else:
        message = f"{gets}."
    help = "Nothing to do. The nightly run does it, for those whom the files name then. `seatsync why EMAIL` tells of one member."
    return Diagnostic("begins-later", message, help, one.rule.origin, Severity.NOTICE, one.rule.library)


def _too_few(case: Case, library: str) -> Iterator[Diagnostic]:
    """Warn of the first day on which a grant begins that would need more seats than there are."""
    after, line = case.slots[library].after, case.at_hand.lines.get(library)
    asked = after.used + (len(line.waiting) if line is not None else 0)
    coming = [rule for rule in case.desired.grants if rule.library == library and rule.begins_after(case.draft.today)]
    bought = case.desired.libraries[library].purchases
    totals = {rule.starts: total_on(bought, f"{rule.starts}") if bought else after.total for rule in coming}
    most = asked + sum(case.draft.entitlements.reach[rule] for rule in coming)
    if (
        most <= min(totals.values(), default=after.total) or asked > after.total
    ):  # what is too much now, the plan says otherwise
        return
    for day, used in ahead(case.draft, library).most(asked).items():
        if used > totals[day]:
            yield _short(case, next(rule for rule in coming if rule.starts == day), used, totals[day])
            return


def _short(case: Case, rule: Grant, used: int, total: int) -> Diagnostic:
    """``used`` seats are asked for on the day on which the grant begins."""
    short, has = used - total, f"{case.title(rule.library)} has {counted(total, 'seat')}, but"
    if case.desired.libraries[rule.library].has_line:
        wait = counted(short, "member would wait", "members would wait")
        message = f"{has} {used:,} are asked for on {rule.starts}, when this grant begins: {wait}."
        help = f"Raise `slots` to {used} by then, or grant fewer; or do nothing, if they may wait."
    else:
        message = f"{has} {used:,} would be in use on {rule.starts}, when this grant begins: {counted(short, 'seat')} too many."
        help = f"Raise `slots` to {used} by then, or grant fewer. Otherwise the plan of that day is blocked (slots-exceeded)."
    return Diagnostic("seats-short-later", message, help, rule.origin, Severity.WARNING, rule.library)
