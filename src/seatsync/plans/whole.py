"""The plan from all files and all of the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from seatsync.ledger.read import read_snapshot
from seatsync.plans.decide import decide
from seatsync.plans.result import Made
from seatsync.sources.load import load


def of_all(path: Path, connection: Connection | None, now: datetime) -> Made:
    """Everybody is looked at, whatever was so before."""
    loaded = load(path)
    if loaded.desired is None:
        return Made(None, loaded.found)
    snapshot = read_snapshot(connection, loaded.desired.institution.id)
    return Made(decide(loaded.desired, snapshot, connection, now, loaded.found), loaded.found)
