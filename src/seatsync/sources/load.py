"""Turn a folder's files into the desired state."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from posixpath import normpath
from typing import NamedTuple

from seatsync.domain.approval import Approval
from seatsync.domain.desired import Counted, Desired, Grant, Limits, Roster, Selection, Selector
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.institution import Admin, Contact, Institution
from seatsync.domain.library import DEFAULT_DELIVERY, DeliveredBy, Delivery, Library
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.guesses import reset_guesses
from seatsync.formats import config as formats
from seatsync.formats.approvals import AnyApproval, EmptyRosterApproval, RevokesApproval
from seatsync.sources import yaml_tree
from seatsync.sources.config import read_config, unknown_library
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.files import NAME, Folder
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.portal.committed import read_exports
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.merge import merge
from seatsync.sources.rosters.read import read_csv, read_yaml
from seatsync.sources.rosters.sets.archive import is_set
from seatsync.sources.rosters.sets.options import SetOptions, options_of
from seatsync.sources.rosters.sets.read import read_set
from seatsync.sources.selections import GrantsReader, choose_kind, read_selection
from seatsync.systems.portal import Portal
from seatsync.systems.registry import SYSTEMS, portal_of


class Loaded(NamedTuple):
    """The desired state and the diagnostics. ``desired`` is None where an error was found; warnings can occur either way."""

    desired: Desired | None
    found: list[Diagnostic]


@dataclass(slots=True)
class RosterFile:
    """A file listed under `rosters`."""

    folder: Folder
    reader: RosterReader
    encoding: str | None
    where: Origin
    set_options: SetOptions | None = None

    def text(self) -> str | None:
        """Read the file and return its text, or None where the folder's diagnostics say why not."""
        return self.folder.read(self.reader.file, self.where, self.encoding)


ReadRosters = Callable[[list[RosterFile], Callable[[], list[Grant]]], Counted]
"""Reads the members of all files into their readers. Returns the members it only counted (``Desired.counted``).

The second argument returns the grants of the same institution."""


def read_whole(files: list[RosterFile], grants: Callable[[], list[Grant]]) -> Counted:
    """Read every member of every file."""
    for file in files:
        if is_set(file.folder, file.reader.file):
            read_set(file.folder, file.reader, file.encoding, file.set_options or SetOptions(file.where))
            continue
        if (text := file.text()) is None:
            continue
        suffix = suffix_of(file.reader.file)
        if suffix in (".csv", ".yaml", ".yml"):
            (read_csv if suffix == ".csv" else read_yaml)(text, file.reader)
        else:
            message = f"{file.reader.file} is neither .csv nor .yaml, so seatsync can't tell how to read it."
            help = "Save it as CSV and name it .csv."
            file.folder.found.append(Diagnostic("file-unreadable", message, help, file.where))
    return {}


def load(
    opened: InstitutionFolder,
    read: ReadRosters = read_whole,
    now: datetime | None = None,
    taken: Container[str] = (),
) -> Loaded:
    """Read all files of one institution and find every mistake in them.

    ``now`` is the moment after which no export can have been taken; None if that is not checked. Exports whose key is in ``taken``
    are not read.
    """
    reset_guesses()
    folder = opened.files()
    config = read_config(opened.tree, folder.found)
    if config is None:
        return Loaded(None, _in_order(folder.found))
    loader = _Loader(folder, config, opened.tree, read)
    desired = loader.load(now, taken)
    wrong = any(diagnostic.severity is Severity.ERROR for diagnostic in folder.found)
    return Loaded(None if wrong else desired, _in_order(folder.found))


def _in_order(found: list[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics file by file in reading order, each file from top to bottom."""
    places = [diagnostic.origin or Origin(NAME) for diagnostic in found]
    files = {place.file: position for position, place in reversed([*enumerate(places)])}
    files[NAME] = -1
    ordered = sorted(
        zip(places, found, strict=True), key=lambda pair: (files[pair[0].file], pair[0].line, pair[0].column)
    )
    return [diagnostic for _, diagnostic in ordered]


class _Loader:
    def __init__(
        self, folder: Folder, config: formats.SeatsyncFile, tree: yaml_tree.Node | None, read: ReadRosters
    ) -> None:
        self.folder = folder
        self.config = config
        self.tree = tree
        self.read = read
        self.libraries = {id: _library(id, entry, config.institution) for id, entry in config.libraries.items()}
        self.selections: dict[str, Selection | None] = {}
        self.grants_files: dict[str, str] = {}

    def load(self, now: datetime | None, taken: Container[str]) -> Desired:
        institution = self.config.institution
        self._check_admins()
        self._check_libraries()
        exports = read_exports(self.config, self.tree, self.folder, self.libraries, now, taken)
        rosters, members, counted = self._rosters()
        return Desired(
            institution=Institution(
                institution.id,
                institution.name,
                tuple(Contact(c.name, c.email, c.role or "") for c in institution.contacts),
                institution.opt_out,
                institution.timezone or "",
                institution.retire.isoformat() if institution.retire is not None else "",
            ),
            admins=[Admin(a.email, a.given_name, a.family_name) for a in institution.admins],
            libraries=self.libraries,
            members=members,
            grants=self._all_grants(),
            rosters=rosters,
            remind_after=tuple(sorted(int(days[:-1]) for days in self.config.invites.remind_after)),
            limits=_limits(self.config.limits),
            approvals=[self._approval(position, entry) for position, entry in enumerate(self.config.approvals)],
            exports=exports,
            digest=self.folder.digest(),
            files=dict(self.folder.digests),
            counted=counted,
            places=self._places(),
            was=institution.was or "",
        )

    def at(self, *path: str | int) -> Origin:
        return yaml_tree.place(self.tree, path, NAME)

    def key(self, *path: str | int) -> Origin:
        return yaml_tree.place(self.tree, path, NAME, of_key=True)

    def _report(self, code: str, message: str, help: str, where: Origin) -> None:
        self.folder.found.append(Diagnostic(code, message, help, where))

    def _check_admins(self) -> None:
        seen: dict[str, int] = {}
        for position, admin in enumerate(self.config.institution.admins):
            first = seen.setdefault(email_key(admin.email), position)
            if first != position:
                line = self.at("institution", "admins", first, "email").line
                message = f"{admin.email} is listed as administrator twice; the first entry is on line {line}."
                self._report(
                    "duplicate-email", message, "Delete one.", self.at("institution", "admins", position, "email")
                )

    def _check_libraries(self) -> None:
        """Report what a library says that does not go with where its seats live."""
        alone: dict[str, Library] = {}
        for id, library in self.libraries.items():
            portal, fault = portal_of(library) if library.is_at_vendor else None, _fault(library)
            if portal is not None and portal.lists_only_holders and fault is None:
                fault = _beside(alone.setdefault(portal.name, library), library, portal)
            if fault is not None:
                self._report("invalid-value", *fault, self._place_of_delivery(id))

    def _place_of_delivery(self, id: str) -> Origin:
        entry = self.config.libraries[id]
        key = next((name for name in ("claim_url", "delivered_by") if getattr(entry, name) is not None), None)
        return self.at("libraries", id, key) if key else self.key("libraries", id)

    def _rosters(self) -> tuple[list[Roster], list[RosterMember], Counted]:
        files: list[RosterFile] = []
        names: dict[str, str] = {}
        for position, entry in enumerate(self.config.rosters):
            where = self.at("rosters", position, "path")
            file = self.folder.leads_to(entry.path)
            if file in names:
                message = _listed_twice(entry.path, names[file], "rosters")
                self._report("duplicate-roster", message, "Delete one.", where)
                continue
            names[file] = entry.path
            reader = RosterReader(entry.path, list(entry.tags), self.folder.found)
            files.append(RosterFile(self.folder, reader, entry.encoding, where, options_of(entry, where)))
        counted = self.read(files, self._all_grants)
        rosters = [
            Roster(file.reader.file, len(file.reader.members) + file.reader.counted, file.where) for file in files
        ]
        return rosters, merge([file.reader.members for file in files], self.folder.found), counted

    @cache  # noqa: B019
    def _all_grants(self) -> list[Grant]:
        """All grants. Temporary ones end with the institution at the latest."""
        last = self.config.institution.retire
        grants = [grant for position, entry in enumerate(self.config.grants) for grant in self._grants(position, entry)]
        return [grant.ending_by(last) for grant in grants] if last is not None else grants

    def _grants(self, position: int, entry: formats.GrantEntry | formats.GrantsFile) -> list[Grant]:
        if isinstance(entry, formats.GrantsFile):
            where = self.at("grants", position, "path")
            file = self.folder.leads_to(entry.path)
            if file in self.grants_files:
                message = _listed_twice(entry.path, self.grants_files[file], "grants")
                self._report("duplicate-grants-file", message, "Delete one.", where)
                return []
            self.grants_files[file] = entry.path
            reader = GrantsReader(entry.path, self.libraries, self.folder.found)
            text = self.folder.read(entry.path, where, entry.encoding)
            if text is not None:
                reader.read(text)
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
        to = self._selector(entry.to, position)
        if library is None or kind is None:
            return []
        where, days = self.at("grants", position), entry.after.days if entry.after is not None else 0
        return [Grant(library.id, kind, to, where, entry.until, entry.resend or "", entry.regrant, days)]

    def _known_library(self, id: str, where: Origin) -> Library | None:
        library = self.libraries.get(id)
        if library is None:
            self.folder.found.append(unknown_library(id, self.libraries, where))
        return library

    def _selector(self, to: formats.To, position: int) -> Selector:
        def listed(name: str, file: str | None) -> Selection | None:
            return self._selection(file, "grants", position, "to", name) if file is not None else None

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

    def _selection(self, file: str, *where: str | int) -> Selection | None:
        """The members that a CSV lists; each file is read once."""
        if file not in self.selections:
            encoding = next((r.encoding for r in self.config.rosters if normpath(r.path) == normpath(file)), None)
            text = self.folder.read(file, self.at(*where), encoding)
            self.selections[file] = read_selection(text, file, self.folder.found) if text is not None else None
        return self.selections[file]

    def _approval(self, position: int, entry: AnyApproval) -> Approval:
        where = self.at("approvals", position)
        if isinstance(entry, RevokesApproval):
            return Approval(
                entry.refusal, entry.until, where, library=entry.library, count=entry.count, reason=entry.reason
            )
        if isinstance(entry, EmptyRosterApproval):
            return Approval(entry.refusal, entry.until, where, roster=entry.roster or "", reason=entry.reason)
        names = {*map(email_key, entry.member or ())}
        if entry.file is not None and (listed := self._selection(entry.file, "approvals", position, "file")):
            names |= {*listed.keys, *(f"id {id}" for id in listed.student_ids)}
        return Approval(
            entry.refusal, entry.until, where, answer=entry.is_, names=frozenset(names), reason=entry.reason
        )

    def _places(self) -> dict[str, Origin]:
        sections = self.tree.items if isinstance(self.tree, yaml_tree.MappingNode) else {}
        places = {name: self.key(name) for name in sections}
        for id in self.libraries:
            places[f"libraries.{id}"] = self.key("libraries", id)
            places[f"libraries.{id}.slots"] = self.at("libraries", id, "slots")
        places["admins"] = self.key("institution", "admins")
        for name in ("id", "retire"):
            if getattr(self.config.institution, name) is not None:
                places[f"institution.{name}"] = self.at("institution", name)
        for position, admin in enumerate(self.config.institution.admins):
            places[f"admins.{email_key(admin.email)}"] = self.at("institution", "admins", position)
        return places


def _library(id: str, entry: formats.LibraryEntry, institution: formats.InstitutionEntry) -> Library:
    if entry.system is not None:
        system = SYSTEMS[entry.system]
        kinds, delivery = system.kinds, system.delivery
    else:
        kinds = tuple(kind for kind in (Kind.TEMPORARY, Kind.PERMANENT) if kind.value in (entry.kinds or ()))
        delivery = Delivery(entry.delivery or DEFAULT_DELIVERY)
    delivered_by = DeliveredBy(entry.delivered_by or institution.delivered_by)
    writes = delivered_by is DeliveredBy.SEATSYNC if entry.sends_letters is None else entry.sends_letters
    addresses = (entry.claim_url or "", entry.open_url or "")
    return Library(id, entry.title, entry.system or "", kinds, delivery, entry.slots, writes, delivered_by, *addresses)


def _beside(first: Library, library: Library, portal: Portal) -> tuple[str, str] | None:
    """Why the library can't live in a portal beside the first one there, and what to do; None if it is the first one."""
    if first is library:
        return None
    message = f"{portal.title} has one list of members, so it can't tell {library.id} from {first.id}, which is delivered there too."
    return message, "Write one library for both, or keep one of them in an institution of its own."


def _fault(library: Library) -> tuple[str, str] | None:
    """Why the library can't live where it says that it does, and what to do; None if it can."""
    if not library.is_at_vendor:
        message = (
            f"{library.id} has a `claim_url`, but its members claim on seatsync's pages, so nobody would be sent there."
        )
        return (message, "Write `delivered_by: vendor`, or delete `claim_url`.") if library.claim_url else None
    if not library.system:
        message = f"{library.id} is delivered by the vendor, but `kinds` and `delivery` do not say which vendor's portal that is."
        return message, f"Write `system:` with one of {', '.join(SYSTEMS)}, or write `delivered_by: seatsync` here."
    if library.sends_letters and not (library.claim_url or library.delivery.facts.at_once):
        message = (
            f"{library.id} is delivered by the vendor and has `sends_letters: true`, but without `claim_url` "
            "an invitation has no link."
        )
        help = "Write the vendor's page where members claim under `claim_url`, or delete `sends_letters: true`."
        return message, help
    return None


def _listed_twice(name: str, first: str, key: str) -> str:
    if normpath(name) == normpath(first):
        return f"{name} is listed under `{key}` twice."
    return f"{name} is another name for {first}, so that file is listed under `{key}` twice."


def _limits(entry: formats.LimitsEntry) -> Limits:
    number = re.sub(r"\s*%$", "", entry.max_revokes)
    soon = int(entry.soon.removesuffix("d"))
    return Limits(float(number), "%" in entry.max_revokes, entry.permanent == "retain", soon)
