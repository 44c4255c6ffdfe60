"""The structure of a set: which tags a class, an organisation, a session or a role gives, and on which day they end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from seatsync.domain.text.characters import clean
from seatsync.sources.rosters.sets.faults import Faults
from seatsync.sources.rosters.sets.part import Names, Part
from seatsync.sources.rosters.sets.set_format import Entities, SetFormat
from seatsync.sources.rosters.sets.templates import Template
from seatsync.sources.rosters.sets.words import SAYS, is_readable, last_day, word
from seatsync.sources.rosters.take import of_status, several
from seatsync.sources.tables.table import squeezed

Ends = dict[str, str]
"""Tag → its last day (ISO), empty for a tag that does not end."""


@dataclass(slots=True)
class Entity:
    """A row of a file of entities: its values by squeezed column, the ids it links to, and its last day (ISO) or nothing."""

    id: str
    values: dict[str, str]
    links: dict[str, str]
    end: str


class Structure:
    """Everything of a set but its people. ``templates`` are the tags' sources by prefix; ``terms`` the sessions that count."""

    def __init__(
        self,
        format: SetFormat,
        parts: Mapping[str, Part],
        templates: Mapping[str, Template],
        faults: Faults,
        statuses: frozenset[str] = frozenset(),
    ) -> None:
        self.format = format
        self.parts = parts
        self.templates = templates
        self.faults = faults
        self._judges = {
            what: lru_cache(4096)(of_status(says, statuses or None, what == "status")) for what, says in SAYS.items()
        }
        self.terms: frozenset[str] | None = None
        self.sessions = self._entities(format.sessions)
        self.orgs = self._entities(format.orgs)
        self.courses = self._entities(format.courses)
        self.sections = self._entities(format.sections)
        self.classes = self.sessions if format.classes is format.sessions else self._entities(format.classes)
        self.levels = {prefix: self._level(prefix, template) for prefix, template in templates.items()}

    def _entities(self, kind: Entities | None) -> dict[str, Entity]:
        """Read a file of entities. Rows that are gone are left out. A session that stands in several rows has the last of their ends."""
        part = self.parts.get(kind.file) if kind is not None else None
        if kind is None or part is None:
            return {}
        wanted = [*{squeezed(column): column for column in self._columns_of(kind)}.values()]
        links = [*kind.links]
        columns = [kind.id, kind.status, kind.end, *(kind.links[link] for link in links), *((name,) for name in wanted)]
        found: dict[str, Entity] = {}
        names = [squeezed(name) for name in wanted]
        for rows in part.rows(*columns):
            for line, row in zip(rows.lines, zip(*rows.columns, strict=True), strict=True):
                id, status, end, *rest = map(str.strip, row)
                if self.gone("status", kind.file, status, line):
                    continue
                values = dict(zip(names, map(clean, rest[len(links) :]), strict=True))
                linked = dict(zip(links, rest, strict=False))
                day, before = self.day(kind.file, end, line), found.get(id)
                if before is not None and day:
                    day = max(day, before.end) if before.end else ""
                found[id] = Entity(id, values, linked, day)
        return found

    def _columns_of(self, kind: Entities) -> list[str]:
        """The columns of a file that a template names, and those that may hold its name."""
        named = [
            column for template in self.templates.values() for file, column in template.names() if file == kind.file
        ]
        return [*filter(None, named), *_TITLES, *kind.id]

    def gone(self, what: str, file: str, text: str, line: int) -> str:
        """Why a row is gone by its status, or by another of the columns in ``SAYS`` (``what``); empty if it is here.

        A word that nobody knows is noted as a fault.
        """
        said = word(text)
        reason = self._judges[what](said) if said or not text.strip() else None
        if reason is None:
            self.faults.note(what, file, text, line)
            return "?"
        return reason

    def day(self, file: str, text: str, line: int) -> str:
        day = last_day(text)
        if day is None:
            self.faults.note("day", file, text, line)
        return day or ""

    def _level(self, prefix: str, template: Template) -> str:
        """What gives the tag: a person, a role, a class, an organisation or a session."""
        files = {file for file, _ in template.names()}
        format = self.format
        levels: list[tuple[str, Entities | None]] = [("org", format.orgs), ("session", format.sessions)]
        if prefix != "term":
            levels.insert(0, ("class", format.classes))
        for level, kind in (*levels, ("class", format.classes), ("class", format.courses)):
            if kind is not None and kind.file in files:
                return level
        return "role" if format.roles is not None and format.roles.file in files else "person"

    def session_tags(self, id: str, end: str) -> Ends:
        """The tags of a session, which end with it, or on an earlier day ``end``."""
        session = self.sessions.get(id)
        if session is None or self.format.sessions is None:
            return {}
        return dict.fromkeys(self._texts("session", {self.format.sessions.file: session}), _first(session.end, end))

    def session_end(self, ids: Iterable[str]) -> str:
        """The last day of the latest of these sessions; empty if one of them does not end."""
        known = [self.sessions[id].end for id in ids if id in self.sessions]
        return max(known) if known and all(known) else ""

    def org_tags(self, id: str, end: str = "") -> Ends:
        org = self.orgs.get(id)
        rows = {self.format.orgs.file: org} if org is not None else {}
        return dict.fromkeys(self._texts("org", rows), end) if org is not None else {}

    def class_tags(self, id: str, end: str, section: str = "") -> Ends | None:
        """The tags of whoever is in the class until ``end`` (ISO, or empty), each with its last day; None if the class is gone.

        They end with the latest of the class's sessions. An empty result is possible: a class outside of the terms taken.
        """
        part = self.sections.get(section)
        if section and self.sections and part is None:
            return None
        id = id or (part.links["course"] if part is not None else "")
        known = self.classes.get(id)
        if known is None:
            return None
        sessions = several(known.links.get("sessions", ""))
        if self.terms is not None and not self.terms & {*sessions}:
            return {}
        for session in sessions:
            if self.sessions and session not in self.sessions:
                self.faults.note("session", self.format.classes.file, session)
        end = _first(end, known.end, part.end if part is not None else "")
        last = _first(self.session_end(sessions), end)
        course = self.courses.get(known.links.get("course", ""))
        rows = {self.format.classes.file: known}
        if course is not None and self.format.courses is not None:
            rows[self.format.courses.file] = course
        tags: Ends = dict.fromkeys(self._texts("class", rows), last)
        for session in sessions:
            tags |= self.session_tags(session, end)
        return tags | self.org_tags(known.links.get("org", ""), last)

    def _texts(self, level: str, rows: Mapping[str, Entity]) -> list[str]:
        """The tags that the templates of a level make of these rows."""

        def value(file: str, column: str) -> str:
            row = rows.get(file)
            if row is None:
                return ""
            return row.values.get(squeezed(column), "") if column else _name_of(row)

        of_level = (prefix for prefix, at in self.levels.items() if at == level)
        return tags_of((prefix, self.templates[prefix].fill(value)) for prefix in of_level)


_TITLES: Names = ("title", "name", "Term Name", "identifier")


def _name_of(row: Entity) -> str:
    """A name of an entity that is stable and that people can read: its id if it is such a name, else its title."""
    if is_readable(row.id):
        return row.id
    return next((text for title in _TITLES if (text := row.values.get(squeezed(title), ""))), row.id)


def _first(*days: str) -> str:
    """The earliest of these days; empty ones are none."""
    return min(filter(None, days), default="")


def tags_of(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Tags of prefixes and texts; a semicolon would separate tags, so it becomes a comma."""
    return [f"{prefix}:{clean(text.replace(';', ','))}" for prefix, text in pairs if text]
