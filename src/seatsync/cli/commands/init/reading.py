"""Read the exports that ``init --from`` starts from: their libraries, people and licenses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.fields import MAX_NUMBER
from seatsync.domain.library import Library
from seatsync.domain.license import Kind
from seatsync.domain.person import RosterMember
from seatsync.domain.portal.export import Export, Holding
from seatsync.domain.portal.progress import status_in_words
from seatsync.sources.files import Folder
from seatsync.sources.portal.columns import titles_in
from seatsync.sources.portal.export import read_export
from seatsync.sources.rosters.merge import merge
from seatsync.sources.tables.content import Content
from seatsync.sources.tables.table import squeezed
from seatsync.systems.registry import SYSTEMS
from seatsync.systems.system import System


class Source(NamedTuple):
    """One export: its path as it was given, its contents, and the libraries' titles in its license columns.

    A title is "" where columns do not name their library.
    """

    path: str
    content: Content
    titles: Sequence[str]


class Adopted(NamedTuple):
    """What all exports say together.

    ``members`` has each person once, and ``holdings`` their licenses by library and e-mail key. ``ends`` has end dates in the same
    way. How many seats the ``libraries`` have is not known, and their systems are the ones with the most kinds.
    """

    libraries: Mapping[str, Library]
    exports: Sequence[Export]
    members: Sequence[RosterMember]
    holdings: Mapping[str, Mapping[str, Holding]]
    ends: Mapping[str, Mapping[str, str]]

    def held(self, library: str) -> dict[str, Kind]:
        """The kind of each license that takes a seat, by e-mail key."""
        return {key: kind for key, (kind, _) in self.holdings[library].items() if kind is not Kind.NONE}

    def systems(self, library: str) -> list[System]:
        """The systems that the library can belong to: of the same portal, with every kind that somebody has. Without exports, all."""
        portal, kinds = SYSTEMS[self.libraries[library].system].portal, {*self.held(library).values()}
        possible = (system for system in SYSTEMS.values() if not self.exports or system.portal is portal)
        return [system for system in possible if kinds <= {*system.kinds}]


def open_exports(files: Iterable[Path], encoding: str | None, found: list[Diagnostic]) -> list[Source]:
    """Return the files with their libraries' titles; what is wrong is added to ``found``."""
    sources = []
    for file in files:
        folder = Folder(file.parent)
        content = folder.read_table(file.name, encoding=encoding)
        found += (replace(one, origin=one.origin and one.origin._replace(file=str(file))) for one in folder.found)
        titles = titles_in(content, str(file), []) if content is not None else None
        if content is not None:
            sources.append(Source(str(file), content, titles or ()))
    return sources


def read_exports(sources: Sequence[Source], told: Mapping[str, str], found: list[Diagnostic]) -> Adopted | None:
    """Read the exports. ``told`` has, by path, the title of the library that an export is about and does not name.

    Return None, and add errors to ``found``, where something is wrong.
    """
    libraries = _Libraries()
    exports = []
    for source in sources:
        title = told.get(source.path)
        system = _WITH_COLUMNS if source.titles else _LISTED
        own = [libraries.of(name or title or "", system) for name in source.titles or ([title] if title else [])]
        about = libraries.of(title, system).id if title else None
        known = own or [libraries.of(_LISTED.name.replace("-", " ").title(), _LISTED)]
        export = read_export(source.content, source.path, {one.id: one for one in known}, about, found)
        exports += [export] if export is not None else []
    members = merge([[*one.members] for one in exports], found)
    holdings = _together(exports, found)
    if any(one.severity is Severity.ERROR for one in found):
        return None
    ends: dict[str, dict[str, str]] = {}
    for id, days in (pair for one in exports for pair in one.ends.items()):
        ends.setdefault(id, {}).update(days)
    left = {key for one in exports for key in one.left}
    here = [member for member in members if member.key not in left]
    return Adopted({id: libraries.by_id[id] for id in holdings}, exports, here, holdings, ends)


def libraries_of(titles: Iterable[str]) -> dict[str, Library]:
    """Return libraries with these titles, of which nothing else is known: id → library."""
    libraries = _Libraries()
    for title in titles:
        libraries.of(title, _WITH_COLUMNS)
    return libraries.by_id


_WITH_COLUMNS = max(
    (system for system in SYSTEMS.values() if not system.portal.lists_only_holders),
    key=lambda system: len(system.kinds),
)
_LISTED = next(system for system in SYSTEMS.values() if system.portal.lists_only_holders)
"""The systems whose libraries are read from license columns, and from lists of holders, until more is known of them."""


class _Libraries:
    """The libraries of all exports. Titles that differ in spaces, punctuation and case are one library."""

    def __init__(self) -> None:
        self.by_title: dict[str, Library] = {}
        self.by_id: dict[str, Library] = {}

    def of(self, title: str, system: System) -> Library:
        """The library with this title."""
        name = squeezed(title)
        if name not in self.by_title:
            first = slug(title) or "library"
            ids = (first, *(f"{first}-{number}" for number in range(2, 1_001)))
            id = next(id for id in ids if id not in self.by_id)
            library = Library(id, title, system.name, system.kinds, system.delivery, MAX_NUMBER)
            self.by_title[name] = self.by_id[id] = library
        return self.by_title[name]


def slug(title: str) -> str:
    """Return a text in lower-case letters, digits and hyphens, for an id or a file's name. Empty if it has none."""
    plain = normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-")


def _together(exports: Sequence[Export], found: list[Diagnostic]) -> dict[str, dict[str, Holding]]:
    """All licenses, by library and e-mail key. Exports that say different things of one license are an error."""
    together: dict[str, dict[str, Holding]] = {}
    for export in exports:
        for id, holdings in export.holdings.items():
            known = together.setdefault(id, {})
            conflicts = {key for key in known.keys() & holdings.keys() if known[key] != holdings[key]}
            for member in export.members if conflicts else ():
                if member.key in conflicts:
                    here, there = (
                        f"{kind}, {status_in_words(status)}"
                        for kind, status in (holdings[member.key], known[member.key])
                    )
                    message = f"{member.email} has another license of {id} in this export than in the one before: {here} and {there}."
                    help = "Export both at the same time, or delete the older row."
                    found.append(Diagnostic("member-conflict", message, help, member.origin))
            known |= holdings
    return together
