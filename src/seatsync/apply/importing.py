"""Import a portal's export: into the files first, then into the ledger, so that the next plan is empty.

Only what moves forward is taken, as an export can be older than the ledger (``portal_comparison``).
Everything is checked before the first file is written. If an import stops between files and ledger, running it again
finds the files complete and continues with the ledger.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import assert_never

from sqlalchemy import Connection

from seatsync.apply.apply import must_belong_to
from seatsync.apply.events import events_of, first_event
from seatsync.apply.members import Impossible
from seatsync.apply.portal_comparison import Comparison, compare
from seatsync.domain.action import Action, Event, Grants, Unplanned
from seatsync.domain.desired import Desired, Grant, Selector
from seatsync.domain.license import ABSENT, IllegalTransition, Kind, Status
from seatsync.domain.origin import Origin
from seatsync.domain.person import Person, RosterMember, person_of
from seatsync.domain.portal.export import Export
from seatsync.domain.posting import duplicate_name, overfull, post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.formulas import defused
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder
from seatsync.planning.change import Change
from seatsync.planning.diff import diff
from seatsync.planning.entitlements import resolve_grants
from seatsync.planning.plan import settings_of
from seatsync.sources import opening
from seatsync.sources.edit import with_entry
from seatsync.sources.files import NAME

_BOM = "\ufeff"


@dataclass
class Additions:
    """What to add to the files: members, and grants as (library, e-mail, kind). ``texts`` are the files to write."""

    members: list[RosterMember] = field(default_factory=list)
    grants: list[tuple[str, str, Kind]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


def additions(
    folder: Path, source: str, desired: Desired, found: Comparison, books: Snapshot, today: date
) -> Additions:
    """Return what to add to the files so that they ask for what is taken from the portal.

    Raises:
        Impossible: an entry can't be added to ``seatsync.yaml`` automatically.
    """
    added = Additions(found.new)
    members = [*desired.members, *found.new]
    granted = _granted(replace(desired, members=members), today)
    spelled = {member.key: member.email for member in members}
    for library, taken in found.taken.items():
        held = books.licenses.get(library, {})
        for key, (kind, _) in taken.items():
            is_given = kind is not Kind.NONE and kind is not held.get(found.numbers[key], ABSENT).kind
            rule = granted.get((library, key))
            if is_given and key in spelled and (rule is None or rule.kind not in (kind, Kind.PERMANENT)):
                added.grants.append((library, spelled[key], kind))
    ids = {member.email: member.student_id for member in members}
    _write_texts(added, folder, re.sub(r"[^a-z0-9]+", "-", Path(source).stem.lower()).strip("-") or "import", ids)
    return added


def _granted(desired: Desired, today: date) -> dict[tuple[str, str], Grant]:
    """The strongest current grant of each (library, member's key)."""
    wanted = resolve_grants(desired, [0] * len(desired.members), Snapshot(), today).wanted
    return {
        (library, desired.members[position].key): grant
        for library, grants in wanted.items()
        for position, grant in grants.items()
    }


def with_additions(desired: Desired, added: Additions) -> Desired:
    """The desired state with the additions."""
    here = Origin(NAME)
    grants = [Grant(library, kind, Selector(emails=(email,)), here) for library, email, kind in added.grants]
    return replace(desired, members=[*desired.members, *added.members], grants=[*desired.grants, *grants])


def _write_texts(found: Additions, folder: Path, stem: str, ids: dict[str, str]) -> None:
    config = opening.read(folder / NAME, folder).decode("utf-8", "replace")
    if found.members:
        text = _csv(Person._fields, map(person_of, found.members))
        path = _place(folder, "rosters", stem, text)
        found.texts[path] = text
        config = _listed(config, "rosters", path)
    if found.grants:
        rows = ([library, email, kind, "", ids.get(email, "")] for library, email, kind in found.grants)
        text = _csv(("library", "email", "kind", "until", "student_id"), rows)
        path = _place(folder, "grants", stem, text)
        found.texts[path] = text
        config = _listed(config, "grants", path)
    if found.texts:
        found.texts[NAME] = config  # last, so that the files it names exist when it is written


def _listed(config: str, section: str, path: str) -> str:
    bom = _BOM if config.startswith(_BOM) else ""
    changed = with_entry(config.removeprefix(_BOM), section, f"{{path: {path}}}")
    if changed is None:
        help = f"Add `- {{path: {path}}}` to `{section}:` by hand, in a {NAME} saved as UTF-8, and import again."
        raise Impossible(f"seatsync can't add an entry to `{section}` in {NAME} automatically.", help)
    return bom + changed


def _place(folder: Path, below: str, stem: str, text: str) -> str:
    """A free file name, or the file with the same text that an interrupted import has left."""
    names = (f"{below}/{stem}{suffix}.csv" for suffix in ("", *(f"-{number}" for number in range(2, 10_000))))
    return next(name for name in names if _is_free(folder, name, text))


def _is_free(folder: Path, name: str, text: str) -> bool:
    try:
        return opening.read(folder / name, folder) == text.encode()
    except FileNotFoundError:
        return True
    except opening.Outside as outside:
        fact = f"{name} {outside.strerror}, so nothing can be written there."
        raise Impossible(fact, "Delete the link that leads there, and import again.") from outside
    except OSError:
        return False


def _csv(header: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(map(defused, rows))
    return text.getvalue()


def checked_events(desired: Desired, books: Snapshot, portal: Export, today: date) -> list[Event | Grants]:
    """Return the events that bring the portal's members and licenses into the ledger.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
        Impossible: the portal uses more seats than there are, or has a kind that the library does not allow.
    """
    must_belong_to(books, desired.institution.id)
    events = list(_events(desired, books, portal, today))
    trial = replace(
        books,
        libraries=dict(books.libraries),
        admins=dict(books.admins),
        members=dict(books.members),
        licenses={library: dict(held) for library, held in books.licenses.items()},
        seats={library: dict(seats) for library, seats in books.seats.items()},
    )
    try:
        for event in events:
            post(trial, event)
    except IllegalTransition as illegal:
        raise Impossible(
            f"The portal's export can't be right: {illegal}.", "Correct the export, or the library in seatsync.yaml."
        ) from illegal
    if (name := duplicate_name(trial)) is not None:
        message = f"In the ledger, {name} belongs to one member, and in the export to another."
        help = "Apply the files first, or correct the export, so that each member has one e-mail and one student id."
        raise Impossible(message, help)
    if (library := overfull(trial, portal.holdings)) is not None:
        slots = trial.slots(library)
        message = f"{slots.used:,} seats of {library} are in use, but seatsync.yaml gives it {slots.total:,}."
        raise Impossible(message, f"Set `slots: {slots.used}` or more; the portal shows how many were bought.")
    return events


def import_portal(
    ledger: Ledger, desired: Desired, portal: Export, today: date, at: str, actor: str, commit: str
) -> int:
    """Write the portal's data into the ledger; return the number of events.

    No letters are sent: the portal has already told its members.

    Raises:
        ForeignLedger, Impossible: as for ``checked_events``.
    """
    detail = {"rosters": {roster.path: roster.count for roster in desired.rosters}}
    entry = Entry("import", at, actor, commit, "", detail)
    institution = desired.institution.id

    def step(connection: Connection) -> int:
        books = read_snapshot(connection, institution)
        events = checked_events(desired, books, portal, today)
        if events:
            Recorder(connection, institution, books).record(entry, events)
        return len(events)

    return ledger.write(institution, actor, commit, step)


def _events(desired: Desired, books: Snapshot, portal: Export, today: date) -> Iterator[Event | Grants]:
    keys = frozenset(member.key for member in portal.members)
    first = books.serial == 0
    changes = [change for change in diff(desired, books, today).changes if _is_imported(change, portal, keys, first)]
    if first:
        yield first_event(desired.institution.id, settings_of(desired.institution))
    found = compare(portal, desired, books)
    for event in events_of(changes, books, today.isoformat()):
        if isinstance(event, Event) and event.person is not None and event.member:
            found.numbers[email_key(event.person["email"])] = event.member
        yield event
    yield from _licenses(desired, books, found, today)


def _is_imported(change: Change, portal: Export, keys: frozenset[str], first: bool) -> bool:
    """Whether an import also makes this change of the files: what the ledger needs to hold the portal's licenses."""
    match change.action:
        case Action.LIBRARY_ADD | Action.LIBRARY_UPDATE:
            return first or change.library in portal.holdings
        case Action.ADMIN_ADD:
            return first
        case Action.MEMBER_ADD:
            return email_key(change.member) in keys
        case (
            Action.INSTITUTION_UPDATE
            | Action.ADMIN_REMOVE
            | Action.ADMIN_UPDATE
            | Action.MEMBER_UPDATE
            | Action.MEMBER_REMOVE
            | Action.OBSERVE
            | Action.REVOKE
            | Action.UPGRADE
            | Action.LICENSE_UPDATE
            | Action.GRANT
            | Action.RESEND
            | Action.LIBRARY_REMOVE
        ):
            return False
        case never:
            assert_never(never)


def _licenses(desired: Desired, books: Snapshot, found: Comparison, today: date) -> Iterator[Event]:
    """Yield one event for each license that moves forward. A license that was not held ends as its grant in the files says."""
    granted = _granted(desired, today)
    for library, taken in found.taken.items():
        held, at_once = books.licenses.get(library, {}), desired.libraries[library].delivery.facts.at_once
        for key, (kind, status) in taken.items():
            number = found.numbers[key]
            detail = {"kind": kind.value, "status": status.value, "on": today.isoformat()}
            if kind is Kind.TEMPORARY and not held.get(number, ABSENT).active:
                rule = granted.get((library, key))
                detail["until"] = rule.until.isoformat() if rule is not None and rule.until is not None else ""
            account = {"account": key} if at_once and status is Status.DELIVERED else None
            yield Event(Unplanned.IMPORT, library, number, detail, account)
