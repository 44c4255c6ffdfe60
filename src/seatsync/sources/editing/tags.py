"""Give members a tag, and take it away."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from seatsync.domain.person import RosterMember
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.tags import split_tags, tag_fault
from seatsync.sources.editing.folder import EditedFolder, named
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.rosters import editable, takes_tags
from seatsync.sources.editing.tag_lists import add_rows, drop_rows, needs_list
from seatsync.sources.rosters.files import RosterFile


def tag(folder: EditedFolder, tag: str, emails: Iterable[str]) -> None:
    """Add the tag to each member's row, in the first roster that can be changed and has the member, or to a list of tags.

    Raises:
        CannotEdit: the tag is not valid, or the file can't be changed.
    """
    tag = clean(tag)
    if fault := tag_fault(tag):
        raise CannotEdit(f'"{printable(tag)}" can\'t be a tag: {fault}.', "Choose another tag.")
    members = folder.members(emails)
    have = [member for member in members if tag in split_tags(member.tags)]
    lack = {member.key for member in members if tag not in split_tags(member.tags)}
    if have:
        folder.say(f"{named(have)} {'has' if len(have) == 1 else 'have'} the tag {tag} already.")
    done: set[str] = set()
    listed: list[RosterMember] = []
    for roster, rows in sorted(folder.rows_of(lack), key=lambda pair: not takes_tags(folder, pair[0])):
        rows = [row for row in rows if row.key not in done]
        if not rows:
            continue
        done |= {row.key for row in rows}
        if needs_list(folder, roster):
            listed += rows
            continue
        target = editable(folder, roster)
        for row in rows:
            target.tag(row, tag)
        folder.say(f"Tagged {tag} in {roster.reader.file}: {named(rows)}.")
    if listed:
        folder.say(f"Tagged {tag} in {add_rows(folder, listed, tag)}: {named(listed)}.")
    for member in members:
        if member.key in done:
            folder.promise(member.email, partial(_has, tag), f"not have the tag {tag}")


def untag(folder: EditedFolder, tag: str, emails: Iterable[str]) -> None:
    """Remove the tag from each member's rows.

    Raises:
        CannotEdit: the tag does not come from the member's own row.
    """
    tag = clean(tag)
    members = folder.members(emails)
    without = [member for member in members if tag not in split_tags(member.tags)]
    if without:
        folder.say(f"{named(without)} {'has' if len(without) == 1 else 'have'} no tag {tag}.")
    keys = {member.key for member in members if tag in split_tags(member.tags)}
    for name in sorted(drop_rows(folder, keys, tag)):
        folder.say(f"Untagged {tag} in {name}.")
    for member in members:
        if member.key in keys:
            folder.promise(member.email, lambda member: not _has(tag, member), f"still have the tag {tag}")
    for roster, rows in folder.rows_of(keys):
        rows = [row for row in rows if tag in split_tags(row.tags)]
        if not rows:
            continue
        if tag in roster.reader.tags:
            raise CannotEdit(*_of_the_roster(roster, tag, rows))
        target = editable(folder, roster)
        for row in rows:
            if tag not in target.tags(row):
                fact = f"{row.email} has the tag {tag} from another column of {roster.reader.file}, not from `tags`."
                raise CannotEdit(fact, "Correct that column by hand.")
            target.untag(row, tag)
        folder.say(f"Untagged {tag} in {roster.reader.file}: {named(rows)}.")


def _has(tag: str, member: RosterMember | None) -> bool:
    return member is not None and tag in split_tags(member.tags)


def _of_the_roster(roster: RosterFile, tag: str, rows: list[RosterMember]) -> tuple[str, str]:
    fact = f"{rows[0].email} has the tag {tag} as a member of {roster.reader.file}: {roster.where} gives it to everybody there."
    return fact, "Move the member to another roster, or write the tag into the rows of those who shall have it."
