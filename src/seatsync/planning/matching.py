"""Match the members of the rosters with the members of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatsync.domain.person import RosterMember
from seatsync.domain.snapshot import Snapshot


class Matching(NamedTuple):
    """The result of matching. ``records[i]`` is the number of the i-th roster member in the ledger, 0 for a new member.

    ``leaving`` are the numbers of members who are on a roster in the ledger but no longer in the files, in order.
    """

    records: list[int]
    leaving: list[int]


def match(roster: Sequence[RosterMember], snapshot: Snapshot) -> Matching:
    """Match members by student id if both sides have one, else by e-mail.

    So records with different student ids are different people, even with the same e-mail (an address that was given to
    someone new). With the same e-mail, an id that only lost its leading zeros, as in spreadsheets, counts as the same.
    Members who have left can match too, but members on a roster come first.
    """
    if not snapshot.members:
        return Matching([0] * len(roster), [])
    by_id, by_email = _index(snapshot)
    records = [by_id.get(member.student_id, 0) if member.student_id else 0 for member in roster]
    taken = set(records)
    members = snapshot.members
    for position, member in enumerate(roster):
        if not records[position]:
            for number in by_email.get(member.key, ()):
                if number not in taken and may_be_one(member.student_id, members[number].student_id):
                    records[position] = number
                    taken.add(number)
                    break
    leaving = [number for number, member in members.items() if member.on_roster and number not in taken]
    return Matching(records, sorted(leaving))


def may_be_one(one: str, other: str) -> bool:
    """Whether two student ids with the same e-mail can belong to one person: one is missing, or lost its zeros."""
    return not one or not other or one.lstrip("0") == other.lstrip("0")


def _index(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, list[int]]]:
    by_id: dict[str, int] = {}
    by_email: dict[str, list[int]] = {}
    for number, member in sorted(snapshot.members.items(), key=lambda item: (not item[1].on_roster, -item[0])):
        if member.student_id:
            by_id.setdefault(member.student_id, number)
        by_email.setdefault(member.key, []).append(number)
    return by_id, by_email
