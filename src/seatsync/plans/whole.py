"""Make a plan from all files and the whole ledger."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from sqlalchemy import Connection

from seatsync.ledger.queries.lookup import taken_exports
from seatsync.ledger.read import known_as, read_renamed
from seatsync.plans.decide import decide
from seatsync.plans.result import PlanResult
from seatsync.plans.since import SinceApply
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load


def whole_plan(
    folder: InstitutionFolder, connection: Connection | None, now: datetime, since: SinceApply | None = None
) -> PlanResult:
    """Return the plan and the findings, from all members. The slow path; ``since`` is as in ``decide``."""
    loaded = load(folder, now, taken=taken_of(folder, connection))
    if loaded.desired is None:
        return PlanResult(None, loaded.found)
    snapshot = read_renamed(connection, loaded.desired.institution.id, loaded.desired.was)
    return PlanResult(decide(loaded.desired, snapshot, connection, now, loaded.found, since=since), loaded.found)


def taken_of(folder: InstitutionFolder, connection: Connection | None) -> Container[str]:
    """The keys of the exports that an apply has taken."""
    if connection is None or folder.institution_id is None:
        return ()
    return taken_exports(connection, known_as(connection, folder.institution_id, folder.was))
