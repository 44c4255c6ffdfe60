"""The files of a bundle: for each step of a portal the people it is for, in the portal's own columns.

A file is read by a portal, so nothing may be put around or before a value. A row with a cell that a spreadsheet would read as a
formula is in no file: the check list has these people, to be typed in by hand. So has it whoever shares an e-mail with somebody
else in the portal: a file would select the wrong one. Only the corrections are read by nobody but a person, who must find all
of them in their order.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple
from unicodedata import normalize

from seatsync.domain.person import Member, found_by
from seatsync.domain.portal.at_vendor import to_correct, users_there
from seatsync.domain.portal.namesakes import namesakes, own_stand_in
from seatsync.domain.portal.steps import Step, StepKind, StepName
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.formulas import defused
from seatsync.domain.text.tags import split_tags
from seatsync.planning.work import names_of
from seatsync.reports.worklist.edits import Edit, edits
from seatsync.systems.portal import Portal, Takes, Task

MOST_IMPORTS = 20
"""The most sets of tags that get a file each. If there are more, all people are in one file, with the tags that they share."""

EDIT = "edit"

BY_HAND = ".by-hand"
"""Stands in the name of a file that must not be given to a portal. No library or tag brings a dot into a name."""

_LONGEST = 40
_NOT_IN_NAMES = re.compile("[^a-z0-9]+")


class Sheet(NamedTuple):
    """One file of a bundle: the rows of one task of a portal, for one library or for people with the same tags.

    ``folder`` is the portal's, if the institution has several; else empty. ``name`` is the file's name without its ending,
    ``base`` the name without tags. ``library`` is its id, empty if the task is about no library, and ``title`` its title.
    ``members`` are the numbers of all its people; ``rows`` are in the file, ``by_hand`` are rows that must not be in one.
    ``namesakes`` are the people of the portal's step who have the same e-mail there as somebody else. ``with_tags`` is the name with
    the tags, also where all people have the same.
    """

    folder: str
    name: str
    base: str
    portal: Portal
    task: Task
    library: str
    title: str
    tags: Sequence[str]
    members: Sequence[int]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    by_hand: Sequence[Sequence[str]]
    namesakes: frozenset[int] = frozenset()
    with_tags: str = ""

    @property
    def step(self) -> str:
        """The step's name, as in ``seatsync worklist done STEP``."""
        return self._in_folder(self.name)

    @property
    def key(self) -> str:
        """What the step is known by on pages: as its name, but the same whether or not other tags are open as well."""
        return self._in_folder(self.with_tags or self.name)

    @property
    def full_title(self) -> str:
        """What is done, and where."""
        return f"{self.task.title}: {self.title}" if self.title else self.task.title

    @property
    def steps(self) -> Sequence[Step]:
        """The steps that are done when the sheet is."""
        return [Step(self.portal.name, StepName(self.task.name), self.library, number) for number in self.members]

    @property
    def is_tagged(self) -> bool:
        """Whether the portal gives tags to the people of the file, so that other tags need another file."""
        return self.portal.tags_at_import and self.task.takes is Takes.UPLOAD

    @property
    def is_before_edits(self) -> bool:
        """Whether the portal still has people as before the corrections when it is the step's turn."""
        names = [task.name for task in self.portal.tasks]
        return EDIT in names and names.index(self.task.name) <= names.index(EDIT)

    @property
    def path(self) -> str:
        """The path of the portal's file in the bundle; empty if no row can be in one."""
        return f"{self.step}.csv" if self.rows else ""

    @property
    def text(self) -> str:
        """The text of the portal's file."""
        # No portal reads the corrections.
        return self._text(map(defused, self.rows) if self.task.name == EDIT else self.rows)

    @property
    def files(self) -> Mapping[str, str]:
        """The texts of the files by their paths in the bundle: the portal's, and for seatsync alone the rows by hand."""
        found = {self.path: self.text} if self.path else {}
        if self.by_hand:
            found[f"{self.step}{BY_HAND}.csv"] = self._text(map(defused, self.by_hand))
        return found

    def _in_folder(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    def _text(self, rows: Iterable[Sequence[str]]) -> str:
        """A file as the vendors' templates: comma and CRLF (RFC 4180), to be written as UTF-8 without a mark."""
        file = io.StringIO()
        csv.writer(file).writerows([self.columns, *rows])
        return file.getvalue()


def sheets(steps: Sequence[Step], books: Snapshot) -> list[Sheet]:
    """Return the files for these steps, in the order in which they must be done. People stand in them by name.

    ``books`` has the members of the steps, whoever else has an e-mail of theirs, and all libraries.
    """
    people: dict[StepKind, list[int]] = {}
    for place, step, library, member in steps:
        people.setdefault((place, step, library), []).append(member)
    by_name = sorted({*chain.from_iterable(people.values())}, key=lambda number: _in_order(books.members[number]))
    positions = {number: position for position, number in enumerate(by_name)}
    shared = namesakes(books, steps)
    found: list[Sheet] = []
    for kind, (portal, task, folder, name) in names_of(people, books).items():
        library, members = kind[2], sorted(people[kind], key=positions.__getitem__)
        title = books.libraries[library].title if library in books.libraries else library
        columns = portal.template.names
        blank = Sheet(folder, name, name, portal, task, library, title, (), members, columns, (), ())
        if portal.name in shared:
            blank = blank._replace(namesakes=shared[portal.name].members)
        found += _filled(blank, books.members)
    return found


def _in_order(member: Member) -> tuple[str, str]:
    """The sort key of people: by name, so that somebody finds them in a file."""
    return found_by(member), member.email


def _filled(sheet: Sheet, members: Mapping[int, Member]) -> Sequence[Sheet]:
    """Return the sheet with its rows; several where people are imported with different tags."""
    if sheet.task.name == EDIT:
        return [_of_edits(sheet, members)]
    if not sheet.is_tagged:
        return [_of_people(sheet, members)]
    by_tags: dict[str, list[int]] = {}
    for number in sheet.members:
        by_tags.setdefault(members[number].tags, []).append(number)
    if len(by_tags) > MOST_IMPORTS:
        shared = set.intersection(*({*split_tags(tags)} for tags in by_tags))
        return [_of_people(sheet._replace(tags=sorted(shared)), members)]
    names, found = _names([*by_tags]), []
    for tags in sorted(by_tags):
        with_tags = sheet.name + names[tags]
        name = with_tags if len(by_tags) > 1 else sheet.name
        of_tags = sheet._replace(name=name, with_tags=with_tags, tags=split_tags(tags), members=by_tags[tags])
        found.append(_of_people(of_tags, members))
    return found


def email_in(sheet: Sheet, number: int, member: Member) -> str:
    """The e-mail under which the portal has the member when it is the step's turn."""
    return _as_there(sheet, number, member).email


def emails_of(sheet: Sheet, number: int, member: Member) -> set[str]:
    """The e-mails that the member may have in a file of this step, also in one of before a correction.

    In steps up to the corrections, people have the e-mail of before: somebody else's there may be their new one.
    """
    if not member.on_roster:
        return {_found_there(sheet, number, member).email}
    before = users_there(member).get(sheet.portal.name, {}).get("email", member.email)
    return {before} if sheet.is_before_edits else {before, member.email}


def _as_there(sheet: Sheet, number: int, member: Member) -> Member:
    """The member as the portal has them when it is the step's turn: corrected, unless the corrections come later."""
    if member.there and sheet.is_before_edits:
        member = member._replace(**_still_there(sheet, member))
    return _found_there(sheet, number, member)


def _found_there(sheet: Sheet, number: int, member: Member) -> Member:
    """The member; who has left with the e-mail that finds them there: a stand-in if theirs is somebody else's."""
    if member.on_roster:
        return member
    if number in sheet.namesakes:
        return member._replace(email=own_stand_in(number))
    return member._replace(email=_still_there(sheet, member).get("email", member.email))


def _still_there(sheet: Sheet, member: Member) -> dict[str, Any]:
    """What the portal still has as before."""
    return {**users_there(member).get(sheet.portal.name, {})}


def _of_people(sheet: Sheet, members: Mapping[int, Member]) -> Sheet:
    """The sheet with a row for each person."""
    columns = sheet.portal.template.columns
    values = attrgetter(*(column.field for column in columns if not column.must_say))
    words = [(place, column.must_say) for place, column in enumerate(columns) if column.must_say]
    rows = [[*values(_as_there(sheet, number, members[number]))] for number in sheet.members]
    for place, word in words:
        for row in rows:
            row.insert(place, word)
    return _divided(sheet, rows)


def edits_of(sheet: Sheet, members: Mapping[int, Member]) -> Sequence[Edit]:
    """The values that are to be corrected in this step; none in steps of another task."""
    if sheet.task.name != EDIT:
        return ()
    return edits(_to_edit(sheet, number, members[number]) for number in sheet.members)


def _to_edit(sheet: Sheet, number: int, member: Member) -> tuple[Member, Mapping[str, str]]:
    """The member as they are to be there, and what is still as before. The e-mail of who has left is not corrected."""
    return _found_there(sheet, number, member), to_correct(member, _still_there(sheet, member))


def _of_edits(sheet: Sheet, members: Mapping[int, Member]) -> Sheet:
    names = {column.field: column.name for column in sheet.portal.template.columns}
    columns = [names["email"], names["given_name"], names["family_name"], "Field", "In the portal", "Change to"]
    return sheet._replace(columns=columns, rows=[_edit_row(edit, names) for edit in edits_of(sheet, members)])


def _edit_row(edit: Edit, names: Mapping[str, str]) -> list[str]:
    there = edit.there
    return [there.email, there.given_name, there.family_name, names[edit.field], edit.old, edit.new]


def _divided(sheet: Sheet, rows: Iterable[list[str]]) -> Sheet:
    """The sheet with these rows of its members. By hand are those with what a spreadsheet would take for a formula, and people
    whom their e-mail does not find.
    """
    safe: list[list[str]] = []
    by_hand: list[list[str]] = []
    for number, row in zip(sheet.members, rows, strict=True):
        (safe if defused(row) is row and number not in sheet.namesakes else by_hand).append(row)
    return sheet._replace(rows=safe, by_hand=by_hand)


def _names(tags: Sequence[str]) -> Mapping[str, str]:
    """A short, safe and unique ending of a file's name for each set of (joined) tags."""
    taken: set[str] = set()
    found = {}
    for joined in sorted(tags):
        plain = normalize("NFKD", joined).encode("ascii", "ignore").decode().lower()
        slug = _shortened(_NOT_IN_NAMES.sub("-", plain).strip("-")) or ("tags" if joined else "no-tags")
        name, number = slug, 1
        while name in taken:
            number += 1
            name = f"{slug}-{number}"
        taken.add(name)
        found[joined] = f"-{name}"
    return found


def _shortened(slug: str) -> str:
    """The slug, or as many of its words as a file's name has room for; of one long word its beginning."""
    if len(slug) <= _LONGEST:
        return slug
    whole, _, _ = slug[: _LONGEST + 1].rpartition("-")
    return whole or slug[:_LONGEST]
