"""Deciding, with what only the database knows: who has an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.queries.accounts.emails import with_account
from seatsync.planning.diff import compare, resolve, without_account
from seatsync.planning.plan import Plan
from seatsync.plans.settle import settle
from seatsync.refusals.judge import judge


def decide(
    desired: Desired,
    snapshot: Snapshot,
    connection: Connection | None,
    now: datetime,
    found: list[Diagnostic],
    is_part: bool = False,
) -> Plan:
    """The judged plan. The ledger is asked for those alone who would be delivered a seat at once if they had an account.

    Raises:
        NotWhole: only a part of the members is at hand, and a rule looks at all.
    """
    draft = resolve(desired, snapshot, now.date())
    if connection is not None and (asked := without_account(draft)):
        draft.accounts = with_account(connection, asked)
    plan = judge(compare(draft), now, found, is_part)
    return plan if plan.refusals else replace(plan, settled=settle(draft, plan.warnings))
