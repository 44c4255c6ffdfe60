"""Change lists that only add tags (`adds: tags`): a row more for a tag, a row less when it has no other."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Collection, Iterator, Sequence

from seatsync.domain.person import Person, RosterMember
from seatsync.domain.text.formulas import defused
from seatsync.domain.text.tags import split_tags
from seatsync.sources.editing.folder import EditedFolder
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.rosters import editable, not_editable, takes_tags
from seatsync.sources.rosters.adding.tag_list import TagsReader
from seatsync.sources.rosters.adding.with_tags import whose
from seatsync.sources.rosters.files import RosterFile
from seatsync.sources.rosters.header import spec_of
from seatsync.sources.rosters.how import Take

_HEADERS = (("student_id", "email", "tags"), ("email", "tags"))
_OURS = re.compile(r"rosters/tags(-[0-9]+)?\.csv")
"""What lists are called that edits write."""


def lists_for(folder: EditedFolder) -> Iterator[RosterFile]:
    """Yield the lists into which a tag can be written."""
    lists = (one for one in folder.rosters if one.reader.how.adds_tags and not not_editable(one))
    plain = (one for one in lists if not one.reader.tags and one.reader.how.take == Take())
    return (one for one in plain if takes_tags(folder, one))


def needs_list(folder: EditedFolder, roster: RosterFile) -> bool:
    """Whether the rows of a roster can't get a tag: another program makes it, or it has no column of tags.

    An encrypted one is not meant: a list would tell who is in it.
    """
    if not_editable(roster):
        return True
    return not takes_tags(folder, roster) and folder.files.can_be_changed(roster.reader.file)


def add_rows(folder: EditedFolder, members: Sequence[RosterMember], tag: str) -> str:
    """Write a row with the tag for each member, into a list that is there or a new one; return its file.

    Raises:
        CannotEdit: the list or seatsync.yaml can't be changed.
    """
    listed = next(lists_for(folder), None)
    if listed is None:
        return _write_list(folder, members, tag)
    target, columns = editable(folder, listed), listed.reader.columns
    known = (
        {"email"}
        if columns is None
        else {field for field, bound in columns.fields.items() if bound.position is not None}
    )
    for member in members:
        values = {"email": member.email, "student_id": member.student_id}
        kept = {field: value if field in known else "" for field, value in values.items()}
        if not any(kept.values()):
            fact = f"{listed.reader.file} lists people by student id alone, and {member.email} has none."
            raise CannotEdit(fact, "Add a column `email` to it by hand, then try again.")
        target.add(Person(kept["email"], "", "", kept["student_id"], tags=tag))
    return listed.reader.file


def _write_list(folder: EditedFolder, members: Sequence[RosterMember], tag: str) -> str:
    """Write a new list with a row for each member, name it in seatsync.yaml, and return its file."""
    names = (f"rosters/tags{number}.csv" for number in ("", *(f"-{one}" for one in range(2, 1_000))))
    name = next(name for name in names if not os.path.lexists(folder.files.path / name))
    has_ids = any(member.student_id for member in folder.desired.members)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADERS[0] if has_ids else _HEADERS[1])
    for member in members:
        row = (member.student_id, member.email, tag)
        writer.writerow(defused(row if has_ids else row[1:]))
    folder.files.create(name, text.getvalue().encode(), shown=text.getvalue())
    folder.edits.append(("rosters",), {"path": name, "adds": "tags"})
    return name


def drop_rows(folder: EditedFolder, keys: Collection[str], tag: str | None = None) -> set[str]:
    """Take the tag, or with None whole rows, of members from every list; return the lists that change.

    Raises:
        CannotEdit: the entry gives the tag to everybody in the list, or the row can't be changed.
    """
    changed: set[str] = set()
    for roster, row, tags in _rows(folder, keys):
        if tag is not None and tag not in tags:
            continue
        target = editable(folder, roster)
        own = target.tags(row)
        if tag is not None and tag not in own:
            fact = f"{row.email} has the tag {tag} from {row.origin}, a list that adds tags, and not from its column of tags."
            raise CannotEdit(fact, "Delete it there by hand.")
        if tag is None or {*own} == {tag}:
            target.remove(row)
        else:
            target.untag(row, tag)
        changed.add(roster.reader.file)
    for position, roster in enumerate(folder.rosters):
        if roster.reader.file in changed and _is_used_up(folder, position, roster):
            folder.files.delete(roster.reader.file)
            folder.edits.remove(("rosters",), position)
    return changed


def _is_used_up(folder: EditedFolder, position: int, roster: RosterFile) -> bool:
    """Whether nothing would be left of a list and its entry but what ``_write_list`` has written."""
    name = roster.reader.file
    if not _OURS.fullmatch(name) or folder.written("rosters", position) != {"path": name, "adds": "tags"}:
        return False
    edits = folder.files.csv(name, spec_of(roster.reader.how))
    return not edits.leaves_rows and any(tuple(edits.table.header) == header for header in _HEADERS)


def _rows(folder: EditedFolder, keys: Collection[str]) -> Iterator[tuple[RosterFile, RosterMember, tuple[str, ...]]]:
    """Yield the rows of lists that name these members: the list, the member at that line, and the tags that the row adds."""
    members = folder.desired.members
    ids = {member.student_id: at for at, member in enumerate(members) if member.student_id}
    for roster in folder.rosters:
        for row in roster.reader.additions if isinstance(roster.reader, TagsReader) else ():
            whom = whose(row, folder.positions, ids)
            if whom is not None and members[whom].key in keys:
                yield roster, members[whom]._replace(file=roster.reader.file, line=row.line), split_tags(row.tags)
