"""The view of a comparison that every renderer shows: seats here and there, and each difference with what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.license import ABSENT, Kind, Status
from seatsync.domain.person import RosterMember, spoken
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.portal.export import NOTHING, Holding
from seatsync.domain.portal.namesakes import own_stand_in
from seatsync.domain.portal.progress import status_in_words
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import to_the_minute
from seatsync.domain.text.emails import email_key
from seatsync.planning.portal.found import Comparison, Difference, Differs, Move, Seen, Unbelieved
from seatsync.reports.drift.to_do import to_do_about, to_do_if_seen
from seatsync.reports.view.escaping import escape_controls

if TYPE_CHECKING:
    from seatsync.reports.redaction import Redactor


class Row(NamedTuple):
    """One difference. ``here`` and ``there`` are None where there is no license to speak of: no library, or nobody in the file.

    ``line`` is the line of the export, 0 for who is not in it. ``fields`` are those of the person's record that differ: (here,
    there). ``person`` has the values by which somebody who is missing can be looked for there: names and id, and the e-mail that their
    record must have if theirs is somebody else's now.
    """

    code: Seen | Differs
    library: str
    member: str
    line: int
    here: Holding | None
    there: Holding | None
    fields: Mapping[str, tuple[str, str]] = {}
    person: Mapping[str, str] = {}

    @property
    def who(self) -> str:
        """The member, with all by which somebody can look for them there."""
        values = {**self.person}
        name = " ".join(filter(None, (values.pop("given_name", ""), values.pop("family_name", ""))))
        known = ", ".join(filter(None, (name, *values.values())))
        return f"{self.member} ({known})" if known else self.member

    @property
    def is_taken(self) -> bool:
        """Whether an import takes it."""
        return isinstance(self.code, Seen)

    @property
    def in_words(self) -> tuple[str, str]:
        """What is here, and what is there."""
        if self.fields:
            here, there = zip(*self.fields.values(), strict=True)
            return _fields(self.fields, here), _fields(self.fields, there)
        is_person = not self.library
        if is_person and self.line and self.code is Seen.DONE:
            return "", "as in the ledger"
        return _holding(self.here, "" if is_person else "no license"), _holding(
            self.there, "in the list" if is_person and self.line else "not in the file"
        )

    @property
    def to_do(self) -> str:
        """What to do about it, as a command to the reader."""
        if isinstance(self.code, Seen):
            return to_do_if_seen(self.code, bool(self.person))
        return to_do_about(self.code, self.here, self.there, "email" in self.person)


class Seats(NamedTuple):
    """The seats of a library in use here and there, and how many of the portal's steps are still to do by the ledger."""

    library: str
    here: int
    to_grant: int
    to_revoke: int
    there: int


@dataclass(frozen=True)
class DriftView:
    """What a report shows of one comparison. ``taken`` is the instant (ISO) of the export."""

    institution: str
    file: str
    taken: str
    rows: list[Row]
    seats: list[Seats]
    notices: list[str]

    @property
    def counts(self) -> dict[Seen | Differs, int]:
        """How many differences of each kind there are, in the order in which they are shown."""
        found = Counter(row.code for row in self.rows)
        return {code: found[code] for code in _ORDER if found[code]}

    @property
    def verdict(self) -> str:
        """In one line, whether portal and ledger differ. It names nobody."""
        file = escape_controls(self.file)
        if not self.rows:
            return f"{file} and the ledger agree."
        return f"{file} and the ledger differ: {counted(len(self.rows), 'difference')}."

    def where(self, row: Row) -> str:
        """The place in the export; empty for who is not in it."""
        return f"{self.file}:{row.line}" if row.line else ""

    def of_licenses(self) -> DriftView:
        """The view without the differences that are about a person, and not about a license."""
        return replace(self, rows=[row for row in self.rows if row.library])

    def redacted(self, redactor: Redactor | None) -> DriftView:
        """The view without names, if there is a redactor."""
        if redactor is None:
            return self
        return replace(
            self,
            file=redactor.text(self.file),
            rows=[
                row._replace(member=redactor.who(row.member), fields=_redacted(row.fields, redactor), person={})
                for row in self.rows
            ],
        )

    def document(self) -> dict[str, Any]:
        """The view as JSON has it."""
        return {
            "institution": self.institution,
            "file": self.file,
            "taken": self.taken,
            "seats": {
                library: {"here": here, "to_grant": grant, "to_revoke": revoke, "there": there}
                for library, here, grant, revoke, there in self.seats
            },
            "counts": {code.value: number for code, number in self.counts.items()},
            "notices": self.notices,
            "differences": [_document(row, self.file) for row in self.rows],
        }


def drift_view(found: Comparison, books: Snapshot, institution: str, taken: str, notice: str = "") -> DriftView:
    """The view of a comparison with ``books``, with one more ``notice`` if it is not empty."""
    missing = _Missing(books)
    rows = [*_of_moves(found, books, missing)]
    for one in found.differences:
        row = _of_difference(one)
        rows.append(missing.named(row, one.member) if one.what is Differs.MISSING else row)
    place = {code: position for position, code in enumerate(_ORDER)}
    rows.sort(key=lambda row: (place[row.code], row.to_do, row.library, row.line, row.member))
    file = found.export.file
    later = [_later(to_the_minute(found.later, books.timezone))] if found.later else []
    notices = [*filter(None, [notice]), *later, *map(_notice, found.unbelieved)]
    return DriftView(institution, file, taken, rows, _seats(found, books), notices)


def in_words(difference: Difference) -> str:
    """A difference in words, without the person and the place."""
    row = _of_difference(difference)
    here, there = row.in_words
    return f"{words(row.code)}: {here} here; {there} there" if here else words(row.code)


def words(code: Seen | Differs) -> str:
    """What this kind of difference is."""
    return _WORDS[code]


def words_when_taken(code: Seen | Differs) -> str:
    """What an import takes of this kind. Where it changes the work list, what becomes of the step."""
    return _WHEN_TAKEN.get(code, _WORDS[code])


_WHEN_TAKEN: Mapping[Seen | Differs, str] = {
    Seen.DONE: "done there, now ticked off",
    Seen.UNDONE: "not done there, put back on the work list",
}


_WORDS: Mapping[Seen | Differs, str] = {
    Seen.PERMANENT: "made permanent there by hand",
    Seen.GRANTED: "granted there by hand",
    Seen.CLAIMED: "claimed there",
    Seen.DECLINED: "declined there",
    Seen.REVOKED: "revoked there",
    Seen.UNDONE: "not done there, although it was ticked off",
    Seen.DONE: "done there, and still on the work list",
    Differs.UNSURE: "may be another person",
    Differs.CORRECTING: "a correction is under way there",
    Differs.MISSING: "holds a seat here and is missing there",
    Differs.NOT_THERE: "holds a seat here and none there",
    Differs.NOT_HERE: "holds a seat there and none here",
    Differs.KIND: "another kind there",
    Differs.STATUS: "another status there",
    Differs.RECORD: "another e-mail, name or id there",
    Differs.LEFT: "in the portal, and on no roster any more",
    Differs.UNKNOWN: "in the portal, and on no roster",
}
_ORDER = (*_WORDS,)


def _of_moves(found: Comparison, books: Snapshot, missing: _Missing) -> Iterator[Row]:
    rows: dict[int, RosterMember] = {
        number: row for number, row in zip(found.numbers, found.export.members, strict=True) if number
    }
    for move in found.moves:
        told = [seen for seen in move.seen if seen.is_difference and (seen is not Seen.DONE or seen is move.seen[0])]
        for seen in told:
            row = _of_move(seen, move, rows.get(move.member), found, books)
            is_lost = seen is Seen.UNDONE and not row.line and row.here is not None and row.here[0] is Kind.PERMANENT
            yield missing.named(row, move.member) if is_lost else row


def _of_move(seen: Seen, move: Move, row: RosterMember | None, found: Comparison, books: Snapshot) -> Row:
    member = books.members[move.member].email
    if not move.library:
        return Row(seen, "", member, move.line, None, None)
    old = books.licenses.get(move.library, {}).get(move.member, ABSENT)
    there = found.export.holdings.get(move.library, {}).get(row.key, NOTHING) if row is not None else None
    return Row(seen, move.library, member, move.line, (old.kind, old.status), there)


def _of_difference(difference: Difference) -> Row:
    what, library, _, email, line, here, there, fields = difference
    if not library:
        return Row(what, "", email, line, None, None, fields)
    return Row(what, library, email, line, here, there if line else None)


class _Missing:
    """Names who is missing in the file, so that somebody can look for them there."""

    def __init__(self, books: Snapshot) -> None:
        self._books = books

    def named(self, row: Row, number: int) -> Row:
        member = self._books.members[number]
        is_taken = not member.on_roster and email_key(member.email) in self._keys_on_rosters
        values = {name: getattr(member, name) for name in ("given_name", "family_name", "student_id")}
        values["email"] = own_stand_in(number) if is_taken else ""
        return row._replace(person={name: value for name, value in values.items() if value})

    @cached_property
    def _keys_on_rosters(self) -> set[str]:
        return {member.key for member in self._books.members.values() if member.on_roster}


def _seats(found: Comparison, books: Snapshot) -> list[Seats]:
    seats = []
    for library, held in found.export.holdings.items():
        licenses = books.licenses.get(library, {}).values()
        to_grant = sum(license.there == There.NONE for license in licenses)
        to_revoke = sum(license.there == There.TEMPORARY and not license.active for license in licenses)
        there = sum(kind is not Kind.NONE for kind, _ in held.values())
        seats.append(Seats(library, books.slots(library).used, to_grant, to_revoke, there))
    return seats


def _later(taken: str) -> str:
    return (
        f"An export of {taken} has been read since. This one is older, so of the same libraries it shows only what nobody can take back: "
        "claimed and declined seats, and permanent ones. If it is not older, say when it was taken: --taken TIME."
    )


def _notice(doubt: Unbelieved) -> str:
    if not doubt.library:
        people = counted(doubt.expected, "person who has", "people who have")
        return (
            f"{doubt.lacking:,} of {people} a seat there by the ledger are not in the file. It may be filtered, cut off, or about "
            "another library. So nothing is concluded from who is missing in it. To fix: export all users again, without a filter."
        )
    return (
        f"The file contradicts the ledger about {doubt.lacking:,} holders of {doubt.library}. It may be about another library. So "
        "nothing of it is taken. To fix: name the library that the file is about: --library ID."
    )


def _holding(holding: Holding | None, otherwise: str) -> str:
    if holding is None:
        return otherwise
    kind, status = holding
    if status is Status.NONE:
        return "no license"
    return status_in_words(status) if kind is Kind.NONE else f"{kind}, {status_in_words(status)}"


def _fields(names: Iterable[str], values: Iterable[str]) -> str:
    return ", ".join(f"{spoken(name)} {value or 'none'}" for name, value in zip(names, values, strict=True))


def _redacted(fields: Mapping[str, tuple[str, str]], redactor: Redactor) -> dict[str, tuple[str, str]]:
    here = redactor.row({name: values[0] for name, values in fields.items()})
    there = redactor.row({name: values[1] for name, values in fields.items()})
    return {name: (here[name], there[name]) for name in fields}


def _document(row: Row, file: str) -> dict[str, Any]:
    told: dict[str, Any] = {"what": row.code.value, "taken": row.is_taken, "member": row.member}
    if row.library:
        told["library"] = row.library
        told["here"] = _license_document(row.here)
        told["there"] = _license_document(row.there)
    if row.person:
        told["person"] = row.person
    if row.fields:
        told["fields"] = {name: [*values] for name, values in row.fields.items()}
    if row.line:
        told["source"] = {"file": file, "line": row.line}
    return told | {"to_do": row.to_do}


def _license_document(holding: Holding | None) -> dict[str, str] | None:
    return {"kind": holding[0].value, "status": holding[1].value} if holding is not None else None
