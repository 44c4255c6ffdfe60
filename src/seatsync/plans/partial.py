"""Make a plan from only those members who differ between files and ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from seatsync.domain.calendar.freezes import is_frozen
from seatsync.domain.desired import Counted, Desired, Grant
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.tags import IMPORTED
from seatsync.ledger.queries.lookup import asking, numbers_of, waiting_members
from seatsync.ledger.queries.since.apply import in_grace
from seatsync.ledger.read import read_snapshot
from seatsync.planning.plan import Plan
from seatsync.plans.decide import decide
from seatsync.plans.differing import read_differing
from seatsync.plans.plain_roster import PlainRoster, SlowPath, all_columns
from seatsync.plans.since import SinceApply
from seatsync.refusals.whole import NotWhole
from seatsync.sources.files import NAME
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from seatsync.sources.portal.committed import EVERY_EXPORT
from seatsync.sources.rosters.files import RosterFile


def partial_plan(folder: InstitutionFolder, connection: Connection, since: SinceApply, now: datetime) -> Plan | None:
    """Return the plan, or None if the settings have changed, the rosters are not simple enough, or a rule needs all members.

    The diff and the judge are the same as for all members. If the files have mistakes, this returns None too, and the slow
    path reports them.
    """
    if not folder.files().is_still(NAME, since.books.baseline["files"].get(NAME, "")):
        return None
    if is_frozen(since.institution.freezes, since.today.isoformat()):
        return None  # what is held back is counted each time, and may be anybody's
    part = _Part(connection, since)
    try:
        loaded = load(folder, now, part.read, EVERY_EXPORT)
        if loaded.desired is None or loaded.found:
            return None
        if any(export.key not in since.books.exports for export in loaded.desired.exports):
            return None
        snapshot = read_snapshot(connection, since.institution.id, part.with_namesakes(loaded.desired))
        return decide(
            loaded.desired,
            snapshot,
            connection,
            now,
            loaded.found,
            all_columns(part.rosters, loaded.desired.members),
            since,
        )
    except (SlowPath, NotWhole):
        return None


class _Part:
    """The members that the plan needs: ``numbers`` are their numbers in the ledger. ``rosters`` are the files as texts."""

    def __init__(self, connection: Connection, since: SinceApply) -> None:
        self.connection = connection
        self.institution = since.institution.id
        self.baseline = since.books.baseline
        self.last_number = since.books.last_number
        self.rosters: Sequence[PlainRoster] = ()
        self.numbers = {*self.baseline["open"], *self.baseline.get("renamed", ()), *since.actions, *since.calling}
        self.numbers |= waiting_members(connection, self.institution)
        self.numbers |= in_grace(asking(connection), self.institution)

    def read(self, files: list[RosterFile], grants: Callable[[], list[Grant]]) -> Counted:
        """Read the members who differ or are needed otherwise from the rosters (see ``load.ReadRosters``)."""
        if not files or len(files[0].folder.found):
            raise SlowPath
        if any(file.reader.how.adds_tags for file in files):
            raise SlowPath("a list adds tags to members of other rosters")
        named = numbers_of(self.connection, self.institution, *_names(grants()))
        folder, rosters = files[0].folder, {file.reader.file for file in files}
        if any(
            self.baseline["files"].get(name) != digest for name, digest in folder.digests.items() if name not in rosters
        ):
            raise SlowPath
        kept = self.numbers | named.keys()
        asked_for = {
            "imported_on": any(tag.startswith(IMPORTED) for grant in grants() for tag in grant.to.all_tags),
            "role": any(grant.to.roles for grant in grants()),
        }
        counted, differing, self.rosters = read_differing(
            self.connection,
            self.institution,
            files,
            kept,
            self.last_number,
            [name for name in asked_for if asked_for[name]],
        )
        self.numbers = kept | differing
        return counted

    def with_namesakes(self, desired: Desired) -> set[int]:
        """Add ledger members with the same e-mail or id: who has come back, or another id with the same e-mail."""
        keys = {member.key for member in desired.members}
        ids = {member.student_id for member in desired.members if member.student_id}
        namesakes = numbers_of(self.connection, self.institution, keys, ids)
        if any(on_roster and number not in self.numbers for number, on_roster in namesakes.items()):
            raise SlowPath  # two members with one name: the slow path reports where
        return self.numbers | namesakes.keys()


def _names(grants: Iterable[Grant]) -> tuple[set[str], set[str]]:
    """The e-mail keys and student ids that grants name."""
    keys: set[str] = set()
    ids: set[str] = set()
    for grant in grants:
        keys.update(map(email_key, (*grant.to.emails, *grant.to.not_emails)))
        for selection in grant.to.selections:
            keys |= selection.keys
            ids |= selection.student_ids
    return keys - {""}, ids - {""}
