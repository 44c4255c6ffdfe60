"""Find what the columns of a roster's header mean: by the roster's entry, its format, and the names that schools use."""

from __future__ import annotations

from collections.abc import Sequence

from seatsync.domain.person import spoken
from seatsync.domain.text.characters import printable
from seatsync.sources.rosters.columns import Columns, Fault, PresenceColumn
from seatsync.sources.rosters.formats.registry import detected
from seatsync.sources.rosters.how import HowToRead
from seatsync.sources.rosters.meaning.hints import hint_of, hint_of_a_state
from seatsync.sources.rosters.meaning.meanings import meaning_of, spelled_as
from seatsync.sources.rosters.meaning.presence import Presence
from seatsync.sources.rosters.meaning.presence_columns import ENDS, PRESENCE
from seatsync.sources.rosters.take import TAKEN_BY
from seatsync.sources.rosters.templates import BadTemplate, Bound, Template
from seatsync.sources.tables.table import squeezed

_PRESENCE = {squeezed(name): (field, meaning) for field, (meaning, names) in PRESENCE.items() for name in names}
_ENDS = frozenset(map(squeezed, ENDS))
_TAKEN_BY = {squeezed(name): field for field, names in TAKEN_BY.items() for name in names}


def columns_of(header: Sequence[str], how: HowToRead) -> Columns:
    """Find what the columns of a header mean. Mistakes are in ``faults``; a field whose column is missing counts as missing."""
    return _Finder(header, how).found


class _Finder:
    def __init__(self, header: Sequence[str], how: HowToRead) -> None:
        self.header, self.how = header, how
        self.names = [spelled_as(cell) for cell in header]
        self.there = {name for names in self.names for name in names}
        self.format = detected(self.there, how.format) if not how.adds_tags else None
        self.found = Columns(header, self.format, how)
        self.used: set[int] = set()
        self._mapped()
        self._of_format()
        self._common()
        self._presence()
        self._taken_by()
        self._tags()
        self._rest()

    def _mapped(self) -> None:
        for name, written in self.how.map.items():
            if written is None:
                continue
            if (bound := self._bound(written, ("map", name))) is None:
                continue
            if name in (*PRESENCE, "ends"):
                if (position := bound.position) is None:
                    fact = f"`{name}` says who is a member, so it needs one column as it stands"
                    self._wrong(
                        "invalid-value",
                        f"{fact}.",
                        f"Write only the column's name: {name}: Status.",
                        path=("map", name),
                    )
                elif name == "ends":
                    self.found.ends.append(position)
                else:
                    self.found.presence.append(PresenceColumn(position, name, PRESENCE[name][0]))
            else:
                self.found.fields[name] = bound
            self.used.update(bound.positions)

    def _of_format(self) -> None:
        if self.format is None:
            return
        if self.format.beside:
            message = (
                f"{self.format.title} does not say who is a student and who is a guardian; {self.format.beside} does."
            )
            self._wrong(
                "csv-header", message, "Put both into one folder, and write the folder's name as the `path`.", 0
            )
        for name, written in self.format.fields.items():
            if name in self.how.map or name in self.found.fields:
                continue
            there = [one for one in map(Template, written) if all(self._at(column) for column in one.columns)]
            if there:
                self.found.fields[name] = bound = Bound.to(there[0], lambda column: self._at(column)[0])
                self.used.update(bound.positions)
                self._alone(name, bound)
            if self.format.only_these:  # a template has one column for each field, whatever it is called
                for column in (column for other in there[1:] for column in other.columns):
                    self.found.passed[self._at(column)[0]] = name
                    self._two(name, min(bound.positions), self._at(column)[0])
        for column, word in self.format.must_say.items():
            if at := self._at(column):
                self.found.must_say[at[0]] = word
                self.used.add(at[0])

    def _alone(self, name: str, bound: Bound) -> None:
        """Report columns with the same name as one that the field is read from."""
        for position in bound.positions:
            for other in range(len(self.header)):
                if other not in self.used and self.names[other][:1] == self.names[position][:1]:
                    self.found.passed[other] = name
                    self._two(name, position, other)

    def _common(self) -> None:
        """Read the fields that are left from the columns with common names: the surest, if only one has its rank."""
        never = {*map(squeezed, self.format.never)} if self.format is not None else set()
        candidates: dict[str, list[tuple[int, int]]] = {}
        for position, names in enumerate(self.names):
            meaning = meaning_of(names, self.there) if position not in self.used and never.isdisjoint(names) else None
            if meaning is not None:
                candidates.setdefault(meaning[0], []).append((meaning[1], position))
        for name, columns in candidates.items():
            if name in self.found.fields or self.how.map.get(name, "") is None:
                self.found.passed |= {position: name for _, position in columns}
                continue
            if name in self.how.map:  # its column is not there, which is reported
                continue
            (rank, position), *others = sorted(columns)
            self.found.fields[name] = Bound(("", ""), ((position,),))
            self.used.add(position)
            for other_rank, other in others:
                self.found.passed[other] = name
                if other_rank == rank:
                    self._two(name, position, other)

    def _two(self, name: str, first: int, second: int) -> None:
        one, other = (f'"{printable(self.header[at])}"' for at in (first, second))
        message = f"The columns {one} and {other} both hold the {spoken(name)}; only one is possible."
        help = f"Delete one of them, or say which it is: `map: {{{name}: {other}}}`."
        if squeezed(self.header[first]) == squeezed(self.header[second]):
            help = "Delete one of them, or give it another name."
        self._wrong("csv-header", message, help, second)

    def _presence(self) -> None:
        own = (
            {squeezed(name): meaning for name, meaning in self.format.presence.items()}
            if self.format is not None
            else {}
        )
        not_presence = {*map(squeezed, self.format.not_presence)} if self.format is not None else set()
        for position, names in enumerate(self.names):
            meaning = next((own[name] for name in names if name in own), None)
            if position in self.used:
                self._also_presence(position, names)
                continue
            if position in self.found.passed and meaning is None:
                continue
            if meaning is not None:
                self.found.passed.pop(position, None)
                field = next((_PRESENCE[name][0] for name in names if name in _PRESENCE), "status")
                self._add_presence(position, field, meaning)
            elif not_presence.isdisjoint(names):
                self._add_common_presence(position, names, bool(own))

    def _also_presence(self, position: int, names: Sequence[str]) -> None:
        """A column that `map:` gives to another field may still say who is gone, unless something else does."""
        decided = {"status", *(presence.field for presence in self.found.presence)} & {*self.how.map}
        if not decided and any(name in _PRESENCE for name in names):
            self.found.maybe[position] = hint_of_a_state()

    def _add_common_presence(self, position: int, names: Sequence[str], own: bool) -> None:
        """Add a column with a common name. In formats with their ``own`` such columns, words in other names say nothing."""
        known = next((_PRESENCE[name] for name in names if name in _PRESENCE), None)
        if known is not None:
            self._add_presence(position, *known)
        elif not _ENDS.isdisjoint(names):
            self.used.add(position)
            if "ends" not in self.how.map:
                self.found.ends.append(position)
            else:
                self.found.unread.append(position)
        elif hint := hint_of(self.header[position] if not own else "", names):
            self.found.maybe[position] = hint

    def _add_presence(self, position: int, field: str, meaning: Presence) -> None:
        self.used.add(position)
        if field in self.how.map:
            self.found.unread.append(position)
        else:
            self.found.presence.append(PresenceColumn(position, field, meaning))

    def _taken_by(self) -> None:
        """Find the columns that `take:` asks for."""
        take = self.how.take
        if take.status is not None and not self.found.presence:
            message = "`take` names status, but no column of the file says who is a member."
            self._wrong(
                "invalid-value", message, "Name it: `map: {status: COLUMN}`; or delete it.", path=("take", "status")
            )
        for key, name, wanted in (
            ("roles", "role", take.roles),
            ("orgs", "org", take.orgs),
            ("terms", "term", take.terms),
        ):
            if wanted is None:
                continue
            if name not in self.found.fields:
                at = [at for at, names in enumerate(self.names) if any(_TAKEN_BY.get(one) == name for one in names)]
                if len(at) == 1:
                    self.found.fields[name] = Bound(("", ""), ((at[0],),))
                    self.used.add(at[0])
            if name not in self.found.fields:
                message = f"`take` names {key}, but no column of the file says which {name} a row is of."
                self._wrong("invalid-value", message, f"Name it: `map: {{{name}: COLUMN}}`.", path=("take", key))

    def _tags(self) -> None:
        for prefix, written in self.how.tags_from.items():
            if written is None:
                continue
            if (bound := self._bound(written, ("tags_from", prefix), is_column=False)) is not None:
                self.found.tags.append((prefix, bound))
                self.used.update(bound.positions)
        for prefix, templates in (self.format.tags_from if self.format is not None else {}).items():
            if prefix in self.how.tags_from:
                continue
            for template in (Template(one, is_column=False) for one in templates):
                if all(self._at(column) for column in template.columns):
                    bound = Bound.to(template, lambda column: self._at(column)[0])
                    self.found.tags.append((prefix, bound))
                    self.used.update(bound.positions)

    def _rest(self) -> None:
        for position, cell in enumerate(self.header):
            if position not in self.used and position not in self.found.passed and cell:
                self.found.unread.append(position)
        self.found.unread.sort()

    def _bound(self, written: str, path: tuple[str, ...], is_column: bool = True) -> Bound | None:
        try:
            template = Template(written, is_column)
        except BadTemplate as fault:
            help = 'Write columns in braces, for example "{Username}@school.example".'
            self._wrong("invalid-value", f'"{printable(written)}" can\'t be read: {fault}.', help, path=path)
            return None
        if not is_column and not template.columns and self._at(written):
            message = f'"{printable(written)}" would be the same tag for everybody, but it is a column.'
            self._wrong("invalid-value", message, f'Write "{{{printable(written)}}}".', path=path)
            return None
        absent = [column for column in template.columns if not self._at(column)]
        for column in absent:
            near = tuple(cell for cell in self.header if cell)
            message = f'The file has no column "{printable(column)}".'
            shown = ", ".join(map(printable, near[:20])) + (" …" if len(near) > 20 else "")
            self._wrong("unknown-column", message, f"Its columns are {shown}.", path=path, name=column, near=near)
        twice = [column for column in template.columns if len(self._at(column)) > 1]
        for column in twice:
            message = f'The file has several columns "{printable(column)}".'
            self._wrong("csv-header", message, "Give one of them another name.", path=path)
        return None if absent or twice else Bound.to(template, lambda column: self._at(column)[0])

    def _at(self, column: str) -> list[int]:
        """The positions of the columns with this name: as it is written, else without case, spaces and punctuation."""
        exact = [position for position, cell in enumerate(self.header) if cell == column]
        name = squeezed(column)
        whole = [position for position, names in enumerate(self.names) if names[:1] == (name,)]
        return exact or whole or [position for position, names in enumerate(self.names) if name in names]

    def _wrong(
        self,
        code: str,
        message: str,
        help: str,
        position: int = -1,
        path: tuple[str, ...] = (),
        name: str = "",
        near: tuple[str, ...] = (),
    ) -> None:
        self.found.faults.append(Fault(code, message, help, position, path, name, near))
