"""Make and judge the plan, with the accounts that only the database knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import day_in
from seatsync.ledger.queries.accounts.emails import holders_of, with_account
from seatsync.ledger.queries.origins import last_rows
from seatsync.planning.diff import compare, own_accounts, resolve, without_account
from seatsync.planning.plan import Plan
from seatsync.plans.baseline import baseline_of
from seatsync.plans.meaning import Columns, columns_of, meaning_of
from seatsync.refusals.judge import judge


def decide(
    desired: Desired,
    snapshot: Snapshot,
    connection: Connection | None,
    now: datetime,
    found: list[Diagnostic],
    part: Iterable[Columns] | None = None,
) -> Plan:
    """Return the judged plan for the day of ``now`` in the institution's time zone.

    Accounts are looked up only for members who would then get a seat at once, roster rows only for those who leave.
    ``part`` has all members of the files if ``desired`` has only some of them.

    Raises:
        NotWhole: only some members are loaded, and a rule needs all.
    """
    draft = resolve(desired, snapshot, day_in(now, desired.institution.timezone))
    id = snapshot.institution.id if snapshot.institution is not None else desired.institution.id
    if connection is not None and (keys := without_account(draft)):
        known = with_account(connection, keys)
        draft.accounts = own_accounts(draft, known, holders_of(connection, id, known))
    if connection is not None and (leaving := draft.matching.leaving):
        draft.last_rows = last_rows(connection, id, leaving)
    plan = judge(compare(draft), now, found, part is not None)
    if plan.refusals:
        return plan
    meaning = meaning_of(desired, columns_of(desired.members) if part is None else part)
    return replace(plan, baseline=baseline_of(draft, plan.warnings, meaning))
