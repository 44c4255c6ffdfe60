"""Make a plan from all files and the whole ledger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from seatsync.ledger.read import read_renamed
from seatsync.plans.decide import decide
from seatsync.plans.result import PlanResult
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load


def whole_plan(folder: InstitutionFolder, connection: Connection | None, now: datetime) -> PlanResult:
    """Return the plan and the findings, from all members. The slow path."""
    loaded = load(folder)
    if loaded.desired is None:
        return PlanResult(None, loaded.found)
    snapshot = read_renamed(connection, loaded.desired.institution.id, loaded.desired.was)
    return PlanResult(decide(loaded.desired, snapshot, connection, now, loaded.found), loaded.found)
