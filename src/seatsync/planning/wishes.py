"""Who shall hold what: the grants, worked out for every member."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from seatsync.domain.desired import Counted, Desired, Grant, Selector
from seatsync.domain.person import RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.tags import IMPORTED, split_tags
from seatsync.planning.matching import may_be_one

Named = tuple[str, str, int]
"""(student id, e-mail, line in a selection's file or 0); one of the first two may be empty."""


@dataclass(slots=True)
class Wishes:
    """What the files ask for, by library and position in the roster.

    ``wanted`` has the strongest live rule for each member, ``ended`` the last rule that has expired, ``resends`` the
    values of ``resend:`` of all live rules that reach the member, ``regrants`` whom any live rule asks again.
    ``reach`` counts whom each rule reaches, ``strangers`` are the student ids or e-mails that a rule names but no roster
    knows, ``mismatches`` rows of its file with the id of one member and the e-mail of another.
    """

    wanted: dict[str, dict[int, Grant]] = field(default_factory=dict)
    ended: dict[str, dict[int, Grant]] = field(default_factory=dict)
    resends: dict[str, dict[int, tuple[str, ...]]] = field(default_factory=dict)
    regrants: dict[str, set[int]] = field(default_factory=dict)
    reach: dict[Grant, int] = field(default_factory=dict)
    strangers: dict[Grant, list[Named]] = field(default_factory=dict)
    mismatches: dict[Grant, list[Named]] = field(default_factory=dict)


def work_out(desired: Desired, records: Sequence[int], snapshot: Snapshot, today: date) -> Wishes:
    """Resolve every grant. Stronger rules are laid over weaker ones; of equals the first in the files counts."""
    people = People(desired.members, records, snapshot, today)
    wishes = Wishes({library: {} for library in desired.libraries}, {library: {} for library in desired.libraries})
    laid = sorted(enumerate(desired.grants), key=lambda pair: (pair[1].strength, -pair[0]))
    for _, grant in laid:
        reached = people.reached(grant.to)
        wishes.reach[grant] = len(reached) + _counted_reached(grant.to, desired.counted)
        if unknown := people.strangers(grant.to):
            wishes.strangers[grant] = unknown
        if mismatches := people.mismatches(grant.to):
            wishes.mismatches[grant] = mismatches
        if grant.expired(today):
            wishes.ended[grant.library].update(dict.fromkeys(reached, grant))
            continue
        wishes.wanted[grant.library].update(dict.fromkeys(reached, grant))
        if grant.regrant:
            wishes.regrants.setdefault(grant.library, set()).update(reached)
        if grant.resend:
            values = wishes.resends.setdefault(grant.library, {})
            for position in reached:
                values[position] = tuple(sorted({*values.get(position, ()), grant.resend}))
    return wishes


def _counted_reached(to: Selector, counted: Counted) -> int:
    """How many of those who are only counted a selector reaches; it never names one of them."""
    if to.emails or to.selection is not None:
        return 0
    reached = 0
    for (tags, day), number in counted.items():
        has = {*split_tags(tags), IMPORTED + day}
        if has.issuperset(to.tags) and (not to.any_tags or has & {*to.any_tags}) and not has & {*to.not_tags}:
            reached += number
    return reached


@dataclass
class People:
    """The roster, ready to be asked for tags, e-mails and ids. Members are their positions in the roster."""

    roster: Sequence[RosterMember]
    records: Sequence[int]
    snapshot: Snapshot
    today: date

    def reached(self, to: Selector) -> set[int]:
        """Everyone for whom all conditions hold."""
        conditions: list[set[int]] = []
        if to.selection is not None:
            conditions.append({p for row in to.selection.rows if (p := self._find(row[0], row[1])) is not None})
        if to.emails:
            conditions.append({p for email in to.emails if (p := self._by_email.get(email_key(email))) is not None})
        conditions += [self._tagged([tag]) for tag in to.tags]
        if to.any_tags:
            conditions.append(self._tagged(to.any_tags))
        reached = set.intersection(*conditions) if conditions else set(range(len(self.roster)))
        return reached - self._tagged(to.not_tags) if to.not_tags else reached

    def strangers(self, to: Selector) -> list[Named]:
        """What a selector names but no roster has: of a row the e-mail, or the id where only that is unknown."""
        found = [("", email, 0) for email in to.emails if email_key(email) not in self._by_email]
        if to.selection is not None:
            unknown = [row for row in to.selection.rows if self._find(row[0], row[1]) is None]
            found += [
                ("", mail, line) if mail and email_key(mail) not in self._by_email else (id, "", line)
                for id, mail, line in unknown
            ]
        return found

    def mismatches(self, to: Selector) -> list[Named]:
        """Rows of a selection with the id of one member and the e-mail of another; the id counts."""
        return [
            (id, mail, line)
            for id, mail, line in (to.selection.rows if to.selection is not None else ())
            if id and mail and id in self._by_id and self._find("", mail) not in (None, self._by_id[id])
        ]

    def _find(self, student_id: str, email: str) -> int | None:
        """By student id where both sides have one, else by e-mail: as members themselves are known."""
        position = self._by_id.get(student_id) if student_id else None
        if position is None and (position := self._by_email.get(email_key(email))) is not None:
            return position if may_be_one(student_id, self.roster[position].student_id) else None
        return position

    def _tagged(self, tags: Iterable[str]) -> set[int]:
        found: set[int] = set()
        for tag in tags:
            found.update((self._by_day if tag.startswith(IMPORTED) else self._by_tag).get(tag, ()))
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
    def _by_day(self) -> Mapping[str, set[int]]:
        by_day: dict[str, set[int]] = {}
        for position, record in enumerate(self.records):
            day = self.snapshot.members[record].imported_on if record else self.today.isoformat()
            by_day.setdefault(IMPORTED + day, set()).add(position)
        return by_day
