"""The plan from all files and all of the ledger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from seatsync.ledger.read import read_snapshot
from seatsync.plans.decide import decide
from seatsync.plans.result import Made
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load


def of_all(folder: InstitutionFolder, connection: Connection | None, now: datetime) -> Made:
    """Everybody is looked at, whatever was so before."""
    loaded = load(folder)
    if loaded.desired is None:
        return Made(None, loaded.found)
    snapshot = read_snapshot(connection, loaded.desired.institution.id)
    return Made(decide(loaded.desired, snapshot, connection, now, loaded.found), loaded.found)
