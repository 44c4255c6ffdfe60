"""Resolve the grants: which member should hold which library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from seatsync.domain.desired import Alike, Counted, Desired, Grant, Selection, Selector
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.tags import EVERYTHING, IMPORTED, split_ends, split_tags
from seatsync.planning.due import away, due_on
from seatsync.planning.matching import may_be_one


class NamedMember(NamedTuple):
    """Whom a grant names, by student id or e-mail or both; either can be empty. Without a file, ``seatsync.yaml`` does."""

    student_id: str
    email: str
    line: int = 0
    file: str = ""

    def origin(self, rule: Grant) -> Origin:
        """The row of the grant's file that names the member, or the grant itself."""
        return Origin(self.file, self.line) if self.file else rule.origin


@dataclass(slots=True)
class Entitlements:
    """What the files ask for, by library and position in the roster.

    ``wanted`` has the strongest current grant of each member, ``ended`` the last expired one. Of a grant that ends with a tag of
    its members, both have the part that ends with it (``Grant.ending_with``). ``resends`` has the values of
    ``resend:`` of all current grants that reach the member, ``regrants`` the members whom a current grant invites again,
    ``priorities`` the current grant with the highest priority of each member, if it is not 0.
    ``not_due`` has the members whom a grant with ``after`` reaches, but does not give anything yet, ``coming`` those whom a
    grant reaches that begins later. ``reach`` counts the members each grant reaches. ``unknown_members`` are student ids or
    e-mails that a grant names but no roster has, ``unknown_left_out`` those that it leaves out; ``mismatches`` are rows of its
    files with the id of one member and the e-mail of another. ``over`` are grants that give nobody anything any more because
    tags have ended, with the last of these days. ``last_days`` are the coming last days of tags that grants name. ``index`` is the
    roster's, with which they were found.
    """

    index: RosterIndex

    wanted: dict[str, dict[int, Grant]] = field(default_factory=dict)
    ended: dict[str, dict[int, Grant]] = field(default_factory=dict)
    resends: dict[str, dict[int, tuple[str, ...]]] = field(default_factory=dict)
    regrants: dict[str, set[int]] = field(default_factory=dict)
    priorities: dict[str, dict[int, Grant]] = field(default_factory=dict)
    not_due: dict[Grant, set[int]] = field(default_factory=dict)
    coming: dict[Grant, set[int]] = field(default_factory=dict)
    reach: dict[Grant, int] = field(default_factory=dict)
    unknown_members: dict[Grant, list[NamedMember]] = field(default_factory=dict)
    unknown_left_out: dict[Grant, list[NamedMember]] = field(default_factory=dict)
    mismatches: dict[Grant, list[NamedMember]] = field(default_factory=dict)
    over: dict[Grant, date] = field(default_factory=dict)
    ending: set[Grant] = field(default_factory=set)
    last_days: set[date] = field(default_factory=set)


def resolve_grants(
    desired: Desired, records: Sequence[int], snapshot: Snapshot, today: date, known: RosterIndex | None = None
) -> Entitlements:
    """Resolve every grant. Stronger grants override weaker ones; of equal ones, the first in the files wins.

    ``known`` is the index of the same roster and records on an earlier day, if there is one.
    """
    index = known.on(today) if known is not None else RosterIndex(desired.members, records, snapshot, today)
    entitlements = Entitlements(
        index, {library: {} for library in desired.libraries}, {library: {} for library in desired.libraries}
    )
    entitlements.last_days |= index.last_days(Selector())
    parts: list[tuple[Grant, int, set[int]]] = []
    retire = desired.institution.retire
    for at, grant in sorted(enumerate(desired.grants), key=lambda pair: (pair[1].strength, -pair[0])):
        reached = index.reached(grant.to)
        entitlements.reach[grant] = len(reached) + _counted_reached(grant.to, desired.counted)
        if unknown := index.unknown_members(grant.to.emails, grant.to.selection):
            entitlements.unknown_members[grant] = unknown
        if unknown := index.unknown_members(grant.to.not_emails, grant.to.not_selection):
            entitlements.unknown_left_out[grant] = unknown
        if mismatches := index.mismatches(grant.to):
            entitlements.mismatches[grant] = mismatches
        if grant.after:
            due = index.due(grant) & reached if not grant.begins_after(today) else set[int]()
            entitlements.not_due[grant] = reached - due
            reached = due
        entitlements.last_days |= index.last_days(grant.to)
        found = index.by_end(grant, reached)
        if any(part is not grant for part, _ in found):
            entitlements.ending.add(grant)
        if found and all(part.expired(today) and part is not grant for part, _ in found):
            entitlements.over[grant] = max(part.until for part, _ in found if part.until is not None)
        parts += [(part, -at, some) for part, some in found]
    for part, _, some in sorted(parts, key=lambda part: (part[0].strength, part[1])):
        later = entitlements.not_due[part] if part.after else some if part.begins_after(today) else ()
        if later and part.kind is Kind.PERMANENT:
            owners = index.owners(part.library).intersection(later)
            entitlements.wanted[part.library].update(dict.fromkeys(owners, part))
        if not part.begins_after(today):
            _give(part, some, entitlements, today)
        elif part.is_ever and not part.after and not "" < retire < (part.starts or today).isoformat():
            entitlements.coming[part] = some
    return entitlements


def _give(grant: Grant, reached: set[int], entitlements: Entitlements, today: date) -> None:
    """Note what the grant gives the members it reaches; weaker grants were noted before."""
    if grant.expired(today):
        entitlements.ended[grant.library].update(dict.fromkeys(reached, grant))
        return
    entitlements.wanted[grant.library].update(dict.fromkeys(reached, grant))
    if grant.priority:
        first = entitlements.priorities.setdefault(grant.library, {})
        first.update((at, grant) for at in reached if at not in first or first[at].priority < grant.priority)
    if grant.regrant:
        entitlements.regrants.setdefault(grant.library, set()).update(reached)
    if grant.resend:
        values = entitlements.resends.setdefault(grant.library, {})
        for position in reached:
            values[position] = tuple(sorted({*values.get(position, ()), grant.resend}))


def _counted_reached(to: Selector, counted: Counted) -> int:
    """How many of the members that are only counted the selector reaches. A selector that names members reaches none."""
    if to.emails or to.selection is not None:
        return 0
    return sum(number for alike, number in counted.items() if fits(to, alike))


def fits(to: Selector, alike: Alike) -> bool:
    """Whether the selector reaches such members, if it names nobody."""
    has = {*split_tags(alike.tags), IMPORTED + alike.day}
    has_tags = has.issuperset(to.tags) and (not to.any_tags or has & {*to.any_tags}) and not has & {*to.not_tags}
    return bool(has_tags) and (not to.roles or alike.role.casefold() in map(str.casefold, to.roles))


@dataclass
class RosterIndex:
    """The roster, indexed by tag, role, e-mail and student id. Members are given as positions in the roster."""

    roster: Sequence[RosterMember]
    records: Sequence[int]
    snapshot: Snapshot
    today: date

    def on(self, day: date) -> RosterIndex:
        """The same index on another day. All its members must be in the ledger."""
        self.today = day
        return self

    def reached(self, to: Selector) -> set[int]:
        """The members who meet all conditions."""
        conditions: list[set[int]] = []
        if to.selection is not None:
            conditions.append(self._listed(to.selection))
        if to.emails:
            conditions.append(self._named(to.emails))
        conditions += [self._tagged([tag]) for tag in to.tags]
        if to.any_tags:
            conditions.append(self._tagged(to.any_tags))
        if to.roles:
            conditions.append({p for role in to.roles for p in self._by_role.get(role.casefold(), ())})
        reached = set.intersection(*conditions) if conditions else set(range(len(self.roster)))
        if to.not_tags:
            reached -= self._tagged(to.not_tags, still=True)
        if to.not_emails:
            reached -= self._named(to.not_emails)
        return reached - self._listed(to.not_selection) if to.not_selection is not None else reached

    def by_end(self, grant: Grant, reached: set[int]) -> list[tuple[Grant, set[int]]]:
        """The grant for members whose tags do not end, and a part of it for each tag and day with which it ends for others.

        A tag that has ended gives nobody a permanent license, and takes none from whoever owns it.
        """
        if not self._by_end:
            return [(grant, reached)]
        ends = self._ends(grant.to, reached)
        if grant.kind is Kind.PERMANENT:
            over = {position for position, (day, _) in ends.items() if day < self.today.isoformat()}
            return [(grant, reached - (over - self.owners(grant.library)))]
        parts: dict[tuple[str, str], set[int]] = {}
        for position, end in ends.items():
            parts.setdefault(end, set()).add(position)
        found = [(grant.ending_with(tag, date.fromisoformat(day)), some) for (day, tag), some in sorted(parts.items())]
        lasting = reached - ends.keys()
        return [(grant, lasting), *found] if lasting or not found else found

    def last_days(self, to: Selector) -> set[date]:
        """The days, from today on, on which a tag that the selector names, or all, ends for somebody."""
        days = {day for tag in (EVERYTHING, *to.all_tags) for day in self._by_end.get(tag, ())}
        return {date.fromisoformat(day) for day in days if day >= self.today.isoformat()}

    def _ends(self, to: Selector, reached: set[int]) -> dict[int, tuple[str, str]]:
        """When the selector no longer reaches members, and with which tag: the first day of needed tags, the last of alternatives."""
        ends: dict[int, tuple[str, str]] = {}
        for tag in (EVERYTHING, *to.tags):
            for day, positions in self._by_end.get(tag, {}).items():
                for position in positions & reached:
                    ends[position] = min(ends.get(position, (day, tag)), (day, tag))
        last: dict[int, tuple[str, str]] = {}
        for tag in to.any_tags:
            for day, positions in self._by_end.get(tag, {}).items():
                for position in positions & reached:
                    last[position] = max(last.get(position, (day, tag)), (day, tag))
        for position in last.keys() - self._lasting(to.any_tags):
            ends[position] = min(ends.get(position, last[position]), last[position])
        return ends

    def _lasting(self, tags: Iterable[str]) -> set[int]:
        """The members who have one of the tags without an end."""
        found: set[int] = set()
        for tag in tags:
            found |= self._tagged([tag]).difference(*self._by_end.get(tag, {}).values())
        return found

    def due(self, grant: Grant) -> set[int]:
        """The members whose first license of the library is as old as the grant asks."""
        latest = grant.after.latest_first(self.today) if grant.after is not None else None
        if latest is None:
            return set()
        last = latest.isoformat()
        held = self.snapshot.licenses.get(grant.library, {})
        due = {number for number, license in held.items() if "" < license.first_on <= last}
        return self._recorded(
            due - {number for number in due & self.snapshot.tags_over_time.keys() if self._waits(grant, number)}
        )

    def _waits(self, grant: Grant, number: int) -> bool:
        """Whether somebody who was on leave needs another term."""
        license = self.snapshot.licenses[grant.library][number]
        day = due_on(grant, license, away(grant, self.snapshot, number, self.today))
        return not day or day > self.today.isoformat()

    def owners(self, library: str) -> set[int]:
        """The members who own the library: a grant that counts from the first grant lets them keep it, due or not."""
        held = self.snapshot.licenses.get(library, {})
        return self._recorded({number for number, license in held.items() if license.kind is Kind.PERMANENT})

    def _recorded(self, numbers: set[int]) -> set[int]:
        return {position for position, record in enumerate(self.records) if record in numbers}

    def unknown_members(self, emails: Iterable[str], selection: Selection | None) -> list[NamedMember]:
        """Those of these people whom no roster has. A row gives its e-mail, or its id if only that is unknown."""
        found = [NamedMember("", email) for email in emails if email_key(email) not in self._by_email]
        for id, mail, line in selection.rows if selection is not None else ():
            if self._find(id, mail) is None and selection is not None:
                by_email = mail and email_key(mail) not in self._by_email
                found.append(NamedMember("" if by_email else id, mail if by_email else "", line, selection.file))
        return found

    def mismatches(self, to: Selector) -> list[NamedMember]:
        """Rows of a selection with the id of one member and the e-mail of another; the id is used."""
        return [
            NamedMember(id, mail, line, selection.file)
            for selection in to.selections
            for id, mail, line in selection.rows
            if id and mail and id in self._by_id and self._find("", mail) not in (None, self._by_id[id])
        ]

    def _listed(self, selection: Selection) -> set[int]:
        return {p for id, mail, _ in selection.rows if (p := self._find(id, mail)) is not None}

    def _named(self, emails: Iterable[str]) -> set[int]:
        return {p for email in emails if (p := self._by_email.get(email_key(email))) is not None}

    def _find(self, student_id: str, email: str) -> int | None:
        """Find a member by student id if both sides have one, else by e-mail, as ``matching`` does."""
        position = self._by_id.get(student_id) if student_id else None
        if position is None and (position := self._by_email.get(email_key(email))) is not None:
            return position if may_be_one(student_id, self.roster[position].student_id) else None
        return position

    def _tagged(self, tags: Iterable[str], still: bool = False) -> set[int]:
        """The members with one of the tags. With ``still``, a tag does not count after its last day."""
        found: set[int] = set()
        for tag in tags:
            tagged = (self._by_day if tag.startswith(IMPORTED) else self._by_tag).get(tag, set())
            ends = self._by_end.get(tag, {}) if still else {}
            over = [positions for day, positions in ends.items() if day < self.today.isoformat()]
            found |= tagged.difference(*over) if over else tagged
        return found

    @cached_property
    def _by_email(self) -> Mapping[str, int]:
        return {member.key: position for position, member in enumerate(self.roster)}

    @cached_property
    def _by_id(self) -> Mapping[str, int]:
        return {member.student_id: position for position, member in enumerate(self.roster) if member.student_id}

    @cached_property
    def _by_tag(self) -> Mapping[str, set[int]]:
        together: dict[str, list[int]] = {}
        for position, member in enumerate(self.roster):
            together.setdefault(member.tags, []).append(position)
        by_tag: dict[str, set[int]] = {}
        for tags, positions in together.items():
            for tag in split_tags(tags):
                by_tag.setdefault(tag, set()).update(positions)
        return by_tag

    @cached_property
    def _by_role(self) -> Mapping[str, set[int]]:
        """By the role without case."""
        by_role: dict[str, set[int]] = {}
        for position, member in enumerate(self.roster):
            by_role.setdefault(member.role.casefold(), set()).add(position)
        return by_role

    @cached_property
    def _by_end(self) -> Mapping[str, Mapping[str, set[int]]]:
        """Who has which tag only to which day (ISO), by tag and day."""
        together: dict[str, list[int]] = {}
        for position, member in enumerate(self.roster):
            if member.ends:
                together.setdefault(member.ends, []).append(position)
        by_end: dict[str, dict[str, set[int]]] = {}
        for ends, positions in together.items():
            for tag, day in split_ends(ends).items():
                by_end.setdefault(tag, {}).setdefault(day, set()).update(positions)
        return by_end

    @cached_property
    def _by_day(self) -> Mapping[str, set[int]]:
        by_day: dict[str, set[int]] = {}
        for position, record in enumerate(self.records):
            day = self.snapshot.members[record].imported_on if record else self.today.isoformat()
            by_day.setdefault(IMPORTED + day, set()).add(position)
        return by_day
