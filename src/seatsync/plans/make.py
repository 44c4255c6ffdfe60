"""Making a plan: without a look if nothing has changed, by a part if that is enough, else by all.

Each way imports what it needs when it is taken: what most runs need is little.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from seatsync.plans.result import Made
from seatsync.plans.since import since_apply
from seatsync.plans.unchanged import unchanged
from seatsync.sources.institution_folder import InstitutionFolder


def make(folder: InstitutionFolder, connection: Connection | None, now: datetime, institution: str) -> Made:
    """The judged plan of a folder, and what is wrong with its files; no plan where that is an error.

    ``institution`` is the id that the files give. The plan is the same whichever way it is made.
    """
    since = since_apply(connection, institution, now.date()) if connection is not None else None
    if connection is not None and since is not None:
        if (plan := unchanged(folder, since, now)) is not None:
            return Made(plan, [])
        from seatsync.plans.part import of_a_part

        if (plan := of_a_part(folder, connection, since, now)) is not None:
            return Made(plan, [])
    from seatsync.plans.whole import of_all

    return of_all(folder, connection, now)
