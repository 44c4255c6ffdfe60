"""Match the members of the rosters with the members of the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from seatsync.domain.approval import Approval, use_of
from seatsync.domain.desired import Desired
from seatsync.domain.person import Member, RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.ids import plain_email, plain_id
from seatsync.domain.text.names import all_words, have_same_names, share_a_name


class Doubt(NamedTuple):
    """A match that may be two people: the member at ``position`` of the roster gets this ``record``.

    ``owner`` is another record with the e-mail and the names of the row, 0 for none: then the ids have probably moved.
    """

    position: int
    record: int
    owner: int = 0


class Matching(NamedTuple):
    """The result of matching. ``records[i]`` is the number of the i-th roster member in the ledger, 0 for a new member.

    ``leaving`` are the numbers of members who are on a roster in the ledger but no longer in the files, in order; also of those in their
    grace period.
    ``doubts`` are matches that the rule ``identity-changed`` refuses. ``approved`` has the approval that says who
    the member at a position of the roster is, ``replaced`` the one by which a record gives up its e-mail and student id to
    somebody new.
    """

    records: list[int]
    leaving: list[int]
    doubts: Sequence[Doubt] = ()
    approved: Mapping[int, Approval] = {}
    replaced: Mapping[int, Approval] = {}

    @property
    def sure(self) -> list[int]:
        """The ``records`` without doubts, 0 in their place."""
        doubtful = {doubt.position for doubt in self.doubts}
        return [0 if position in doubtful else record for position, record in enumerate(self.records)]


CODE = "identity-changed"
"""The refusal of doubts, and of the approvals that say who somebody is."""


def who_is_who(desired: Desired, snapshot: Snapshot, today: date) -> Matching:
    """Match the members of the files, with the approvals that are in force and unused."""
    approvals = [
        approval
        for approval in desired.approvals
        if approval.refusal == CODE and approval.until >= today and use_of(approval, snapshot.approvals) is None
    ]
    return match(desired.members, snapshot, approvals)


def match(roster: Sequence[RosterMember], snapshot: Snapshot, approvals: Iterable[Approval] = ()) -> Matching:
    """Match members by student id if both sides have one, else by e-mail.

    With the same e-mail, another id is the same person's if it only lost its leading zeros, or if the names are the same and
    the old id stands on no row. Members who have left can match too, but members on a roster come first. A match that may be
    two people is a doubt, unless one of the ``approvals`` in force says who it is.
    """
    if not snapshot.members:
        return Matching([0] * len(roster), [])
    matcher = _Matcher(roster, snapshot, approvals)
    matcher.by_student_id()
    matcher.by_email()
    matcher.by_approval()
    return matcher.result()


def may_be_one(one: str, other: str) -> bool:
    """Whether two student ids with the same e-mail can belong to one person: one is missing, or lost its zeros."""
    return not one or not other or one.lstrip("0") == other.lstrip("0")


class _Matcher:
    def __init__(self, roster: Sequence[RosterMember], snapshot: Snapshot, approvals: Iterable[Approval]) -> None:
        self.roster = roster
        self.members = snapshot.members
        self.by_id, self.by_key = _index(snapshot)
        self.answers = _answers(approvals)
        self.records = [0] * len(self.roster)
        self.taken: set[int] = set()
        self.doubts: list[Doubt] = []
        self.approved: dict[int, Approval] = {}
        self.rejected: dict[int, Approval] = {}

    def by_student_id(self) -> None:
        """Match by student id."""
        members, by_id = self.members, self.by_id
        self.records = [by_id.get(member.student_id, 0) if member.student_id else 0 for member in self.roster]
        self.taken = set(self.records)
        for position, record in enumerate(self.records):
            if record:
                row, known = self.roster[position], members[record]
                if (row.key != known.key or not known.is_listed) and (doubt := self._doubt(position, record)):
                    self._settle(doubt)
        self.taken = set(self.records)

    def by_email(self) -> None:
        """Match the remaining members by e-mail. The first record that is surely the same person's is taken."""
        for position, row in enumerate(self.roster):
            if self.records[position]:
                continue
            possible = [
                number
                for number in self.by_key.get(row.key, ())
                if number not in self.taken and self._may_be_one(row, self.members[number])
            ]
            if not possible:
                continue
            doubts = [self._doubt(position, number) for number in possible]
            if None in doubts:
                self.records[position] = possible[doubts.index(None)]
            else:
                self.records[position] = possible[0]
                self._settle(*filter(None, doubts))
            self.taken.add(self.records[position])

    def by_approval(self) -> None:
        """Give a new member the record of the person they are by an approval.

        It is the record with their e-mail, or that of the one member with their names who leaves.
        """
        new = [(p, self.roster[p]) for p, record in enumerate(self.records if self.answers else ()) if not record]
        agreed = [(p, row, approval) for p, row in new if (approval := self._answer(row)) and approval.is_same]
        if not agreed:
            return
        namesakes = Counter(all_words(row) for _, row in new)
        leavers: dict[frozenset[str], list[int]] = {}
        for number, member in self.members.items():
            if member.on_roster and number not in self.taken:
                leavers.setdefault(all_words(member), []).append(number)
        for position, row, approval in agreed:
            words = all_words(row)
            found = [number for number in self.by_key.get(row.key, ()) if number not in self.taken]
            if not found and namesakes[words] == 1 == len(leavers.get(words, ())):
                found = [number for number in leavers[words] if number not in self.taken]
            if found:
                self.records[position] = found[0]
                self.approved[position] = approval
                self.taken.add(found[0])

    def result(self) -> Matching:
        leaving = [n for n, member in self.members.items() if member.on_roster and n not in self.taken]
        replaced = {n: self.rejected[n] for n in sorted(self.rejected) if n not in self.taken}
        return Matching(self.records, sorted(leaving), self.doubts, self.approved, replaced)

    def _may_be_one(self, row: RosterMember, known: Member) -> bool:
        return may_be_one(row.student_id, plain_id(known.student_id)) or have_same_names(row, known)

    def _doubt(self, position: int, record: int) -> Doubt | None:
        """The doubt about this match, if there is one."""
        row, known = self.roster[position], self.members[record]
        has_id = bool(row.student_id) and row.student_id == plain_id(known.student_id)
        if have_same_names(row, known):
            return None
        owner = self._owner(row) if has_id and row.key != known.key else 0
        if owner or not share_a_name(row, known):
            is_sure = has_id and known.is_listed and row.key == known.key
            return None if is_sure else Doubt(position, record, owner)
        return None

    def _owner(self, row: RosterMember) -> int:
        """The record with the e-mail and the names of the row, 0 for none."""
        return next((n for n in self.by_key.get(row.key, ()) if have_same_names(row, self.members[n])), 0)

    def _settle(self, *doubts: Doubt) -> None:
        """Do what the approval says about a member's possible records, if there is one; else keep the first doubt."""
        position = doubts[0].position
        approval = self._answer(self.roster[position])
        if approval is None:
            self.doubts.append(doubts[0])
            return
        self.approved[position] = approval
        if not approval.is_same:
            self.records[position] = 0
            self.rejected.update((doubt.record, approval) for doubt in doubts)

    def _answer(self, row: RosterMember) -> Approval | None:
        if not self.answers:
            return None
        return self.answers.get(row.key) or self.answers.get(f"id {row.student_id}")


def _answers(approvals: Iterable[Approval]) -> dict[str, Approval]:
    """The approvals that say who somebody is, by e-mail key and by ``id`` and student id of the row."""
    found: dict[str, Approval] = {}
    for approval in approvals:
        for name in approval.names:
            found.setdefault(name, approval)
    return found


def _index(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, list[int]]]:
    by_id: dict[str, int] = {}
    by_email: dict[str, list[int]] = {}
    for number, member in sorted(snapshot.members.items(), key=lambda item: (not item[1].is_listed, -item[0])):
        if id := plain_id(member.student_id):
            by_id.setdefault(id, number)
        by_email.setdefault(_as_read(member.key), []).append(number)
    return by_id, by_email


def _as_read(key: str) -> str:
    """The key as rosters are read today. Older ledgers have e-mails as they were typed."""
    return key if key.isascii() and key[:1] not in ("=", "'", "#") else email_key(plain_email(key))
