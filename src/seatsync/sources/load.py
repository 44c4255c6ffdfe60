"""Turn a folder's files into the desired state."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from seatsync.domain.approval import Approval
from seatsync.domain.brand.logo import HOW_TO_SAVE, MOST_READ, as_logo, logo_fault
from seatsync.domain.calendar.freezes import Freeze
from seatsync.domain.desired import Counted, Desired, Limits, Roster, Scenario, Term
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.institution import Admin, Contact, Helper, Institution
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.text.characters import printable
from seatsync.domain.text.days import day_in
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.guesses import reset_guesses
from seatsync.formats import config as formats
from seatsync.formats.approvals import AnyApproval, EmptyRosterApproval, RevokesApproval
from seatsync.formats.calendar import FreezeEntry
from seatsync.sources import yaml_tree
from seatsync.sources.config import read_config
from seatsync.sources.files import NAME, Folder
from seatsync.sources.grants import GrantsOfFolder, listed_twice
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.libraries import faults_of, library_of
from seatsync.sources.portal.committed import read_exports
from seatsync.sources.rosters.adding.tag_list import TagsReader
from seatsync.sources.rosters.adding.with_tags import with_tags
from seatsync.sources.rosters.files import ReadRosters, RosterFile, read_whole, reader_of
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.merge import merge
from seatsync.sources.rosters.told import lacking, left_out


class Loaded(NamedTuple):
    """The desired state and the diagnostics. ``desired`` is None where an error was found; warnings can occur either way.

    ``rosters`` are the rosters' readers, which know what was read as what.
    """

    desired: Desired | None
    found: list[Diagnostic]
    rosters: Sequence[RosterReader] = ()


def load(
    opened: InstitutionFolder,
    now: datetime,
    read: ReadRosters = read_whole,
    taken: Container[str] = (),
) -> Loaded:
    """Read all files of one institution and find every mistake in them.

    ``now`` is the moment: it decides whose last day has passed, and no export can have been taken after it. Exports whose key is in
    ``taken`` are not read.
    """
    reset_guesses()
    folder = opened.files()
    config = read_config(opened.tree, folder.found)
    if config is None:
        return Loaded(None, _in_order(folder.found))
    loader = _Loader(folder, config, opened.tree, read, now)
    desired = loader.load(taken)
    wrong = any(diagnostic.severity is Severity.ERROR for diagnostic in folder.found)
    return Loaded(None if wrong else desired, _in_order(folder.found), loader.readers)


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
        self,
        folder: Folder,
        config: formats.SeatsyncFile,
        tree: yaml_tree.Node | None,
        read: ReadRosters,
        now: datetime,
    ) -> None:
        self.folder = folder
        self.config = config
        self.tree = tree
        self.read = read
        self.now = now
        self.readers: list[RosterReader] = []
        self.today = day_in(now, config.institution.timezone or "")
        self.libraries = {
            id: library_of(id, entry, config.institution, self.today) for id, entry in config.libraries.items()
        }
        self.grants = GrantsOfFolder(folder, config, self.libraries, self.at)

    def load(self, taken: Container[str]) -> Desired:
        institution = self.config.institution
        self._check_admins()
        for fault in faults_of(self.libraries, self.config.libraries):
            path = ("libraries", fault.library)
            where = self.at(*path, fault.key) if fault.key else self.key(*path)
            self._report("invalid-value", fault.message, fault.help, where)
        exports = read_exports(self.config, self.tree, self.folder, self.libraries, self.now, taken)
        rosters, members, counted = self._rosters()
        return Desired(
            institution=Institution(
                institution.id,
                institution.name,
                tuple(Contact(c.name, c.email, c.role or "") for c in institution.contacts),
                bool(institution.opt_out),
                institution.timezone or "",
                institution.retire.isoformat() if institution.retire is not None else "",
                _helper(institution.help),
                institution.language or "",
                *self._brand(),
                institution.opt_out_until,
                int((self.config.invites.reclaim_after or "0d").removesuffix("d")),
                briefing=self.config.briefing.every if self.config.briefing is not None else "",
                freezes=tuple(map(_freeze, self.config.freeze)),
            ),
            admins=self._admins(),
            libraries=self.libraries,
            members=members,
            grants=self.grants.all(),
            rosters=rosters,
            remind_after=tuple(sorted(int(days[:-1]) for days in self.config.invites.remind_after)),
            grace=int((self.config.leavers.grace or "0d")[:-1]),
            limits=_limits(self.config.limits),
            approvals=[self._approval(position, entry) for position, entry in enumerate(self.config.approvals)],
            exports=exports,
            digest=self.folder.digest(),
            files=dict(self.folder.digests),
            counted=counted,
            places=self._places(),
            was=institution.was or "",
            terms={id: Term(term.from_, term.until) for id, term in self.config.terms.items()},
            scenarios=[
                Scenario(id, one.add, tuple(one.tags), one.on, one.until, self.key("scenarios", id))
                for id, one in self.config.scenarios.items()
            ],
        )

    def _brand(self) -> tuple[str, str]:
        """Return the institution's colour and logo, each empty if it has none."""
        brand, where = self.config.institution.brand, self.at("institution", "brand", "logo")
        if brand is None or brand.logo is None:
            return (brand.color or "" if brand is not None else ""), ""
        data = self.folder.data(brand.logo, where, MOST_READ)
        if data is not None and (fault := logo_fault(data)):
            self._report("invalid-value", f"{printable(brand.logo, 300)} {fault}.", HOW_TO_SAVE, where)
            data = None
        return brand.color or "", as_logo(data) if data is not None else ""

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

    def _admins(self) -> list[Admin]:
        """The administrators. Who of them gets briefings is told by e-mail."""
        entries, briefing = self.config.institution.admins, self.config.briefing
        to = briefing.to if briefing is not None and not isinstance(briefing.to, str) else None
        keys = {email_key(admin.email) for admin in entries}
        for position, email in enumerate(to or ()):
            if email_key(email) not in keys:
                message = f"{email} is not an administrator, and briefings go to administrators only."
                help = "Write the e-mail of somebody under `admins`, or `to: admins`."
                self._report("invalid-value", message, help, self.at("briefing", "to", position))
        briefed = keys if to is None else {*map(email_key, to)}
        return [Admin(a.email, a.given_name, a.family_name, email_key(a.email) in briefed) for a in entries]

    def _rosters(self) -> tuple[list[Roster], list[RosterMember], Counted]:
        files: list[RosterFile] = []
        names: dict[str, str] = {}
        for position, entry in enumerate(self.config.rosters):
            where = self.at("rosters", position, "path")
            file = self.folder.leads_to(entry.path)
            if file in names:
                message = listed_twice(entry.path, names[file], "rosters")
                self._report("duplicate-roster", message, "Delete one.", where)
                continue
            names[file] = entry.path
            reader = reader_of(entry, self.folder.found, partial(self._in_roster, position), self.today)
            files.append(RosterFile(self.folder, reader, entry.encoding, where, entry.sheet))
        self.readers = [file.reader for file in files]
        counted = self.read(files, self.grants.all)
        self.folder.found += [warning for reader in self.readers for warning in (*lacking(reader), *left_out(reader))]
        of_tags = [reader for reader in self.readers if isinstance(reader, TagsReader)]
        people = [file for file in files if file.reader not in of_tags]
        rosters = [
            Roster(file.reader.file, len(file.reader.members) + file.reader.counted, file.where) for file in people
        ]
        members = merge([file.reader.members for file in people], self.folder.found)
        return rosters, with_tags(members, of_tags, self.folder.found), counted

    def _in_roster(self, position: int, *path: str) -> Origin:
        return self.at("rosters", position, *path)

    def _approval(self, position: int, entry: AnyApproval) -> Approval:
        where = self.at("approvals", position)
        if isinstance(entry, RevokesApproval):
            return Approval(
                entry.refusal, entry.until, where, library=entry.library, count=entry.count, reason=entry.reason
            )
        if isinstance(entry, EmptyRosterApproval):
            return Approval(entry.refusal, entry.until, where, roster=entry.roster or "", reason=entry.reason)
        names = {*map(email_key, entry.member or ())}
        if entry.file is not None and (listed := self.grants.selection(entry.file, "approvals", position, "file")):
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
        places |= {f"terms.{id}": self.key("terms", id) for id in self.config.terms}
        places["admins"] = self.key("institution", "admins")
        if self.config.invites.reclaim_after is not None:
            places["institution.reclaim_after"] = self.at("invites", "reclaim_after")
        if "freeze" in places:
            places["institution.freezes"] = places["freeze"]
        for name in ("id", "retire", "opt_out"):
            if getattr(self.config.institution, name) is not None:
                places[f"institution.{name}"] = self.at("institution", name)
        for position, admin in enumerate(self.config.institution.admins):
            places[f"admins.{email_key(admin.email)}"] = self.at("institution", "admins", position)
        return places


def _freeze(entry: FreezeEntry) -> Freeze:
    return Freeze(entry.from_.isoformat(), entry.until.isoformat(), (*entry.actions,), entry.reason or "")


def _helper(entry: formats.HelpEntry | None) -> Helper | None:
    return Helper(entry.name, entry.email or "", entry.url or "") if entry is not None else None


def _limits(entry: formats.LimitsEntry) -> Limits:
    number = re.sub(r"\s*%$", "", entry.max_revokes)
    soon = int(entry.soon.removesuffix("d"))
    return Limits(float(number), "%" in entry.max_revokes, entry.permanent == "retain", soon)
