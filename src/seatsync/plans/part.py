"""The plan from those alone whom files and ledger tell differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from seatsync.domain.desired import Desired, Grant, NotWhole
from seatsync.domain.names import IMPORTED, email_key
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.lookup import due_reminders, numbers_of, touched_since
from seatsync.ledger.read import read_snapshot
from seatsync.planning.diff import diff
from seatsync.planning.plan import Plan
from seatsync.planning.settled import holds
from seatsync.plans.cancel import cancel
from seatsync.plans.side import LongWay
from seatsync.refusals.judge import judge
from seatsync.sources.files import NAME, Folder
from seatsync.sources.load import RosterFile, load


def of_a_part(path: Path, connection: Connection, institution: str, now: datetime) -> Plan | None:
    """The plan, if ``settled`` still holds and the rosters are simple enough; else None.

    It has the same diff and the same judge as that of all, on fewer members. A question that only all can answer raises
    ``NotWhole``, and a mistake in the files is told by the long way.
    """
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
        with_day = any(tag.startswith(IMPORTED) for grant in grants() for tag in grant.to.all_tags)
        settled, left = cancel(self.connection, self.institution, files, kept, with_day)
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
