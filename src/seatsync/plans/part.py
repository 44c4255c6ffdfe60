"""The plan from those alone whom files and ledger tell differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection

from seatsync.domain.desired import Counted, Desired, Grant
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.tags import IMPORTED
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.read import read_snapshot
from seatsync.planning.plan import Plan
from seatsync.plans.cancel import cancel
from seatsync.plans.decide import decide
from seatsync.plans.plain_roster import LongWay
from seatsync.plans.since import Since
from seatsync.refusals.whole import NotWhole
from seatsync.sources.files import NAME
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import RosterFile, load


def of_a_part(folder: InstitutionFolder, connection: Connection, since: Since, now: datetime) -> Plan | None:
    """The plan, if the rules are the same and the rosters are simple enough; else None.

    It has the same diff and the same judge as that of all, on fewer members. A rule that looks at all raises ``NotWhole``, and
    a mistake in the files is told by the long way.
    """
    if not folder.files().is_still(NAME, since.books.settled["files"].get(NAME, "")):
        return None
    part = _Part(connection, since)
    try:
        loaded = load(folder, part.read)
        if loaded.desired is None or loaded.found:
            return None
        snapshot = read_snapshot(connection, since.institution.id, part.numbers_beside(loaded.desired))
        return decide(loaded.desired, snapshot, connection, now, loaded.found, is_part=True)
    except (LongWay, NotWhole):
        return None


class _Part:
    """Whom a plan has to look at: ``numbers`` are those of the ledger."""

    def __init__(self, connection: Connection, since: Since) -> None:
        self.connection = connection
        self.institution = since.institution.id
        self.settled = since.books.settled
        self.numbers = {*self.settled["open"], *since.done, *since.due}

    def read(self, files: list[RosterFile], grants: Callable[[], list[Grant]]) -> Counted:
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
        counted, left = cancel(self.connection, self.institution, files, kept, with_day)
        self.numbers = kept | left
        return counted

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
