"""Deciding, with what only the database knows: who has an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.accounts import with_account
from seatsync.planning.diff import compare, resolve, without_account
from seatsync.planning.plan import Plan
from seatsync.refusals.judge import judge


def decide(
    desired: Desired, snapshot: Snapshot, connection: Connection | None, now: datetime, found: list[Diagnostic]
) -> Plan:
    """The judged plan. The ledger is asked for those alone who would be delivered a seat at once if they had an account."""
    draft = resolve(desired, snapshot, now.date())
    if connection is not None and (asked := without_account(draft)):
        draft.accounts = with_account(connection, asked)
    return judge(compare(draft), now, found)
