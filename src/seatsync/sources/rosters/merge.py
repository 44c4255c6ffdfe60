"""Merge members that are in several rosters of an institution."""

from __future__ import annotations

from sys import intern

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.person import Person, RosterMember
from seatsync.domain.text.tags import EVERYTHING, join_ends, join_tags, later_ends, split_ends, split_tags


def merge(rosters: list[list[RosterMember]], found: list[Diagnostic]) -> list[RosterMember]:
    """Return all members, each once, in the order of the files.

    A student who teaches is in two files. If names and ids agree, both rows become one member with the tags of both; a value
    that only one file has, such as an id or a role, is kept. If they do not agree, an error names both places.
    """
    if len(rosters) == 1:
        return rosters[0]
    merged: dict[str, RosterMember] = {}
    ids: dict[str, RosterMember] = {}
    for member in (member for roster in rosters for member in roster):
        known = merged.get(member.key)
        owner = ids.get(member.student_id) if member.student_id else None
        if owner is not None and owner.key != member.key:
            message = f"{member.email} has the student id {member.student_id}, which belongs to {owner.email} in {owner.origin}."
            _conflict(owner, member, message, found)
        elif known is None:
            merged[member.key] = member
        elif disagreement := _disagreement(known, member):
            message = f"{member.email} is also in {known.origin}, but {disagreement}. Both must be the same person."
            _conflict(known, member, message, found)
        else:
            both = {name: getattr(known, name) or getattr(member, name) for name in Person._field_defaults}
            tags = intern(join_tags([*split_tags(known.tags), *split_tags(member.tags)]))
            ends = join_ends(later_ends(_ends(known), _ends(member))) if known.ends or member.ends else ""
            merged[member.key] = known._replace(**both | {"tags": tags, "ends": ends})
        if member.student_id:
            ids.setdefault(member.student_id, merged.get(member.key, member))
    return list(merged.values())


def _ends(member: RosterMember) -> dict[str, str]:
    """The last day of each of the member's tags, and of ``EVERYTHING``; empty for what does not end."""
    ends = dict.fromkeys((EVERYTHING, *split_tags(member.tags)), "") | split_ends(member.ends)
    last = ends[EVERYTHING]
    return {tag: min(day or last, last) for tag, day in ends.items()} if last else ends


def _disagreement(one: RosterMember, other: RosterMember) -> str:
    if (one.given_name, one.family_name) != (other.given_name, other.family_name):
        return (
            f'the name is "{one.given_name} {one.family_name}" there and "{other.given_name} {other.family_name}" here'
        )
    if one.student_id and other.student_id and one.student_id != other.student_id:
        return f"the student id is {one.student_id} there and {other.student_id} here"
    return ""


def _conflict(one: RosterMember, other: RosterMember, message: str, found: list[Diagnostic]) -> None:
    help = f"Make {one.origin} and {other.origin} agree."
    found.append(Diagnostic("member-conflict", message, help, other.origin))
