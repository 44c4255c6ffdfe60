"""The files and the ledger around one member: as much of both as decides who the member is and which grants reach them.

Rows and records are matched by e-mail and student id, and a row of a selection ties an id to an e-mail. So only the rows and
records that share a name with the member, directly or through others, matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from seatsync.domain.desired import Counted, Grant
from seatsync.domain.person import RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.file_names import TABLES, WORKBOOKS
from seatsync.domain.text.ids import plain_id
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.queries.named import members_named, names_of
from seatsync.planning.matching import CODE
from seatsync.plans.plain_roster import SlowPath
from seatsync.plans.plain_yaml import PlainYaml
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import Loaded, load
from seatsync.sources.portal.committed import EVERY_EXPORT
from seatsync.sources.rosters.files import RosterFile
from seatsync.sources.rosters.members import RosterReader, mentions
from seatsync.sources.rosters.read import read_csv_with


class Around(NamedTuple):
    """The files with the rows that matter for a member, and the numbers of the records that do (None: all)."""

    loaded: Loaded
    numbers: Collection[int] | None


def read_around(
    folder: InstitutionFolder,
    connection: Connection | None,
    institution: str,
    books: Snapshot,
    name: str,
    now: datetime,
) -> Around:
    """Read what matters for the member with this e-mail or student id; ``books`` is the ledger without members.

    If the files are those of the last apply, they were checked then, and only the rows that matter are read. Otherwise all are.
    """
    names = _Names(connection, institution, name)
    loaded = _applied_files(folder, names, books.baseline.get("files", {}), now) or load(
        folder, now, taken=EVERY_EXPORT
    )
    if loaded.desired is None:
        return Around(loaded, ())
    if any(approval.refusal == CODE and approval.is_same for approval in loaded.desired.approvals):
        return Around(
            load(folder, now, taken=EVERY_EXPORT), None
        )  # such an approval also looks for people with the same names
    members = loaded.desired.members
    rows = names.complete(loaded.desired.grants, lambda: [row for row in members if names.has(row)])
    return Around(loaded._replace(desired=replace(loaded.desired, members=rows)), names.numbers)


def _applied_files(
    folder: InstitutionFolder, names: _Names, applied: Mapping[str, str], now: datetime
) -> Loaded | None:
    """The files with the rows that matter; None if they are not those that were applied."""

    def read(files: list[RosterFile], grants: Callable[[], list[Grant]]) -> Counted:
        if any(file.reader.how.adds_tags for file in files):
            raise SlowPath("a list adds tags to members of other rosters")
        if any(suffix_of(file.reader.file) in WORKBOOKS for file in files):
            raise SlowPath("a roster is a workbook")
        texts = [file.text() or "" for file in files]
        if any(applied.get(name) != digest for file in files for name, digest in file.folder.digests.items()):
            raise SlowPath("a file has changed since the apply")
        found: list[list[RosterMember]] = []

        def rows() -> Iterable[RosterMember]:
            found[:] = [_rows_with(names, file, text) for file, text in zip(files, texts, strict=True)]
            return [row for members in found for row in members]

        names.complete(grants(), rows)
        for file, members in zip(files, found, strict=True):
            file.reader.members += members
        return {}

    try:
        loaded = load(folder, now, read, EVERY_EXPORT) if applied else None
    except SlowPath:
        return None
    if loaded is None or loaded.desired is None or loaded.desired.files != applied:
        return None
    return loaded


def _rows_with(names: _Names, file: RosterFile, text: str) -> list[RosterMember]:
    """The members of a roster who have one of the names."""
    reader = RosterReader(file.reader.file, file.reader.tags, [], file.reader.how)
    if suffix_of(reader.file) in TABLES:
        read_csv_with(text, reader, names.all)
    else:
        roster = PlainYaml(replace(file, reader=reader), text)
        roster.texts.unmatched = {member for member in roster.texts.members if mentions(names.all, [member])}
        roster.take_rest()
    return [row for row in reader.members if names.has(row)]


class _Names:
    """The e-mail keys and student ids that the member's rows and records have. ``numbers`` are those of the records."""

    def __init__(self, connection: Connection | None, institution: str, name: str) -> None:
        self.connection = connection
        self.institution = institution
        self.keys, self.ids = {email_key(name)} - {""}, set[str]()
        self.numbers = {*members_named(connection, institution, name)} if connection is not None else set[int]()
        self._asked = (0, 0)

    @property
    def all(self) -> set[str]:
        return self.keys | self.ids

    def has(self, row: RosterMember) -> bool:
        return row.key in self.keys or row.student_id in self.ids

    def complete(self, grants: Sequence[Grant], rows: Callable[[], Iterable[RosterMember]]) -> list[RosterMember]:
        """Find all names that belong together, and return the rows that have them. ``rows`` reads those for the present names."""
        while True:
            while self._learn(_tied(grants, self)) or self._learn(self._recorded()):
                pass
            found = [*rows()]
            if not self._learn((row.key, row.student_id) for row in found):
                return found

    def _learn(self, names: Iterable[tuple[str, str]]) -> bool:
        """Add pairs of a key and an id; return whether one of them is new."""
        before = self._size
        for key, id in names:
            self.keys |= {key} - {""}
            self.ids |= {id} - {""}
        return self._size != before

    def _recorded(self) -> Iterator[tuple[str, str]]:
        """The names of the records that have one of the names."""
        if self.connection is None or self._asked == self._size:
            return
        self._asked = self._size
        self.numbers |= numbers_of(self.connection, self.institution, self.keys, self.ids).keys()
        for key, id in names_of(self.connection, self.institution, self.numbers):
            yield key, plain_id(id)

    @property
    def _size(self) -> tuple[int, int]:
        return len(self.keys), len(self.ids)


def _tied(grants: Sequence[Grant], names: _Names) -> Iterator[tuple[str, str]]:
    """The names in the rows of selections that have one of the names."""
    for grant in grants:
        for id, email, _ in (row for selection in grant.to.selections for row in selection.rows):
            if (key := email_key(email)) in names.keys or id in names.ids:
                yield key, id
