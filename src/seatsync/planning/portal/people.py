"""The people of an export: who they are in the ledger, and what the portal's list of users says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from seatsync.domain.person import Member, RosterMember
from seatsync.domain.portal.at_vendor import is_stand_in, users_there
from seatsync.domain.portal.export import Export
from seatsync.domain.portal.namesakes import member_of_stand_in
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.ids import plain_id
from seatsync.domain.text.names import have_same_names
from seatsync.planning.matching import match
from seatsync.planning.portal.found import Unsure

COMPARED = ("email", "given_name", "family_name", "student_id")
"""The fields of ``Person`` that a portal keeps as they are here. Roles and tags are typed in there once, and filters differ."""


class People(NamedTuple):
    """The ledger's number of each person in an export, 0 for others, and who may be somebody else."""

    numbers: list[int]
    unsure: list[Unsure]


def who_is_there(export: Export, books: Snapshot, portal: str) -> People:
    """Match the people of an export as rosters are matched: by student id, else by e-mail.

    As long as an edit is still to be done in the ``portal``, a person is known there by what was before. Accounts' e-mails say
    nothing: a portal's list has the institution's record.
    """
    rows, before = export.members, _as_before(books, portal)
    found = match(rows, before)
    numbers, doubts = found.sure, {doubt.position: doubt.record for doubt in found.doubts}
    exchanged = _Exchange(rows, before, books).settle(numbers) if before is not books else {}
    left = [position for position, number in enumerate(numbers) if not number and position not in exchanged]
    if before is not books and left:
        again, taken = match([rows[position] for position in left], books), {*numbers}
        for position, number in zip(left, again.sure, strict=True):
            if number and number not in taken:
                numbers[position] = number
                doubts.pop(position, None)
        doubts |= {left[doubt.position]: doubt.record for doubt in again.doubts}
    doubts |= exchanged
    for position, number in [*_who_left(rows, numbers, books)]:
        numbers[position] = number
        doubts.pop(position, None)
    return People(numbers, [Unsure(rows[position], record) for position, record in sorted(doubts.items())])


def _who_left(rows: Sequence[RosterMember], numbers: Sequence[int], books: Snapshot) -> Iterator[tuple[int, int]]:
    """The members who have left and are known by a stand-in, by position in the export: it names them, or only they have the
    names of the row.
    """
    taken = {*numbers}
    left = [(position, row) for position, row in enumerate(rows) if not numbers[position] and is_stand_in(row.key)]
    gone = (
        [(n, member) for n, member in books.members.items() if not member.on_roster and n not in taken] if left else []
    )
    for position, row in left:
        named = member_of_stand_in(row.key)
        found = [number for number, member in gone if number == named or not named]
        found = [number for number in found if have_same_names(row, books.members[number])]
        if len(found) == 1:
            yield position, found[0]


class _Exchange:
    """Finds out who is who where e-mails are being corrected, without ids: there, names say more than e-mails.

    A row may have an e-mail that one member still has in the portal by the ledger and another gets, or a stand-in.
    """

    def __init__(self, rows: Sequence[RosterMember], before: Snapshot, books: Snapshot) -> None:
        self.rows, self.before, self.books = rows, before, books
        self.edited = {n for n, member in before.members.items() if member.key != books.members[n].key}
        self.owners = {books.members[number].key: number for number in self.edited}

    def settle(self, numbers: list[int]) -> dict[int, int]:
        """Correct the ``numbers`` by position, and return those in doubt, with the record."""
        doubts: dict[int, int] = {}
        for position, row in enumerate(self.rows if self.edited else ()):
            number = numbers[position]
            if not number and is_stand_in(row.key):
                numbers[position] = self._named_as(row, {*numbers})
            elif number in self.edited and (other := self.owners.get(row.key, number)) != number:
                if row.student_id and row.student_id == plain_id(self.books.members[number].student_id):
                    continue
                is_old, is_new = self._has_names(row, number), self._has_names(row, other)
                if is_old is is_new:
                    numbers[position], doubts[position] = 0, number
                elif is_new:
                    numbers[position] = other
        twice = {number for number, count in Counter(numbers).items() if number and count > 1} if self.edited else ()
        for position, number in enumerate(numbers if twice else ()):
            if number in twice:
                numbers[position], doubts[position] = 0, number
        return doubts

    def _named_as(self, row: RosterMember, taken: Container[int]) -> int:
        """The one member with the row's names whose e-mail is to be corrected, 0 for none."""
        found = [number for number in self.edited if number not in taken and self._has_names(row, number)]
        return found[0] if len(found) == 1 else 0

    def _has_names(self, row: RosterMember, number: int) -> bool:
        return have_same_names(row, self.books.members[number]) or have_same_names(row, self.before.members[number])


def _as_before(books: Snapshot, portal: str) -> Snapshot:
    """The ledger with its members as the portal still has them; the same object if no edit is to be done there."""
    edited = {
        number: _with_fields(member, fields)
        for number, member in books.members.items()
        if member.there and (fields := users_there(member).get(portal))
    }
    return replace(books, members={**books.members, **edited}) if edited else books


def _with_fields(member: Member, fields: Mapping[str, Any]) -> Member:
    there = member._replace(**fields)
    return there._replace(key=email_key(there.email)) if "email" in fields and member.key else there


class Record(NamedTuple):
    """A member's record in a portal: the fields still as before there (``edits``), and those that nobody was to change,
    with their values (here, there)."""

    edits: dict[str, str]
    differing: dict[str, tuple[str, str]]


def record_there(row: RosterMember, member: Member, edits: Mapping[str, str], fields: Sequence[str]) -> Record:
    """Compare a member's record with the portal's, in the ``fields`` that the export has. ``edits`` are those to be done."""
    if not edits and row[:4] == member[:4]:  # both begin with the fields of a person, and most are as written
        return Record({}, {})
    still = {name: value for name, value in edits.items() if name not in fields}
    differing = {}
    for name in fields:
        there = getattr(row, name)
        if _plain(name, there) == _plain(name, getattr(member, name)):
            continue
        if name in edits:
            still[name] = edits[name] if _plain(name, edits[name]) == _plain(name, there) else there
        else:
            differing[name] = (getattr(member, name), there)
    return Record(still, differing)


def _plain(field: str, text: str) -> str:
    return email_key(text) if field == "email" else plain_id(text) if field == "student_id" else text
