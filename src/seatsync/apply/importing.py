"""Taking over what a portal has: into the files first, then into the ledger, so that the plan after it is empty."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from seatsync.apply.events import events_of
from seatsync.apply.members import Impossible
from seatsync.domain.action import IMPORT, INSTITUTION_ADD, Action, Event
from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import named
from seatsync.domain.library import Delivery
from seatsync.domain.license import ABSENT, Kind, Status
from seatsync.domain.names import email_key
from seatsync.domain.people import RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.record import Recorder
from seatsync.planning.diff import diff
from seatsync.planning.matching import match
from seatsync.planning.wishes import work_out
from seatsync.sources.config import NAME
from seatsync.sources.edit import with_entry
from seatsync.sources.files import Folder
from seatsync.sources.portal_export import Portal


@dataclass
class Additions:
    """What the files lack: members, and grants as (library, e-mail, kind). ``texts`` are the files to be written."""

    members: list[RosterMember] = field(default_factory=list)
    grants: list[tuple[str, str, str]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


def additions(folder: Path, source: str, desired: Desired, portal: Portal, today: date) -> Additions:
    """What has to be added to the files so that they ask for what the portal has.

    Raises:
        Impossible: ``seatsync.yaml`` is shaped so that an entry can't be added by itself.
    """
    known = {member.key for member in desired.members}
    ids = {member.student_id for member in desired.members if member.student_id}
    found = Additions([m for m in portal.members if m.key not in known and m.student_id not in ids])
    members = [*desired.members, *found.members]
    wishes = work_out(replace(desired, members=members), [0] * len(members), Snapshot(), today)
    asked = {
        (library, members[position].key): rule.kind
        for library, rules in wishes.wanted.items()
        for position, rule in rules.items()
    }
    spelled = {member.key: member.email for member in portal.members}
    for library, holdings in portal.holdings.items():
        for key, (kind, _) in holdings.items():
            if kind is not Kind.NONE and asked.get((library, key)) not in (kind, Kind.PERMANENT):
                found.grants.append((library, spelled[key], kind.value))
    _write_texts(found, folder, re.sub(r"[^a-z0-9]+", "-", Path(source).stem.lower()).strip("-") or "import")
    return found


def _write_texts(found: Additions, folder: Path, stem: str) -> None:
    config = Folder(folder).read(NAME) or ""
    if found.members:
        path = _free(folder, "rosters", stem)
        fields = ("email", "given_name", "family_name", "student_id", "role", "tags")
        found.texts[path] = _csv(fields, ([getattr(member, name) for name in fields] for member in found.members))
        config = _listed(config, "rosters", path)
    if found.grants:
        path = _free(folder, "grants", stem)
        found.texts[path] = _csv(("library", "email", "kind", "until"), ([*grant, ""] for grant in found.grants))
        config = _listed(config, "grants", path)
    if found.texts:
        found.texts[NAME] = config  # last: the files it names are there when it is written


def _listed(config: str, section: str, path: str) -> str:
    changed = with_entry(config, section, f"{{path: {path}}}")
    if changed is None:
        help = f"Add {{path: {path}}} to `{section}:` by hand, or write the file in lines instead of in braces."
        raise Impossible(f"{NAME} is shaped so that nothing can be added to `{section}` by itself.", help)
    return changed


def _free(folder: Path, below: str, stem: str) -> str:
    names = (f"{below}/{stem}{suffix}.csv" for suffix in ("", *(f"-{number}" for number in range(2, 10_000))))
    return next(name for name in names if not (folder / name).exists())


def _csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def take_over(
    ledger: Ledger, desired: Desired, books: Snapshot, portal: Portal, today: date, at: str, actor: str, commit: str
) -> int:
    """Write the portal's members and licenses into the ledger; returns how many events that took. No letters are sent.

    Raises:
        Impossible: the portal takes a permanent license away, or more seats are in use there than there are.
    """
    events = list(_events(desired, books, portal, today))
    if not events:
        return 0
    detail = {"rosters": {roster.path: roster.count for roster in desired.rosters}, "desired": desired.digest}
    with ledger.writing() as connection:
        recorder = Recorder(connection, desired.institution.id, books, lambda books, event: "")
        recorder.record(Entry("import", at, actor, commit, "", detail), events)
    return len(events)


def _events(desired: Desired, books: Snapshot, portal: Portal, today: date) -> Iterator[Event]:
    wanted = {member.key for member in portal.members}
    first = books.serial == 0
    changes = [
        change
        for change in diff(desired, books, today).changes
        if (change.action is Action.LIBRARY_ADD and (first or change.library in portal.holdings))
        or (change.action is Action.ADMIN_ADD and first)
        or (change.action is Action.MEMBER_ADD and email_key(change.member) in wanted)
    ]
    if first:
        institution = desired.institution
        contacts = [{"name": c.name, "email": c.email, "role": c.role} for c in institution.contacts]
        detail = {"id": institution.id, "name": institution.name, "opt_out": institution.opt_out}
        yield Event(INSTITUTION_ADD, detail=detail, person={"contacts": contacts})
    numbers = {
        member.key: number
        for member, number in zip(desired.members, match(desired.members, books).records, strict=True)
    }
    for event in events_of(changes, books, today.isoformat()):
        if event.person is not None and event.member:
            numbers[email_key(event.person["email"])] = event.member
        yield event
    yield from _holdings(desired, books, portal, numbers, today)


def _holdings(
    desired: Desired, books: Snapshot, portal: Portal, numbers: dict[str, int], today: date
) -> Iterator[Event]:
    for library, holdings in portal.holdings.items():
        held = books.licenses.get(library, {})
        lost = [
            key
            for key, (kind, _) in holdings.items()
            if held.get(numbers[key], ABSENT).kind is Kind.PERMANENT is not kind
        ]
        if lost:
            message = (
                f"The portal says that {named(lost)} do not own {library}, but the ledger says they do, permanently."
            )
            raise Impossible(message, "Correct the portal or the export; what is permanent stays so.")
        used = sum(kind is not Kind.NONE for kind, _ in holdings.values())
        others = sum(
            license.active for number, license in held.items() if number not in {numbers[key] for key in holdings}
        )
        slots = desired.libraries[library].slots
        if used + others > slots:
            message = f"{used + others:,} seats of {library} are in use, but seatsync.yaml gives it {slots:,} slots."
            raise Impossible(message, f"Set `slots: {used + others}` or more; the portal shows how many were bought.")
        at_once = desired.libraries[library].delivery is Delivery.ACCOUNT
        for key, (kind, status) in holdings.items():
            if held.get(numbers[key], ABSENT)[:2] != (kind, status):
                account = {"account": key} if at_once and status is Status.DELIVERED else None
                detail = {"kind": kind.value, "status": status.value, "on": today.isoformat()}
                yield Event(IMPORT, library, numbers[key], detail, account)
