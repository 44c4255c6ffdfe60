"""Read the exports that seatsync.yaml names: each once, and none that an apply has taken before."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from operator import attrgetter
from posixpath import normpath

from seatsync.domain.desired import CommittedExport
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.library import Library
from seatsync.domain.origin import Origin
from seatsync.domain.text.days import instant_in, iso, start_of
from seatsync.formats.config import ExportEntry, SeatsyncFile
from seatsync.sources import yaml_tree
from seatsync.sources.config import read_config, unknown_library
from seatsync.sources.files import NAME, Folder
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.portal.export import read_export


class _Every:
    def __contains__(self, key: object) -> bool:
        return True


EVERY_EXPORT = _Every()
"""In place of the keys of exports that an apply has taken: none is read."""


def read_exports(
    config: SeatsyncFile,
    tree: yaml_tree.Node | None,
    folder: Folder,
    libraries: Mapping[str, Library],
    now: datetime | None,
    taken: Container[str],
) -> list[CommittedExport]:
    """Return the exports in the order in which they were taken, and add mistakes to the folder's diagnostics.

    One whose key is in ``taken`` has no rows. ``now`` is the moment after which none can have been taken; None if that does not
    matter.
    """
    reader = _Reader(config, tree, folder, libraries, now, taken)
    found = [reader.read(position, entry) for position, entry in enumerate(config.exports)]
    return sorted(filter(None, found), key=attrgetter("taken"))


def names_exports(opened: InstitutionFolder) -> bool:
    """Whether seatsync.yaml has exports."""
    return isinstance(opened.tree, yaml_tree.MappingNode) and "exports" in opened.tree.items


def newest_exports(
    opened: InstitutionFolder, libraries: Mapping[str, Library], now: datetime
) -> tuple[list[CommittedExport], list[Diagnostic]]:
    """Return the newest export of each of the ``libraries``, the newest first, and the mistakes found.

    An older export has only the libraries of which no newer one speaks.
    """
    folder = opened.files()
    config = read_config(opened.tree, folder.found)
    if config is None:
        return [], folder.found
    reader = _Reader(config, opened.tree, folder, libraries, now, ())
    found: list[CommittedExport] = []
    known: set[str] = set()
    for position, entry in reader.newest_first():
        if entry.library in known or (known and known >= libraries.keys()):
            continue
        export = reader.read(position, entry)
        if export is not None and export.rows is not None:
            holdings = {id: held for id, held in export.rows.holdings.items() if id not in known}
            known.update(holdings)
            found.append(replace(export, rows=replace(export.rows, holdings=holdings)))
    return found, folder.found


class _Reader:
    def __init__(
        self,
        config: SeatsyncFile,
        tree: yaml_tree.Node | None,
        folder: Folder,
        libraries: Mapping[str, Library],
        now: datetime | None,
        taken: Container[str],
    ) -> None:
        self.config = config
        self.timezone = config.institution.timezone or ""
        self.tree = tree
        self.folder = folder
        self.libraries = libraries
        self.now = now
        self.taken = taken
        self.names: dict[str, str] = {}

    def newest_first(self) -> list[tuple[int, ExportEntry]]:
        """The entries with their positions, those with the newest files first."""
        entries = [*enumerate(self.config.exports)]
        return sorted(entries, key=lambda one: _instant(one[1].taken, self.timezone), reverse=True)

    def read(self, position: int, entry: ExportEntry) -> CommittedExport | None:
        """One export; None where it is listed twice, or its file can't be read."""
        where = self._at(position, "path")
        is_sound = self._is_listed_once(entry, where) and self._knows_library(position, entry)
        taken = _instant(entry.taken, self.timezone)
        digest = self.folder.digest_of(entry.path) or ""
        key = _key(digest, entry)
        if digest and key in self.taken:
            return CommittedExport(entry.path, entry.library or "", taken, key, where)
        if self.now is not None and taken > iso(instant_in(self.now, self.timezone)):
            message = f"{entry.path} was not taken yet: `taken` is {entry.taken.isoformat()}."
            help = "Write when the file was downloaded from the portal."
            self._report("export-in-future", message, help, self._at(position, "taken"))
        content = self.folder.read_table(entry.path, where, entry.encoding)
        if content is None or not is_sound:
            return None
        rows = read_export(content, entry.path, self.libraries, entry.library, self.folder.found, entry.sheet)
        return CommittedExport(entry.path, entry.library or "", taken, key, where, rows)

    def _is_listed_once(self, entry: ExportEntry, where: Origin) -> bool:
        first = self.names.setdefault(self.folder.leads_to(entry.path), entry.path)
        if first is entry.path:
            return True
        fact = f"{entry.path} is listed under `exports` twice."
        if normpath(first) != normpath(entry.path):
            fact = f"{entry.path} is another name for {first}, so that file is listed under `exports` twice."
        self._report("duplicate-export", fact, "Delete one.", where)
        return False

    def _knows_library(self, position: int, entry: ExportEntry) -> bool:
        if entry.library is None or entry.library in self.libraries:
            return True
        self.folder.found.append(unknown_library(entry.library, self.libraries, self._at(position, "library")))
        return False

    def _at(self, position: int, name: str) -> Origin:
        return yaml_tree.place(self.tree, ("exports", position, name), NAME)

    def _report(self, code: str, message: str, help: str, where: Origin) -> None:
        self.folder.found.append(Diagnostic(code, message, help, where))


def _instant(taken: date, timezone: str) -> str:
    """The instant (ISO) that an entry's ``taken`` means: a mere date is its beginning."""
    if isinstance(taken, datetime):
        return iso(instant_in(taken.replace(microsecond=0), timezone))
    return start_of(taken.isoformat(), timezone)


def _key(digest: str, entry: ExportEntry) -> str:
    """Another ``taken`` or ``library`` makes it another export: an apply that took the file as something else took other facts."""
    said = (digest, entry.library or "", entry.taken.isoformat())
    return sha256("\0".join(said).encode()).hexdigest()
