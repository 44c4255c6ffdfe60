"""Who is in which class and has which role: one number for a row, because a set may have millions of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from seatsync.domain.text.tags import join_ends
from seatsync.sources.rosters.sets.part import Part
from seatsync.sources.rosters.sets.set_format import Enrollments, Roles
from seatsync.sources.rosters.sets.structure import Ends, Structure, tags_of
from seatsync.sources.rosters.sets.words import OF_FAMILY, word


class Bond(NamedTuple):
    """What many people have in common: a class with a role in it, or a role in an organisation; to the day ``end``."""

    klass: str
    section: str
    org: str
    session: str
    role: str
    grade: str
    primary: bool
    end: str


class Bonds:
    """The bonds of all people. ``of`` maps a person's id to the numbers of their bonds, in the order of the files."""

    def __init__(self, structure: Structure, roles: Collection[str] | None) -> None:
        self.structure = structure
        self.roles = roles
        self.of: dict[str, list[int]] = {}
        self.numbers: dict[Bond, int] = {}
        self.all: list[Bond] = []
        self._tags: dict[int, Ends] = {}
        self._joined: dict[tuple[tuple[int, ...], tuple[str, ...]], tuple[str, str]] = {}

    def _number(self, bond: Bond) -> int:
        number = self.numbers.setdefault(bond, len(self.all))
        if number == len(self.all):
            self.all.append(bond)
        return number

    def read_enrollments(self, kind: Enrollments, part: Part) -> None:
        known: dict[tuple[str, ...], int] = {}
        of = self.of
        for lines, (users, statuses, *columns) in part.rows(
            kind.user, kind.status, kind.klass, kind.section, kind.roles, kind.end
        ):
            gone = {status for status in {*statuses} if self._is_gone(kind.file, status, statuses, lines)}
            for position, (user, status, key) in enumerate(
                zip(users, statuses, zip(*columns, strict=True), strict=True)
            ):
                if status in gone or not user:
                    continue
                number = known.get(key)
                if number is None:
                    number = known[key] = self._enrollment(kind, key, lines[position])
                if (numbers := of.get(user)) is None:
                    of[user] = [number]
                else:
                    numbers.append(number)

    def _is_gone(self, file: str, status: str, statuses: Sequence[str], lines: Sequence[int]) -> bool:
        """Whether rows with this status are gone; a fault counts each of them."""
        is_gone = bool(self.structure.gone("status", file, status, lines[statuses.index(status)]))
        if self.structure.faults.has("status", file, status):
            rest = (line for line, said in zip(lines, statuses, strict=True) if said == status)
            for line in [*rest][1:]:
                self.structure.faults.note("status", file, status, line)
        return is_gone

    def _enrollment(self, kind: Enrollments, key: tuple[str, ...], line: int) -> int:
        klass, section, role, end = map(str.strip, key)
        day = self.structure.day(kind.file, end, line)
        if self.structure.class_tags(klass, day, section) is None:
            self.structure.faults.note("class", kind.file, klass or section, line)
        return self._number(Bond(klass, section, "", "", role or kind.role, "", False, day))

    def read_roles(self, kind: Roles, part: Part) -> None:
        structure = self.structure
        columns = (kind.user, kind.status, kind.role, kind.org, kind.session, kind.grade, kind.primary, kind.end)
        for rows in part.rows(*columns):
            for line, (user, status, *rest) in zip(rows.lines, zip(*rows.columns, strict=True), strict=True):
                if not user or structure.gone("status", kind.file, status, line):
                    continue
                role, org, session, grade, primary, end = map(str.strip, rest)
                day = structure.day(kind.file, end, line)
                is_primary = word(primary) in ("primary", "true", "yes", "1")
                bond = Bond("", "", org, session, role, grade, is_primary, day)
                self.of.setdefault(user.strip(), []).append(self._number(bond))

    def takes(self, role: str) -> bool:
        """Whether people are taken for this role."""
        return word(role) in self.roles if self.roles is not None else word(role) not in OF_FAMILY

    def tags(self, number: int) -> Ends:
        """The tags that a bond gives, each with its last day; none for a bond by a role that is not taken."""
        if number not in self._tags:
            self._tags[number] = self._tags_of(self.all[number])
        return self._tags[number]

    def _tags_of(self, bond: Bond) -> Ends:
        structure = self.structure
        if bond.klass or bond.section:
            if word(bond.role) in OF_FAMILY and not (self.roles and word(bond.role) in self.roles):
                return {}
            tags = structure.class_tags(bond.klass, bond.end, bond.section) or {}
            if structure.format.role_by_enrollment and tags and bond.role and self.takes(bond.role):
                end = "" if "" in tags.values() else max(tags.values())
                tags = tags | dict.fromkeys(self.role_tags(bond.role), end)
            return tags
        if not self.takes(bond.role):
            return {}
        if structure.terms is not None and bond.session and bond.session not in structure.terms:
            return {}
        if bond.session and structure.sessions and bond.session not in structure.sessions:
            structure.faults.note("session", "roles", bond.session)
        days = [*filter(None, (bond.end, structure.session_end([bond.session])))]
        end = min(days, default="")
        tags = dict.fromkeys(self.role_tags(bond.role), end)
        tags |= structure.org_tags(bond.org, end) | structure.session_tags(bond.session, bond.end)
        return tags | dict.fromkeys(self._grade_tags(bond), end)

    def role_tags(self, role: str) -> list[str]:
        """The tag of a role, unless `tags_from` switches it off."""
        return tags_of([("role", role.strip().lower())]) if "role" in self.structure.templates else []

    def _grade_tags(self, bond: Bond) -> list[str]:
        of_role = (prefix for prefix, level in self.structure.levels.items() if level == "role" and prefix != "role")
        return tags_of((prefix, self.structure.templates[prefix].fill(lambda _, __: bond.grade)) for prefix in of_role)

    def joined(self, numbers: Iterable[int], lasting: tuple[str, ...]) -> tuple[str, str]:
        """The tags of these bonds, with those that do not end, as a roster writes them; and their ends (``join_ends``).

        A tag that comes from several bonds has the last of their ends, and none if one of them has none.
        """
        key = (tuple(sorted({*numbers})), lasting)
        known = self._joined.get(key)
        if known is None:
            ends: Ends = {}
            for number in key[0]:
                for tag, day in self.tags(number).items():
                    other = ends.get(tag, day)
                    ends[tag] = day if other == day else max(day, other) if day and other else ""
            ends |= dict.fromkeys(lasting, "")
            known = ";".join(sorted(ends)), join_ends({tag: day for tag, day in ends.items() if day})
            self._joined[key] = known
        return known
