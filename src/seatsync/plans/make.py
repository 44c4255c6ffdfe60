"""Make a plan: without reading if nothing has changed, from some members if that is enough, else from all.

Each path imports what it needs only when it runs, because most runs need little.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from seatsync.ledger.read import knows
from seatsync.plans.result import PlanResult
from seatsync.plans.since import since_apply
from seatsync.plans.unchanged import unchanged_plan
from seatsync.sources.institution_folder import InstitutionFolder


def make_plan(folder: InstitutionFolder, connection: Connection | None, now: datetime, institution: str) -> PlanResult:
    """Return the judged plan of a folder and the findings in its files. There is no plan if one of them is an error.

    ``institution`` is the id in the files, ``now`` the moment (``text.days``). Every path gives the same plan.
    """
    since = since_apply(connection, institution, now) if connection is not None else None
    if connection is not None and since is not None and not (folder.was and knows(connection, folder.was)):
        if (plan := unchanged_plan(folder, since, now)) is not None:
            return PlanResult(plan, [])
        from seatsync.plans.partial import partial_plan

        if (plan := partial_plan(folder, connection, since, now)) is not None:
            return PlanResult(plan, [])
    from seatsync.plans.whole import whole_plan

    return whole_plan(folder, connection, now, since)
