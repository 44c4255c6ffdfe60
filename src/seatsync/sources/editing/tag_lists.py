"""Change lists that only add tags (`adds: tags`): a row more for a tag, a row less when it has no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from seatsync.domain.person import Person, RosterMember
from seatsync.domain.text.file_names import TABLES
from seatsync.domain.text.tags import split_tags
from seatsync.sources.editing.folder import EditedFolder
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.rosters import editable, not_editable, takes_tags
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.rosters.adding.tag_list import TagsReader
from seatsync.sources.rosters.adding.with_tags import whose
from seatsync.sources.rosters.files import RosterFile
from seatsync.sources.rosters.how import Take


def list_in_place_of(folder: EditedFolder, roster: RosterFile) -> RosterFile | None:
    """Return the list to write a tag into if the members' roster can't take one; None if it can, or there is no list that can."""
    if takes_tags(folder, roster):
        return None
    lists = (one for one in folder.rosters if one.reader.how.adds_tags and not not_editable(one))
    plain = (one for one in lists if not one.reader.tags and one.reader.how.take == Take())
    return next((one for one in plain if takes_tags(folder, one)), None)


def add_rows(folder: EditedFolder, listed: RosterFile, members: Sequence[RosterMember], tag: str) -> None:
    """Write a row with the tag for each member."""
    target = editable(folder, listed)
    for member in members:
        target.add(Person(member.email, "", "", tags=tag))


def drop_rows(folder: EditedFolder, keys: Collection[str], tag: str | None = None) -> set[str]:
    """Take the tag, or with None whole rows, of members from every list; return the lists that change.

    Raises:
        CannotEdit: the entry gives the tag to everybody in the list, or the row can't be changed.
    """
    changed: set[str] = set()
    for roster, row, tags in _rows(folder, keys):
        if tag is not None and tag not in tags:
            continue
        name = roster.reader.file
        fact = f"{row.email} has the tag {tag} from {row.origin}, a list that adds tags"
        if suffix_of(name) not in TABLES:
            raise CannotEdit(f"{fact}.", "Delete it there by hand.")
        target = editable(folder, roster)
        own = target.tags(row)
        if tag is not None and tag not in own:
            raise CannotEdit(f"{fact}, and not from its column of tags.", "Delete it there by hand.")
        if tag is None or {*own} == {tag}:
            target.remove(row)
        else:
            target.untag(row, tag)
        changed.add(name)
    return changed


def _rows(folder: EditedFolder, keys: Collection[str]) -> Iterator[tuple[RosterFile, RosterMember, tuple[str, ...]]]:
    """Yield the rows of lists that name these members: the list, the member at that line, and the tags that the row adds."""
    members = folder.desired.members
    ids = {member.student_id: at for at, member in enumerate(members) if member.student_id}
    for roster in folder.rosters:
        for row in roster.reader.additions if isinstance(roster.reader, TagsReader) else ():
            whom = whose(row, folder.positions, ids)
            if whom is not None and members[whom].key in keys:
                yield roster, members[whom]._replace(file=roster.reader.file, line=row.line), split_tags(row.tags)
