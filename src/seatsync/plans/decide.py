"""Make and judge the plan, with the accounts that only the database knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import day_in
from seatsync.ledger.queries.accounts.emails import with_account
from seatsync.planning.diff import compare, resolve, without_account
from seatsync.planning.plan import Plan
from seatsync.plans.baseline import baseline_of
from seatsync.refusals.judge import judge


def decide(
    desired: Desired,
    snapshot: Snapshot,
    connection: Connection | None,
    now: datetime,
    found: list[Diagnostic],
    is_part: bool = False,
) -> Plan:
    """Return the judged plan for the day of ``now`` in the institution's time zone.

    Accounts are looked up only for members who would then get a seat at once.

    Raises:
        NotWhole: only some members are loaded, and a rule needs all.
    """
    draft = resolve(desired, snapshot, day_in(now, desired.institution.timezone))
    if connection is not None and (keys := without_account(draft)):
        draft.accounts = with_account(connection, keys)
    plan = judge(compare(draft), now, found, is_part)
    return plan if plan.refusals else replace(plan, baseline=baseline_of(draft, plan.warnings))
