"""The people of a set: who is a member, with which tags, and who is left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seatsync.domain.origin import Origin
from seatsync.domain.person import Person
from seatsync.domain.text.tags import IMPORTED
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.sets.bonds import Bonds
from seatsync.sources.rosters.sets.options import SetOptions
from seatsync.sources.rosters.sets.part import Names, Part
from seatsync.sources.rosters.sets.set_format import People
from seatsync.sources.rosters.sets.structure import Structure, tags_of
from seatsync.sources.rosters.sets.templates import Template
from seatsync.sources.rosters.sets.words import word
from seatsync.sources.rosters.take import NO_EMAIL, several
from seatsync.sources.tables.table import squeezed

_IS_LEDGERS = frozenset({IMPORTED.removesuffix(":")})
"""The prefix of tags that no roster may give."""


class PeopleReader:
    """Reads one file of people. ``mapped`` are templates of fields, by the roster's ``map:``.

    ``orgs`` are the ids of the organisations whose people are taken; None: of all.
    """

    def __init__(
        self,
        kind: People,
        part: Part,
        structure: Structure,
        bonds: Bonds,
        options: SetOptions,
        mapped: Mapping[str, Template],
        orgs: frozenset[str] | None,
        reader: RosterReader,
    ) -> None:
        self.kind, self.part, self.structure, self.bonds = kind, part, structure, bonds
        self.options, self.mapped, self.orgs, self.reader = options, mapped, orgs, reader
        self.knows_roles = bool(kind.role) or part.has(*kind.roles) or bool(structure.format.roles)
        own = (prefix for prefix, level in structure.levels.items() if level == "person" and prefix != "role")
        self.own = {prefix: structure.templates[prefix] for prefix in own}
        self.columns: list[str] = []
        self._field_columns = {field: self._wanted(field) for field in Person._fields}
        self._own_columns = [
            at for template in self.own.values() for at in self._want(column for _, column in template.names())
        ]
        self._known_lasting: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._more_orgs = [(name,) for name in kind.more_orgs if part.has(name)]
        self._orgs = self._all_orgs() if kind.repeats else {}
        self._rows: dict[str, tuple[str, ...]] = {}

    def _want(self, names: Iterable[str]) -> list[int]:
        """Ask for columns by name; return their positions among those asked for."""
        found = []
        for name in names:
            if squeezed(name) not in self.columns:
                self.columns.append(squeezed(name))
            found.append(self.columns.index(squeezed(name)))
        return found

    def _wanted(self, field: str) -> list[int]:
        template = self.mapped.get(field)
        if template is not None:
            return self._want(column for _, column in template.names())
        extra = self.kind.email_from if field == "email" else ()
        return self._want((*self.kind.fields.get(field, ()), *extra))

    def read(self) -> None:
        """Read everybody in the file into the reader."""
        kind = self.kind
        status, enabled = (
            self._presence(field, names) for field, names in (("status", kind.status), ("enabled", kind.enabled))
        )
        facts: list[Names] = [kind.id, status, enabled, kind.roles, kind.orgs]
        own = len(facts) + len(self._more_orgs)
        for lines, columns in self.part.rows(*facts, *self._more_orgs, *((name,) for name in self.columns)):
            given = [*columns[: len(facts)]]
            given[-1] = (
                [*map(",".join, zip(*columns[len(facts) - 1 : own], strict=True))] if self._more_orgs else given[-1]
            )
            self._take(lines, given, columns[own:])
        if self.part.passwords.are_there:  # a word may be one, if values have moved to another column
            because = self.reader.left.because
            for reason in [reason for reason in because if reason.startswith("role ")]:
                because.setdefault("another role", []).extend(because.pop(reason))

    def _all_orgs(self) -> dict[str, str]:
        """The organisations of people with several rows, of all of them."""
        found: dict[str, dict[str, None]] = {}
        for rows in self.part.rows(self.kind.id, self.kind.orgs):
            for id, org in zip(*rows.columns, strict=True):
                found.setdefault(id.strip(), {})[org.strip()] = None
        return {id: ",".join(orgs) for id, orgs in found.items() if len(orgs) > 1}

    def _is_repeated(self, id: str, values: tuple[str, ...]) -> bool:
        """Whether this is another row of a person that says nothing else of them."""
        return self.kind.repeats and self._rows.setdefault(id, values) is not values and self._rows[id] == values

    def _presence(self, field: str, names: Names) -> Names:
        """The column that says who is gone: another one, or none, by the roster's ``map:``."""
        if field not in self.options.map:
            return names
        column = self.options.map[field]
        return (column,) if column else ()

    def _take(self, lines: Sequence[int], facts: Sequence[Sequence[str]], columns: Sequence[Sequence[str]]) -> None:
        fields = [self._field(name, columns, len(lines)) for name in Person._fields]
        email, role_field, tag_field = map(Person._fields.index, ("email", "role", "tags"))
        gone, file, kept = self.structure.gone, self.kind.file, list[int]()
        roles_of, tags, ends = [], [], []
        for position, (id, status, enabled, roles, orgs) in enumerate(zip(*facts, strict=True)):
            line = lines[position]
            numbers = self.bonds.of.get(id.strip(), ())
            of = self._roles(roles, numbers)
            if self._is_repeated(id, tuple(column[position] for column in fields)):
                continue
            orgs = self._orgs.get(id.strip(), orgs)
            reason = gone("status", file, status, line) or gone("enabled", file, enabled, line)
            reason = reason or self._not_taken(of, orgs, numbers)
            if not reason and not fields[email][position].strip():
                reason = NO_EMAIL
            if reason:
                if reason != "?" and any(column[position] for column in columns):
                    self.reader.left.because.setdefault(reason, []).append(line)
                continue
            lasting = self._lasting(roles, orgs, columns, position)
            joined, ending = self.bonds.joined(numbers, lasting)
            kept.append(position)
            roles_of.append(self._role(of, numbers))
            tags.append(joined)
            ends.append(ending)
        values = [[column[position] for position in kept] for column in fields]
        values[tag_field] = tags
        if "role" not in self.mapped:
            values[role_field] = roles_of
        self._give(values, [lines[position] for position in kept], ends)

    def _give(self, values: list[list[str]], lines: Sequence[int], ends: Sequence[str]) -> None:
        if not lines:
            return
        if not self.reader.tags and not _IS_LEDGERS.intersection(self.structure.templates):
            tags = values[Person._fields.index("tags")]  # as they are joined by now
            self.reader.joined |= zip(tags, tags, strict=True)
        if self.reader.take_plain(values, lines, ends):
            return
        for line, ending, *row in zip(lines, ends, *values, strict=True):
            self.reader.take(row, line, line, self._locate, ends=ending)

    def _locate(self, line: int, field: str, part: int = 0) -> Origin:
        wanted = self._field_columns.get(field) or [0]
        return self.part.table.at(line, max(self.part.position((self.columns[wanted[0]],)), 0) if self.columns else 0)

    def _field(self, name: str, columns: Sequence[Sequence[str]], count: int) -> Sequence[str]:
        """The values of a member's field: of the first of its columns that is not empty in the row, or of its template."""
        template, wanted = self.mapped.get(name), self._field_columns[name]
        if template is not None:
            return [template.fill(lambda _, column, at=at: self._value(columns, column, at)) for at in range(count)]  # type: ignore[misc]
        if not wanted:
            return [""] * count
        if name == "email" and self.kind.email_from:
            *own, user = wanted
            names = [text if "@" in text else "" for text in columns[user]]
            return [*map(_filled, *(columns[at] for at in own), names)]
        return columns[wanted[0]] if len(wanted) == 1 else [*map(_filled, *(columns[at] for at in wanted))]

    def _value(self, columns: Sequence[Sequence[str]], column: str, position: int) -> str:
        return columns[self.columns.index(squeezed(column))][position].strip()

    def _roles(self, written: str, numbers: Sequence[int]) -> list[str]:
        """The person's roles, as written: of the row, of the file, or of the file of roles; in Canvas of enrollments."""
        roles = several(written) or [self.kind.role] if written or self.kind.role else []
        if self.structure.format.roles is None and not self.structure.format.role_by_enrollment:
            return roles
        for number in numbers:
            bond = self.bonds.all[number]
            is_role = self.structure.format.role_by_enrollment or not (bond.klass or bond.section)
            if is_role and bond.role and bond.role not in roles:
                roles.append(bond.role)
        return roles

    def _role(self, roles: Sequence[str], numbers: Sequence[int]) -> str:
        """The role that the member has in lists: the only one, or the primary one; empty if no one can tell."""
        taken = [role for role in roles if self.bonds.takes(role)]
        if len({*map(word, taken)}) == 1:
            return taken[0]
        primary = {self.bonds.all[number].role for number in numbers if self.bonds.all[number].primary}
        return next((role for role in taken if role in primary), "")

    def _not_taken(self, roles: Sequence[str], orgs: str, numbers: Sequence[int]) -> str:
        """Why a person who is here is not taken; empty if they are."""
        if roles and not any(map(self.bonds.takes, roles)):
            return f"role {roles[0].lower()}"
        if not roles and (self.knows_roles or self.options.roles is not None):
            return "no role"
        if self.orgs is not None:
            of = {*several(orgs), *(self.bonds.all[number].org for number in numbers)}
            if not of & self.orgs:
                return "in no organisation that is taken"
        if self.structure.terms is not None and not any(map(self.bonds.tags, numbers)):
            return "in no term that is taken"
        return ""

    def _lasting(self, roles: str, orgs: str, columns: Sequence[Sequence[str]], position: int) -> tuple[str, ...]:
        """The tags of the person's own row, which do not end."""
        key = (roles, orgs, *(columns[at][position] for at in self._own_columns))
        known = self._known_lasting.get(key)
        if known is None:
            tags: list[str] = []
            for role in several(roles) or [self.kind.role]:
                tags += self.bonds.role_tags(role) if role and self.bonds.takes(role) else []
            for org in several(orgs):
                tags += self.structure.org_tags(org)
            for prefix, template in self.own.items():
                text = template.fill(lambda file, column: self._own_value(columns, file, column, position))
                tags += tags_of((prefix, one) for one in several(text))
            known = self._known_lasting[key] = tuple(tags)
        return known

    def _own_value(self, columns: Sequence[Sequence[str]], file: str, column: str, position: int) -> str:
        return self._value(columns, column, position) if file in ("", self.kind.file) else ""


def _filled(*values: str) -> str:
    return next((value for value in values if value.strip()), "")
