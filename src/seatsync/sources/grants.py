"""The grants of seatsync.yaml, and those of the files that it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from posixpath import normpath

from seatsync.domain.desired import After, Grant, Leave, Selection, Selector
from seatsync.domain.diagnostic import Diagnostic, named
from seatsync.domain.library import Library
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.formats.config import SeatsyncFile
from seatsync.formats.grants import GrantEntry, GrantsFile, LeaveEntry, To
from seatsync.sources.config import unknown_library
from seatsync.sources.files import Folder
from seatsync.sources.selections import GrantsReader, choose_kind, never_in_force, read_selection


class GrantsOfFolder:
    """Reads the grants of a folder. ``at`` gives the place of a key of seatsync.yaml."""

    def __init__(
        self, folder: Folder, config: SeatsyncFile, libraries: Mapping[str, Library], at: Callable[..., Origin]
    ) -> None:
        self.folder = folder
        self.config = config
        self.libraries = dict(libraries)
        self.at = at
        self.selections: dict[str, Selection | None] = {}
        self.grants_files: dict[str, str] = {}

    @cache  # noqa: B019
    def all(self) -> list[Grant]:
        """All grants. Temporary ones end with the institution at the latest."""
        last = self.config.institution.retire
        grants = [grant for position, entry in enumerate(self.config.grants) for grant in self._grants(position, entry)]
        return [grant.ending_by(last) for grant in grants] if last is not None else grants

    def _grants(self, position: int, entry: GrantEntry | GrantsFile) -> list[Grant]:
        if isinstance(entry, GrantsFile):
            where = self.at("grants", position, "path")
            file = self.folder.leads_to(entry.path)
            if file in self.grants_files:
                message = listed_twice(entry.path, self.grants_files[file], "grants")
                self._report("duplicate-grants-file", message, "Delete one.", where)
                return []
            self.grants_files[file] = entry.path
            reader = GrantsReader(entry.path, self.libraries, self.folder.found)
            content = self.folder.read_table(entry.path, where, entry.encoding)
            if content is not None:
                reader.read(content, entry.sheet)
            return reader.grants
        library = self._known_library(entry.library, self.at("grants", position, "library"))
        kind = choose_kind(entry.kind or "", library)
        if kind is None:
            message = (
                f"The kind is missing, and {entry.library} can have permanent licenses. "
                "seatsync does not guess which kind you want."
            )
            self._report(
                "missing-key", message, "Add `kind: temporary` or `kind: permanent`.", self.at("grants", position)
            )
        if kind is Kind.PERMANENT and entry.until is not None and entry.kind is None:
            message = f"A permanent license has no `until`, and {entry.library} has only permanent ones."
            self._report("invalid-value", message, "Delete it.", self.at("grants", position, "until"))
        if kind is Kind.TEMPORARY and entry.after is not None and entry.kind is None:
            message = (
                f"Only a permanent license is given `after` some time, and {entry.library} has only temporary ones."
            )
            self._report("invalid-value", message, "Delete `after`.", self.at("grants", position, "after"))
        if entry.from_ is not None and entry.until is not None and entry.from_ > entry.until:
            self._report(
                "invalid-value", *never_in_force(entry.from_, entry.until), self.at("grants", position, "from")
            )
        to = self._selector(entry.to, position)
        if library is None or kind is None:
            return []
        where, after = self.at("grants", position), self._after(entry)
        first, last = self._days(entry, position)
        offer = (last, entry.resend or "", entry.regrant)
        return [Grant(library.id, kind, to, where, *offer, after, entry.priority, starts=first, term=entry.term or "")]

    def _after(self, entry: GrantEntry) -> After | None:
        if entry.after is None:
            return None
        ends = sorted(term.until for term in self.config.terms.values()) if entry.after.terms else ()
        return After(entry.after.days or 0, entry.after.terms or 0, tuple(ends), _leave(entry.after.not_counting))

    def _days(self, entry: GrantEntry, position: int) -> tuple[date | None, date | None]:
        """The first and the last day of a grant, by itself or by its term."""
        if entry.term is None:
            return entry.from_, entry.until
        term = self.config.terms.get(entry.term)
        if term is None:
            where = self.at("grants", position, "term")
            message = f'"{printable(entry.term)}" is not a term of this file. {did_you_mean(entry.term, self.config.terms)}'.rstrip()
            self._report("unknown-term", message, f"The terms are {named([*self.config.terms], 20) or 'none'}.", where)
            return None, None
        return term.from_, term.until

    def _known_library(self, id: str, where: Origin) -> Library | None:
        library = self.libraries.get(id)
        if library is None:
            self.folder.found.append(unknown_library(id, self.libraries, where))
        return library

    def _selector(self, to: To, position: int) -> Selector:
        def listed(name: str, file: str | None) -> Selection | None:
            return self.selection(file, "grants", position, "to", name) if file is not None else None

        return Selector(
            everyone=bool(to.everyone),
            tags=tuple(to.tags or ()),
            any_tags=tuple(to.any_tags or ()),
            not_tags=tuple(to.not_tags or ()),
            emails=tuple(to.emails or ()),
            selection=listed("file", to.file),
            roles=tuple(to.roles or ()),
            not_emails=tuple(to.not_emails or ()),
            not_selection=listed("not_file", to.not_file),
        )

    def selection(self, file: str, *where: str | int) -> Selection | None:
        """The members that a CSV lists; each file is read once."""
        if file not in self.selections:
            entry = next((entry for entry in self.config.rosters if normpath(entry.path) == normpath(file)), None)
            encoding, sheet = (entry.encoding, entry.sheet) if entry is not None else (None, None)
            content, found = self.folder.read_table(file, self.at(*where), encoding), self.folder.found
            self.selections[file] = read_selection(content, file, found, sheet=sheet) if content is not None else None
        return self.selections[file]

    def _report(self, code: str, message: str, help: str, where: Origin) -> None:
        self.folder.found.append(Diagnostic(code, message, help, where))


def _leave(entry: LeaveEntry | None) -> Leave | None:
    return Leave(tuple(entry.tags or ()), tuple(entry.any_tags or ())) if entry is not None else None


def listed_twice(name: str, first: str, key: str) -> str:
    """Say that a file is under ``key`` twice: by the same name, or by another one."""
    if normpath(name) == normpath(first):
        return f"{name} is listed under `{key}` twice."
    return f"{name} is another name for {first}, so that file is listed under `{key}` twice."
