"""Make and judge the plan, with the accounts that only the database knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection

from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import day_in
from seatsync.ledger.queries.accounts.emails import holders_of, with_account
from seatsync.ledger.queries.lookup import changed_since
from seatsync.ledger.queries.origins import earlier_names, last_rows, tags_over_time
from seatsync.ledger.queries.unclaimed.invited import due_by_invitation
from seatsync.planning.diff import compare, own_accounts, resolve, settle, without_account
from seatsync.planning.draft import Draft
from seatsync.planning.observed import observe, unread
from seatsync.planning.plan import Plan
from seatsync.planning.portal.found import NOTHING_CHANGED, Changed
from seatsync.plans.baseline import baseline_of, reading_changed
from seatsync.plans.meaning import Columns, columns_of, meaning_of
from seatsync.plans.since import SinceApply
from seatsync.refusals.judge import judge
from seatsync.refusals.whole import NotWhole


def decide(
    desired: Desired,
    snapshot: Snapshot,
    connection: Connection | None,
    now: datetime,
    found: list[Diagnostic],
    part: Iterable[Columns] | None = None,
    since: SinceApply | None = None,
) -> Plan:
    """Return the judged plan for the day of ``now`` in the institution's time zone.

    Accounts are looked up only for members who would then get a seat at once, roster rows only for those who leave.
    ``part`` has all members of the files if ``desired`` has only some of them. ``since`` is what is known of the time since the last apply.

    Raises:
        NotWhole: only some members are loaded, and a rule needs all.
    """
    id = snapshot.institution.id if snapshot.institution is not None else desired.institution.id
    if connection is not None:
        only = snapshot.members if part is not None else None
        snapshot.tags_over_time = tags_over_time(connection, id, desired.grants, snapshot.timezone, only)
    draft = resolve(desired, snapshot, day_in(now, desired.institution.timezone))
    if connection is not None and (leaving := draft.matching.leaving):
        draft.last_rows = last_rows(connection, id, leaving)
    if connection is not None and (renamed := snapshot.baseline.get("renamed")):
        draft.earlier_names = earlier_names(connection, id, renamed)
    settle(draft)
    if unread(draft):
        if part is not None:
            raise NotWhole
        observe(draft, partial(_changed_since, connection, id))
    if connection is not None:
        draft.invited = _invited(draft, connection, since)
    if connection is not None and (keys := without_account(draft)):
        known = with_account(connection, keys)
        draft.accounts = own_accounts(draft, known, holders_of(connection, id, known))
    compare(draft)
    plan = judge(draft, now, [*reading_changed(draft), *found], part is not None)
    if plan.refusals:
        return plan
    meaning = meaning_of(desired, columns_of(desired.members) if part is None else part)
    return replace(plan, baseline=baseline_of(draft, plan.warnings, meaning))


def _invited(draft: Draft, connection: Connection, since: SinceApply | None) -> Mapping[tuple[str, int], date]:
    """What ``Draft.invited`` says. It is read once where the short ways to a plan have asked for the same."""
    settings, remind_after = draft.snapshot.institution, draft.desired.remind_after
    if settings is None:
        return {}
    timezone = draft.desired.institution.timezone
    if since is not None and since.asked == (timezone, draft.today, remind_after):
        return since.invited
    return due_by_invitation(connection, replace(settings, timezone=timezone), remind_after, draft.today)


def _changed_since(connection: Connection | None, institution: str, instant: str) -> Changed:
    return changed_since(connection, institution, instant) if connection is not None else NOTHING_CHANGED
