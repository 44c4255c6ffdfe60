"""Read the members of a table whose columns are known: a whole batch at once if all rows are plain, otherwise one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.person import Person
from seatsync.domain.text.characters import clean, printable
from seatsync.domain.text.tags import EVERYTHING, join_ends
from seatsync.sources.rosters.columns import Columns
from seatsync.sources.rosters.header import if_user_names, report_no_emails
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.presence_check import report_unclear
from seatsync.sources.rosters.take import NO_EMAIL, NO_NAME, Judge, Left, of_role, of_status, one_of, taken
from seatsync.sources.rosters.templates import MOST_TAGS, TooManyTags
from seatsync.sources.tables.passwords import Passwords
from seatsync.sources.tables.table import Record, Row, Table

_AT_ONCE = 5_000
_EMAIL, _GIVEN, _FAMILY, _TAGS = map(Person._fields.index, ("email", "given_name", "family_name", "tags"))
Cells = Sequence[Sequence[str]]
"""Values column by column."""


class TableReader:
    """Reads rows of a ``table`` into ``reader``. Whoever is no member is in ``reader.left``."""

    def __init__(self, table: Table, columns: Columns, reader: RosterReader) -> None:
        self.table, self.columns, self.reader = table, columns, reader
        self.judges = [*_judges(columns, table.has_secrets)]
        self.pick = _picker(columns)
        self.too_many: set[int] = set()
        format = columns.format
        self.samples = tuple(map(str.casefold, format.samples)) if format is not None else ()
        self.repeats = format is not None and format.repeats
        self.may_lack_emails = format is not None and not format.only_these
        self.nameless = format is not None and format.nameless
        reader.has_secrets = table.has_secrets
        reader.other_sheets = table.other_sheets
        self.passwords = Passwords(table)

    def take(self, records: Iterator[Record]) -> None:
        """Read the members of these records of the table."""
        width = len(self.table.header)
        while batch := list(islice(records, None if self.repeats else _AT_ONCE)):
            lines, ends, rows = zip(*batch, strict=True)
            if lines == ends and {*map(len, rows)} == {width} and self._take_plain([*zip(*rows, strict=True)], lines):
                continue
            self._take_each([*self.table.rows(batch)])

    def finish(self, has_all: bool = True) -> None:
        """Report, once the rows are read, the values of which nobody knows whether they are those of a member.

        ``has_all`` says whether they were all rows of the table: then somebody must have an e-mail.
        """
        report_unclear(self.table, self.columns, self.reader.left)
        lines = self.reader.left.because.get(NO_EMAIL, [])
        if has_all:
            self.reader.suggest_user_names(if_user_names(self.columns))
        if has_all and lines and not self.reader.emails:
            report_no_emails(self.table, self.columns.position("email"), lines)

    def _take_plain(self, cells: Cells, lines: Sequence[int]) -> bool:
        """Take rows of the header's width if none needs a diagnostic; return whether they were taken."""
        self.passwords.look(cells, lines)
        if any({*cells[position]} != {word} for position, word in self.columns.must_say.items()):
            return False
        left = Left()
        people, kept, ends = self._people(cells, lines, left)
        if left.unclear or not self.reader.take_plain(people, kept, ends):
            return False
        self.reader.left.add(left)
        return True

    def _take_each(self, rows: list[Row]) -> None:
        if not rows:
            return
        lines, cells = zip(*rows, strict=True)
        self.passwords.look([*zip(*cells, strict=True)], lines)
        values, kept, ends = self._people([*zip(*cells, strict=True)], lines, self.reader.left)
        people = dict(zip(kept, zip(*values, strict=True), strict=True))
        ending = dict(zip(kept, ends or (), strict=False))
        for line, row in rows:
            self._check_words(line, row)
            if line in people:
                self.reader.take(people[line], line, line, self._locate, ends=ending.get(line, ""))

    def _people(
        self, cells: Cells, lines: Sequence[int], left: Left
    ) -> tuple[Cells, Sequence[int], Sequence[str] | None]:
        """The values of the members in these rows, in the order of ``Person``, with their lines and ``RosterMember.ends``."""
        kept, lines = self._taken(cells, lines, left)
        people, too_many = self.pick(kept, len(lines))
        for row in too_many:
            self._report_too_many_tags(lines[row])
        ends = self._ends(kept, lines)
        if self.may_lack_emails and not all(map(str.strip, people[_EMAIL])):
            people, lines = taken([(_EMAIL, _has(NO_EMAIL))], people, lines, left)
        if self.nameless and not all(map(str.strip, map(str.__add__, people[_GIVEN], people[_FAMILY]))):
            names = [*map(str.__add__, people[_GIVEN], people[_FAMILY])]
            (*people, _), lines = taken([(len(people), _has(NO_NAME))], [*people, names], lines, left)
        if self.repeats:
            people, lines = _united(people, lines)
        return people, lines, [ends.get(line, "") for line in lines] if ends else None

    def _report_too_many_tags(self, line: int) -> None:
        if line in self.too_many:
            return
        self.too_many.add(line)
        bound = self.columns.tags[0][1]
        where = self.table.at(line, next(bound.positions, 0))
        message = f"The columns of this row give more than {MOST_TAGS} tags at once, so it gets none."
        help = "Take the tags from columns with fewer values, or from one column each, under `tags_from:`."
        self.table.found.append(Diagnostic("invalid-tag", message, help, where))

    def _ends(self, cells: Cells, lines: Sequence[int]) -> dict[int, str]:
        """What ``RosterMember.ends`` says of the rows with a last day, by line."""
        found: dict[int, str] = {}
        for position, days in self.columns.last_days.items():
            for line, value in zip(lines, cells[position], strict=True) if any(days.values()) else ():
                if day := days.get(value):
                    found[line] = min(found.get(line, day), day)
        return {line: join_ends({EVERYTHING: day}) for line, day in found.items()}

    def _taken(self, cells: Cells, lines: Sequence[int], left: Left) -> tuple[Cells, Sequence[int]]:
        if not self.judges and not self.samples:
            return cells, lines
        judges = [*([(0, self._sample)] if self.samples else []), *self.judges]
        return taken(judges, cells, lines, left)

    def _sample(self, value: str) -> str:
        return "an example of the template" if value.strip().casefold().startswith(self.samples) else ""

    def _check_words(self, line: int, row: Sequence[str]) -> None:
        """Report a column whose value is not the template's fixed word. A row of totals is reported elsewhere."""
        for position, word in self.columns.must_say.items():
            value = row[position].strip()
            if value.lower() != word and sum(map(bool, row)) > 1:
                self._wrong_word(line, position, value, word)

    def _wrong_word(self, line: int, position: int, value: str, word: str) -> None:
        assert self.columns.format is not None
        name, title = self.table.header[position], self.columns.format.title
        message = f'The {name} is "{printable(value)}"; {title} needs "{word}" for every member.'
        where = self.table.at(line, position)
        self.table.found.append(Diagnostic("invalid-type", message, f"Write {word}.", where))

    def _locate(self, line: int, name: str, part: int = 0) -> Origin:
        return self.table.at(line, self.columns.position(name))


def _picker(columns: Columns) -> Callable[[Cells, int], tuple[Cells, Sequence[int]]]:
    """Return what gives the values of ``Person``, column by column, from all cells and the number of rows.

    It also gives the positions of rows with too many tags.
    """
    bound = [columns.fields.get(name) for name in Person._fields]
    tags = columns.tags
    plain = [one.position if one is not None else -1 for one in bound]
    if not tags and None not in plain:
        positions = itemgetter(*plain)
        return lambda cells, number: (positions([*cells, ("",) * number]), ())

    def pick(cells: Cells, number: int) -> tuple[Cells, Sequence[int]]:
        values = [one.values(cells, number) if one is not None else ("",) * number for one in bound]
        if tags:
            values[_TAGS], too_many = _with_tags(values[_TAGS], cells, columns)
            return values, too_many
        return values, ()

    return pick


def _with_tags(written: Sequence[str], cells: Cells, columns: Columns) -> tuple[list[str], list[int]]:
    """The values of the column of tags, with the tags that come from other columns; and the rows that have too many."""
    positions = sorted({position for _, bound in columns.tags for position in bound.positions})
    number = {position: at for at, position in enumerate(positions)}
    tags = [
        (prefix, bound._replace(holes=tuple(tuple(number.get(at, -1) for at in hole) for hole in bound.holes)))
        for prefix, bound in columns.tags
    ]
    known: dict[tuple[str, ...], str] = {}
    joined, too_many = [], []
    for at, row in enumerate(zip(written, *(cells[position] for position in positions), strict=True)):
        if row not in known:
            own, *rest = row
            try:
                made = [_tag(prefix, value) for prefix, bound in tags for value in bound.several(rest)]
            except TooManyTags:
                too_many.append(at)
                joined.append(own)
                continue
            known[row] = ";".join([own, *made] if own else made)
        joined.append(known[row])
    return joined, too_many


def _judges(columns: Columns, secret: bool) -> Iterator[tuple[int, Judge]]:
    take = columns.how.take
    for position, field, meaning in columns.presence:
        judge = of_status(meaning, take.status, field == "status", secret)
        yield position, _but(columns.last_days[position], judge) if meaning.has_days else judge
    for position in columns.ends:
        yield position, _left_by(columns.last_days[position], columns.how.today)
    known = columns.format.roles if columns.format is not None else None
    for wanted, field, reason in (
        (take.roles, "role", "{}"),
        (take.orgs, "org", "of another org"),
        (take.terms, "term", "of another term"),
    ):
        if field not in columns.fields:
            continue
        if wanted is not None:
            yield columns.position(field), one_of(wanted, reason if not secret or reason != "{}" else "of another role")
        elif field == "role" and known is not None:
            yield columns.position(field), of_role(known.word)


def _left_by(days: Mapping[str, str], today: str) -> Judge:
    """A judge by a column of last days."""
    return lambda value: "left" if "" < days.get(value, "") < today else ""


def _but(later: Mapping[str, str], judge: Judge) -> Judge:
    """A judge by a column of days on which people are gone; they are not before that day."""
    return lambda value: "" if value in later else judge(value)


def _has(reason: str) -> Judge:
    """A judge that takes every value but an empty one."""
    return lambda value: "" if clean(value) else reason


def _united(people: Cells, lines: Sequence[int]) -> tuple[Cells, Sequence[int]]:
    """Make one member of rows that say the same of a person, with the tags of all; rows that say otherwise stay."""
    tags: dict[tuple[str, ...], dict[str, None]] = {}
    first: list[int] = []
    for line, (*person, written) in zip(lines, zip(*people, strict=True), strict=True):
        if (who := tuple(person)) not in tags:
            first.append(line)
        tags.setdefault(who, {})[written] = None
    if len(first) == len(lines):
        return people, lines
    return [*zip(*tags, strict=True), [";".join(filter(None, written)) for written in tags.values()]], first


def _tag(prefix: str, value: str) -> str:
    """A tag from a cell. Systems write the same role as STUDENT, Student or student; its tag is always in lower case."""
    return f"{prefix}:{value.lower() if prefix == 'role' else value}"
