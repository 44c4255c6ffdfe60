"""One member in several rosters of an institution."""

from __future__ import annotations

from sys import intern

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.person import Person, RosterMember
from seatsync.domain.text.tags import join_tags, split_tags


def merge(rosters: list[list[RosterMember]], found: list[Diagnostic]) -> list[RosterMember]:
    """All members, each once, in the order of the files.

    A student who teaches stands in two files: one member, with the tags of both, where names and ids agree (what
    only one file gives, as an id or a role, is taken from there). Where they do not agree, an error names both places.
    """
    if len(rosters) == 1:
        return rosters[0]
    merged: dict[str, RosterMember] = {}
    ids: dict[str, RosterMember] = {}
    for member in (member for roster in rosters for member in roster):
        known = merged.get(member.key)
        owner = ids.get(member.student_id) if member.student_id else None
        if owner is not None and owner.key != member.key:
            said = f"The student id {member.student_id} of {member.email} is that of {owner.email} in {owner.origin}."
            _conflict(owner, member, said, found)
        elif known is None:
            merged[member.key] = member
        elif disagreement := _disagreement(known, member):
            said = f"{member.email} stands also in {known.origin}, but {disagreement}. In two files it must be the same person."
            _conflict(known, member, said, found)
        else:
            both = {name: getattr(known, name) or getattr(member, name) for name in Person._field_defaults}
            tags = intern(join_tags([*split_tags(known.tags), *split_tags(member.tags)]))
            merged[member.key] = known._replace(**both | {"tags": tags})
        if member.student_id:
            ids.setdefault(member.student_id, merged.get(member.key, member))
    return list(merged.values())


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
