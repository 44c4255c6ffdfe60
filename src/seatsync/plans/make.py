"""Making a plan: nothing if nothing has changed, a part if that is enough, else all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from seatsync.domain.action import CLAIM
from seatsync.domain.desired import Desired, Grant, NotWhole
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.names import email_key
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.lookup import due_reminders, numbers_of, touched_since
from seatsync.ledger.read import read_snapshot
from seatsync.planning.diff import diff
from seatsync.planning.plan import Plan, fingerprint, slot_changes
from seatsync.planning.settled import holds
from seatsync.plans.cancel import LongWay, cancel
from seatsync.refusals.judge import instant, judge, settings_of
from seatsync.sources.config import NAME
from seatsync.sources.files import Folder
from seatsync.sources.load import RosterFile, load


class Made(NamedTuple):
    """A plan, if there is one, and what was found wrong with the files."""

    plan: Plan | None
    found: list[Diagnostic]


def unchanged(path: Path, connection: Connection, institution: str, now: datetime) -> Plan | None:
    """The plan where files and ledger are as the last apply left them: empty, and made without reading either.

    None where that is not known. Claims since then do no harm: they only bring what was offered.
    """
    books = read_snapshot(connection, institution, ())
    settled = books.settled
    if books.institution is None or not holds(books, now.date()) or not settled["silent"]:
        return None
    since = touched_since(connection, institution, settled["serial"])
    if any(actions != {CLAIM} for actions in since.values()):
        return None
    if due_reminders(connection, institution, settled["remind"], now.date()):
        return None
    folder = Folder(path)
    if not all(folder.is_still(name, digest) for name, digest in settled["files"].items()):
        return None
    return Plan(
        institution=institution,
        name=books.institution.name,
        created_at=instant(now),
        now=now.date().isoformat(),
        desired_digest=folder.digest(),
        serial=books.serial,
        head=books.head,
        changes=[],
        slots=slot_changes(books, []),
        rosters={name: books.rosters[name] for name in settled["files"] if name in books.rosters},
        settings=settings_of(books.institution),
        refusals=[],
        warnings=[],
        fingerprint=fingerprint([]),
        settled={name: settled[name] for name in settled if name not in ("serial", "events")},
    )


def make(path: Path, connection: Connection | None, now: datetime, institution: str | None) -> Made:
    """The judged plan of a folder, and what is wrong with its files; no plan where that is an error.

    ``institution`` is the id that the files give, None where that can't be told. The plan is the same whichever way it is made.
    """
    if connection is not None and institution is not None:
        plan = unchanged(path, connection, institution, now) or _of_a_part(path, connection, institution, now)
        if plan is not None:
            return Made(plan, [])
    return long_way(path, connection, now)


def long_way(path: Path, connection: Connection | None, now: datetime) -> Made:
    """As ``make``, by reading all files and all of the ledger."""
    loaded = load(path)
    if loaded.desired is None:
        return Made(None, loaded.found)
    snapshot = read_snapshot(connection, loaded.desired.institution.id)
    return Made(judge(diff(loaded.desired, snapshot, now.date()), now, loaded.found), loaded.found)


def _of_a_part(path: Path, connection: Connection, institution: str, now: datetime) -> Plan | None:
    """The plan from a look at those alone whom files and ledger tell differently; None where that does not do."""
    books = read_snapshot(connection, institution, ())
    if not holds(books, now.date()) or not Folder(path).is_still(NAME, books.settled["files"].get(NAME, "")):
        return None
    part = _Part(connection, institution, books, now.date())
    try:
        loaded = load(path, part.read)
        if loaded.desired is None or loaded.found:
            return None
        snapshot = read_snapshot(connection, institution, part.numbers_beside(loaded.desired))
        return judge(diff(loaded.desired, snapshot, now.date()), now, loaded.found)
    except (LongWay, NotWhole):
        return None


class _Part:
    """Whom a plan has to look at: ``numbers`` are those of the ledger."""

    def __init__(self, connection: Connection, institution: str, books: Snapshot, today: date) -> None:
        self.connection = connection
        self.institution = institution
        self.settled = books.settled
        self.numbers = {
            *books.settled["open"],
            *touched_since(connection, institution, books.settled["serial"]),
            *due_reminders(connection, institution, books.settled["remind"], today),
        }

    def read(self, files: list[RosterFile], grants: Callable[[], list[Grant]]) -> Mapping[tuple[str, str], int]:
        """Take from the rosters whoever is not settled (see ``load.ReadRosters``)."""
        if not files or len(files[0].folder.found):
            raise LongWay
        named = numbers_of(self.connection, self.institution, *_names(grants()))
        folder, rosters = files[0].folder, {file.reader.file for file in files}
        if any(
            self.settled["files"].get(name) != digest for name, digest in folder.digests.items() if name not in rosters
        ):
            raise LongWay
        kept = self.numbers | named.keys()
        settled, left = cancel(self.connection, self.institution, files, kept)
        self.numbers = kept | left
        return settled

    def numbers_beside(self, desired: Desired) -> set[int]:
        """With whoever bears a name of those who are taken: who comes back, or another id under the same e-mail."""
        keys = {member.key for member in desired.members}
        ids = {member.student_id for member in desired.members if member.student_id}
        namesakes = numbers_of(self.connection, self.institution, keys, ids)
        if any(on_roster and number not in self.numbers for number, on_roster in namesakes.items()):
            raise LongWay  # two of one name: the long way tells where
        return self.numbers | namesakes.keys()


def _names(grants: Iterable[Grant]) -> tuple[set[str], set[str]]:
    """The e-mail keys and the student ids that grants name."""
    keys: set[str] = set()
    ids: set[str] = set()
    for grant in grants:
        keys.update(map(email_key, grant.to.emails))
        for student_id, email, _ in grant.to.selection.rows if grant.to.selection is not None else ():
            keys.add(email_key(email))
            ids.add(student_id)
    return keys - {""}, ids - {""}
