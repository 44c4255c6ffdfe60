"""Give members the tags that lists have for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from sys import intern

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import nearest_emails
from seatsync.domain.text.tags import join_ends, join_tags, split_ends, split_tags
from seatsync.sources.rosters.adding.tag_list import Addition, TagsReader

_MOST_TOLD = 20
"""The rows of a list that get a warning each."""


def with_tags(members: list[RosterMember], lists: Sequence[TagsReader], found: list[Diagnostic]) -> list[RosterMember]:
    """Return the members with the tags that the lists add. A row that names nobody, or two people, is told to ``found``."""
    if not lists:
        return members
    tagged = [*members]
    keys = {member.key: position for position, member in enumerate(members)}
    ids = {member.student_id: position for position, member in enumerate(members) if member.student_id}
    for one in lists:
        nobody: list[Addition] = []
        for row in one.additions:
            position = whose(row, keys, ids)
            if position is None:
                nobody.append(row)
            elif fault := _contradiction(row, members, position, keys):
                help = "Correct the e-mail or the student id, or leave one of them out."
                found.append(Diagnostic("member-conflict", fault, help, Origin(one.file, row.line)))
            else:
                tagged[position] = _tagged(tagged[position], row.tags)
        found += _of_nobody(one.file, nobody, members, keys, ids)
    return tagged


def whose(row: Addition, keys: Mapping[str, int], ids: Mapping[str, int]) -> int | None:
    """The position of the member whom a row names: by student id, else by e-mail; None if there is none."""
    by_id = ids.get(row.student_id) if row.student_id else None
    return keys.get(row.key) if by_id is None and row.key else by_id


def _contradiction(row: Addition, members: Sequence[RosterMember], position: int, keys: Mapping[str, int]) -> str:
    member, other = members[position], keys.get(row.key, position) if row.key else position
    if other != position:
        return (
            f"This row has the student id {printable(row.student_id)} of {member.email}, but the e-mail of somebody else: "
            f"{members[other].email} ({members[other].origin})."
        )
    if row.student_id and member.student_id and row.student_id != member.student_id:
        return (
            f"This row has the e-mail {member.email} with the student id {printable(row.student_id)}, "
            f"but the id is {member.student_id} in {member.origin}."
        )
    return ""


def _tagged(member: RosterMember, tags: str) -> RosterMember:
    added, had = split_tags(tags), split_tags(member.tags)
    ends = member.ends
    if ends:  # a tag that a list gives does not end
        ends = join_ends({tag: day for tag, day in split_ends(ends).items() if tag not in added})
    return member._replace(tags=intern(join_tags([*had, *added])), ends=ends)


def _of_nobody(
    file: str,
    rows: Sequence[Addition],
    members: Sequence[RosterMember],
    keys: Mapping[str, int],
    ids: Mapping[str, int],
) -> Iterator[Diagnostic]:
    """Warn of rows that name nobody, each at its place; of very many, the last warning counts the others."""
    help = "Correct the e-mail or student id, add the member to a roster, or delete the row."
    nearly = nearest_emails([row.key for row in rows[:_MOST_TOLD] if row.key], keys)
    for row in rows[:_MOST_TOLD]:
        names = [name for name in (row.email, f"the student id {row.student_id}" if row.student_id else "") if name]
        near = f'Did you mean "{members[keys[nearly[row.key]]].email}"?' if row.key in nearly else ""
        if not row.email:
            near = _near_id(row, members, ids)
        message = f"{printable(' with '.join(names))} is not on any roster, so nobody gets the tags of this row. {near}"
        yield _warning(message.rstrip(), help, Origin(file, row.line), [row.email or row.student_id])
    if others := rows[_MOST_TOLD:]:
        are = "more row names" if len(others) == 1 else "more rows name"
        message = f"{len(others):,} {are} nobody who is on a roster, from this line on."
        yield _warning(message, help, Origin(file, others[0].line), [])


def _near_id(row: Addition, members: Sequence[RosterMember], ids: Mapping[str, int]) -> str:
    bare = row.student_id.lstrip("0")
    alike = [position for id, position in ids.items() if id.lstrip("0") == bare]
    if len(alike) != 1:
        return ""
    return f'Did you mean "{printable(members[alike[0]].student_id)}" ({members[alike[0]].email})?'


def _warning(message: str, help: str, where: Origin, names: Sequence[str]) -> Diagnostic:
    return Diagnostic("unknown-member", message, help, where, Severity.WARNING, None, names)
