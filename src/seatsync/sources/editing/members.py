"""Add members to a roster, and remove them from all files."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType

from seatsync.domain.diagnostic import counted
from seatsync.domain.person import Person, RosterMember, spoken
from seatsync.domain.text.tags import EVERYTHING, join_tags, split_ends, split_tags
from seatsync.sources.editing import mentions
from seatsync.sources.editing.folder import EditedFolder, key_of
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.rosters import by_name, editable, rosters_to_add_to
from seatsync.sources.editing.tag_lists import drop_rows
from seatsync.sources.rosters.files import RosterFile

NOBODY: Mapping[str, str] = MappingProxyType({})


def add(
    folder: EditedFolder, people: Collection[Person], roster: str | None = None, leaving: Mapping[str, str] = NOBODY
) -> None:
    """Add people to a roster: the one that is named, or the only one that can be changed.

    ``leaving`` has the last days (ISO) of those who leave, by the keys of their e-mails.

    Raises:
        CannotEdit: there are several rosters, or one of the people is there with another name or id.
    """
    present = _rows(folder.rosters)
    if roster is None:
        people = [person for person in people if not _is_there(folder, person, present)]
        if not people:
            return
    file = _roster(folder, roster)
    rows = _rows([file])
    given = file.reader.tags
    target = editable(folder, file)
    new = [person for person in people if not _is_there(folder, person, rows)]
    for person in new:
        last_day = leaving.get(key_of(person.email), "") if target.has_last_days else ""
        own = join_tags(tag for tag in split_tags(person.tags) if tag not in given)
        target.add(person._replace(tags=own), last_day)
        folder.promise(person.email, partial(_is_as_given, person, last_day), "not be a member with all that was given")
    if new:
        folder.say(f"Added to {file.reader.file}: {counted(len(new), 'member')}.")
    if not target.has_last_days and (untold := [one.email for one in new if key_of(one.email) in leaving]):
        more = f" and {len(untold) - 1:,} more" if len(untold) > 1 else ""
        folder.say(f"{file.reader.file} has no column for a last day, so {untold[0]}{more} will not leave by it.")


def _is_as_given(person: Person, last_day: str, member: RosterMember | None) -> bool:
    """Whether all that was given of a person is read back; a value may be written into a column that has several meanings."""
    if member is None:
        return False
    has_tags = {*split_tags(person.tags)} <= {*split_tags(member.tags)}
    leaves = not last_day or split_ends(member.ends).get(EVERYTHING) == last_day
    return has_tags and leaves and all(getattr(person, field) in ("", getattr(member, field)) for field in _TOLD)


_TOLD = ("given_name", "family_name", "student_id", "role")


def _rows(rosters: Iterable[RosterFile]) -> dict[str, list[RosterMember]]:
    rows: dict[str, list[RosterMember]] = {}
    for roster in rosters:
        for member in roster.reader.members:
            rows.setdefault(member.key, []).append(member)
    return rows


def _is_there(folder: EditedFolder, person: Person, rows: dict[str, list[RosterMember]]) -> bool:
    """Whether the person is on a roster with all that is given.

    Raises:
        CannotEdit: they are there with something else.
    """
    there = rows.get(key_of(person.email))
    if not there:
        return False
    for member in there:
        for field in _TOLD:
            asked, has = getattr(person, field), getattr(member, field)
            if asked and asked != has:
                fact = f"{person.email} is a member already ({member.origin}), with another {spoken(field)}."
                raise CannotEdit(fact, f"Correct the row in {member.file} by hand.")
    lacking = {*split_tags(person.tags)} - {tag for member in there for tag in split_tags(member.tags)}
    if lacking:
        fact = f"{person.email} is a member already ({there[0].origin}), without the tag {min(lacking)}."
        raise CannotEdit(fact, f"Tag the member: `seatsync edit tag {min(lacking)} {person.email}`.")
    folder.say(f"{person.email} is a member already ({there[0].origin}).")
    return True


def _roster(folder: EditedFolder, name: str | None) -> RosterFile:
    if name is None:
        possible = rosters_to_add_to(folder)
        if len(possible) == 1:
            return possible[0]
        if not possible:
            raise CannotEdit(
                "seatsync.yaml has no roster to which a member can be added.",
                "Add one under `rosters`, for example `- {path: rosters/members.csv}`, with the header "
                "email,given_name,family_name,student_id,role,tags.",
            )
        raise CannotEdit(
            f"The member can be added to several rosters: {by_name(possible)}.", "Say which: --roster FILE."
        )
    wanted = {os.path.realpath(name), os.path.realpath(folder.files.path / name)}
    for roster in folder.rosters:
        if os.path.realpath(folder.files.path / roster.reader.file) in wanted:
            if roster.reader.how.adds_tags:
                fact = f"{roster.reader.file} is a list that only adds tags: nobody is a member by it."
                raise CannotEdit(fact, "Name a roster of members.")
            return roster
    raise CannotEdit(
        f"{name} is not a roster of seatsync.yaml.", f"The rosters are {by_name(folder.rosters) or 'none'}."
    )


def remove(folder: EditedFolder, emails: Iterable[str]) -> None:
    """Remove members from every roster, and their names from the rules and lists that have them.

    Raises:
        CannotEdit: one of them is on a roster that can't be changed.
    """
    keys = dict.fromkeys(map(key_of, emails))
    for roster, rows in folder.rows_of(keys.keys()):
        target = editable(folder, roster)
        for row in rows:
            target.remove(row)
            folder.promise(row.email, lambda member: member is None, "still be a member")
        folder.say(f"Removed from {roster.reader.file}: {_people(rows)}.")
    for name in sorted(drop_rows(folder, keys.keys())):
        folder.say(f"Removed from {name}.")
    for fact in folder.unknown([key for key in keys if key not in folder.positions]):
        folder.say(fact)
    mentions.remove_all(folder, keys.keys())


def _people(rows: list[RosterMember]) -> str:
    return rows[0].email if len(rows) == 1 else f"{len(rows):,} members"
