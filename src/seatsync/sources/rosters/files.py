"""The files that seatsync.yaml lists under `rosters`, and reading all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from seatsync.domain.desired import Counted, Grant
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.file_names import TABLES, YAML
from seatsync.formats.roster_entry import RosterEntry
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.files import Folder
from seatsync.sources.rosters.adding.tag_list import TagsReader
from seatsync.sources.rosters.how import HowToRead, Take
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.read import read_rows
from seatsync.sources.rosters.yaml_members import read_yaml
from seatsync.sources.tables.content import Content
from seatsync.sources.tables.read import no_workbook


@dataclass(slots=True)
class RosterFile:
    """A file listed under `rosters`."""

    folder: Folder
    reader: RosterReader
    encoding: str | None
    where: Origin
    sheet: str | None = None

    def content(self) -> Content | None:
        """Read the file and return its text, or the workbook that it is; None where the folder's diagnostics say why not."""
        return self.folder.read_table(self.reader.file, self.where, self.encoding)

    @property
    def is_set(self) -> bool:
        """Whether it is a folder or zip file, with a set of files."""
        name = self.reader.file
        return suffix_of(name) == ".zip" or self.folder.is_folder(name)

    def text(self) -> str | None:
        """Read the file and return its text, or None where the folder's diagnostics say why not."""
        return self.folder.read(self.reader.file, self.where, self.encoding)


ReadRosters = Callable[[list[RosterFile], Callable[[], list[Grant]]], Counted]
"""Reads the members of all files into their readers. Returns the members it only counted (``Desired.counted``).

The second argument returns the grants of the same institution."""


def read_whole(files: list[RosterFile], grants: Callable[[], list[Grant]]) -> Counted:
    """Read every member of every file."""
    for file in files:
        if file.sheet is not None and (file.is_set or suffix_of(file.reader.file) in YAML):
            file.folder.found.append(no_workbook(file.reader.file, file.sheet))
        if file.is_set and file.reader.how.adds_tags:
            message = f"{file.reader.file} is a folder or zip file; a list that adds tags must be a table or YAML."
            file.folder.found.append(Diagnostic("invalid-value", message, "Name the file with the tags.", file.where))
        elif file.is_set:
            from seatsync.sources.rosters.sets.read import read_set

            read_set(file.folder, file.reader, file.encoding, file.where)
        elif (content := file.content()) is not None:
            read_content(content, file)
    return {}


def read_content(content: Content, file: RosterFile) -> None:
    """Read the members of a file that is this text or workbook."""
    suffix, asks = suffix_of(file.reader.file), file.reader.how.asks
    if suffix in YAML and asks:
        message = f"{file.reader.file} is YAML, which has no columns, so `{asks[0]}` can't be used here."
        where = file.reader.how.place(asks[0])
        file.folder.found.append(Diagnostic("invalid-value", message, "Delete it.", where))
    elif suffix in TABLES:
        read_rows(content, file.reader, file.sheet)
    elif suffix in YAML and isinstance(content, str):
        read_yaml(content, file.reader)
    else:
        message = f"{file.reader.file} is neither a table nor YAML by its name, so seatsync can't tell how to read it."
        help = f"Save it as CSV and name it .csv; tables can also be {', '.join(TABLES[1:])}."
        file.folder.found.append(Diagnostic("file-unreadable", message, help, file.where))


def how_to_read(entry: RosterEntry, place: Callable[..., Origin], today: date) -> HowToRead:
    """What an entry says about reading its file. ``place`` gives the place of a key of the entry."""
    take = Take(**{name: tuple(words) if words is not None else None for name, words in entry.take})
    return HowToRead(
        entry.format,
        entry.map,
        take,
        entry.tags_from,
        place,
        entry.adds is not None,
        entry.adds is not None and bool(entry.tags),
        today.isoformat(),
    )


def reader_of(entry: RosterEntry, found: list[Diagnostic], place: Callable[..., Origin], today: date) -> RosterReader:
    """The reader of an entry's file: of members, or of tags for members of other rosters."""
    kind = TagsReader if entry.adds is not None else RosterReader
    return kind(entry.path, list(entry.tags), found, how_to_read(entry, place, today))
